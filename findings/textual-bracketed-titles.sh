#!/usr/bin/env bash
# Textual shows "Song [Explicit]" whole in a table and as "Song" everywhere else, and its escape() does not help.
#
# Versions:  textual 8.2.8, rich 15.0.0; Python 3.11
# Expected:  a track's title reads the same in all widgets of an app, and one that went through textual's escape(),
#            which is there to have text shown as it is, keeps every character.
# Seen:      DataTable reads its cells by Rich's markup, in which a tag begins with a small letter: "[Explicit]" is
#            text. Static, Label and OptionList read by Textual's own, in which it is a tag of unknown style, and it
#            is gone without a word. Textual's escape() still goes by Rich's rule: it leaves "[Explicit]" as it was,
#            so that it is lost all the same. "[live]" only escape() saves; "[2019 Remaster]" is safe everywhere.
#            A widget made with markup=False shows all.
# Matters:   stores mark tracks [Explicit], [Remix], [Live]; DJs and sample packs put [Am] into names. A caption then
#            goes to the wrong version of a song, since two titles look alike, and a test with "[bold]" shows no bug.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check textual==8.2.8 rich==15.0.0
v/bin/python - <<'EOF'
import asyncio
import sys

from textual.app import App
from textual.markup import escape
from textual.widgets import DataTable, Label, OptionList, Static

MARKS = ("[Explicit]", "[Remix]", "[FLAC]", "[Am]", "[live]", "[2019 Remaster]")

class Player(App):
    def __init__(self, title):
        super().__init__()
        self.widgets = {"Static": Static(title), "Label": Label(title), "OptionList": OptionList(title),
                        "DataTable": DataTable(show_header=False), "escaped": Static(escape(title)),
                        "markup=False": Static(title, markup=False)}
        self.named = title

    def compose(self):
        yield from self.widgets.values()

    def on_mount(self):
        self.widgets["DataTable"].add_column("title")
        self.widgets["DataTable"].add_row(self.named)

async def shown(mark):  # the widgets that show the title whole
    player = Player(f"Song {mark}")
    async with player.run_test(size=(40, 40)) as pilot:
        await pilot.pause()
        return [name for name, widget in player.widgets.items() if mark in widget.render_line(0).text]

seen = {mark: asyncio.run(shown(mark)) for mark in MARKS}
for mark, names in seen.items():
    print(f"Song {mark} is whole in: {', '.join(names)}")
if not (all(seen[mark] == ["DataTable", "markup=False"] for mark in MARKS[:4])
        and seen["[live]"] == ["escaped", "markup=False"] and len(seen["[2019 Remaster]"]) == 6):
    sys.exit("changed: the widgets no longer show bracketed titles as described")
EOF
