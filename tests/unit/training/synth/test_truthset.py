"""How much of what was measured is true."""

from __future__ import annotations

from training.synth.truthset import accuracy, chord_overlap


def test_accuracy_counts_what_is_right() -> None:
    chords = [{"start_s": 0.0, "end_s": 4.0, "label": "C:maj"}, {"start_s": 4.0, "end_s": 8.0, "label": "A#:min"}]
    truth = {"bpm": 120.0, "meter": "4/4", "key": "Db major", "chords": chords}
    right = {"bpm": 121.0, "meter": "4/4", "key": "C# major", "chords": chords}
    octave = {"bpm": 60.0, "meter": "3/4", "key": None, "chords": [chords[0], {**chords[1], "label": "A#:maj"}]}
    nothing = {"bpm": None, "meter": None, "key": None, "chords": []}
    scores = accuracy([{"truth": truth, "features": found} for found in (right, octave, nothing)])
    assert scores == {"bpm": 1 / 3, "bpm_octave": 2 / 3, "bpm_known": 2 / 3, "meter": 1 / 3, "key": 1 / 3,
                      "key_known": 1 / 3, "chord_overlap": 0.5}
    assert chord_overlap([{"start_s": 0.0, "end_s": 1.0, "label": "N"}], []) == 0
