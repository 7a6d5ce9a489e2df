"""Rhythms of the training corpus, mixed at random: what is played says nothing about what plays it, or how fast.

One bar each, written as in :mod:`training.synth.styles`. Keys are beats to the bar; 2 is 6/8 with its two dotted beats.
"""

from __future__ import annotations

BASS = {
    4: (
        "r---5---",
        "r-r-r-r-",
        "rrrrrrrr",
        "r-------",
        "r--r--5-",
        "r-..5-..",
        "r-58r-58",
        "..r...r...r...r.",
        "r-------r---5---",
        "rrr5r8r5",
        "r--55--r",
    ),
    3: ("r-----", "r---5-", "r-....", "r-r-r-", "r-5-8-", "rr5r8r", "r---.."),
    2: ("r-----", "r--5--", "r-.5-.", "r-rr-5", "rrr555"),
}
CHORDS = {
    4: (
        "x-------",
        "x---x---",
        "x-x-x-x-",
        "..x...x.",
        "12342343",
        "1x3x1x3x",
        "x--x--x-",
        "x..x..x.",
        "..x..x....x..x..",
        "x-.x-.x-",
        "1232123212321232",
        "xxxxxxxx",
    ),
    3: ("x-----", "..x.x.", "123432", "1x2x2x", "x-x-x-", "1x3x3x", "x---x-"),
    2: ("x-----", "x--x--", "123432", "1xx2xx", "x-xx-x", "x.xx.x"),
}
MELODY = {
    4: (
        "x-x-x-x-",
        "x---x-x-",
        "x-x-x---",
        "x-xxx-x-",
        "x-------",
        "x-----x-",
        "x--x--x-",
        "x---x---",
        "xxxxxxxx",
        "x-x-xxx-",
        "..x-x-x-",
        "x...x...",
        "x-xxx-xxx-xxx-xx",
    ),
    3: ("x-x-x-", "x---x-", "x-xxx-", "x-----", "xxxxxx", "x-..x-"),
    2: ("x-----", "x--x--", "x-xx-x", "x-xxxx", "xxxxxx", "x--xxx"),
}
DRUMS: dict[int, tuple[dict[str, str], ...]] = {
    4: (
        {"kick": "x...xx..", "snare": "..x...x.", "closed hat": "xxxxxxxx"},
        {"kick": "x..xx...", "snare": "..x...x.", "ride": "x.x.x.x."},
        {"kick": "x...x...x...x...", "clap": "....x.......x...", "open hat": "..x...x...x...x."},
        {"kick": "x...x...x...x...", "closed hat": "..x...x...x...x.", "snare": "....x.......x..x"},
        {"kick": "x.....x.x.......", "snare": "....x..o.o..x...", "closed hat": "x.x.x.x.x.x.x.x."},
        {"rim": "x..x..x.", "closed hat": "xxxxxxxx", "kick": "x..xx..x"},
        {"kick": "x...x...", "snare": "..x.oox."},
        {"kick": "x...", "snare": "..x.", "pedal hat": ".x.x"},
        {"shaker": "xoxoxoxo", "kick": "x...x..."},
        {"tambourine": "..x...x.", "kick": "x...x..."},
        {"ride": "x..x.xx..x.x", "pedal hat": "...x.....x.."},
        {"kick": "x.......x.......", "snare": "........x.......", "closed hat": "x.x.x.x.x.x.x.x."},
        {"closed hat": "xxxxxxxxxxxxxxxx", "kick": "x..x..x...x..x..", "clap": "....x.......x..."},
        {"kick": "xxxxxxxx", "snare": "..x...x.", "crash": "x......."},
    ),
    3: (
        {"kick": "x.....", "closed hat": "..x.x."},
        {"kick": "x.....", "snare": "..x.x.", "ride": "x.x.x."},
        {"kick": "x..x..", "rim": "..x.x.", "closed hat": "xxxxxx"},
        {"shaker": "xoxoxo", "kick": "x....."},
        {"kick": "x.....", "snare": "....x.", "closed hat": "x.xxx."},
    ),
    2: (
        {"kick": "x.....", "snare": "...x..", "closed hat": "xxxxxx"},
        {"kick": "x.x...", "snare": "...x..", "ride": "x.xx.x"},
        {"kick": "x..x..", "tambourine": "..x..x"},
        {"kick": "x....x", "snare": "...x.o", "closed hat": "x.xx.x"},
    ),
}
