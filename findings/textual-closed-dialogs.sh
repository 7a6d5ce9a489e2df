#!/usr/bin/env bash
# Textual keeps the drawn lines of closed dialogs until a thousand other boxes have been drawn.
#
# Versions:  textual 8.2.8, rich 15.0.0; Python 3.11
# Expected:  of a screen that was popped nothing is left once Python has collected its garbage.
# Seen:      its widgets are gone, but not the lines that they drew: after twenty dialogs were opened and closed, and a
#            collection, their caches of drawn lines are alive. A memo of colours (an lru_cache of 1,024 entries on a
#            method of that cache) has the cache itself in its keys. Clearing the memo lets all of them go.
# Matters:   a player, an annotator's tool or a file browser is open all day, and opens a dialog for every other key. In
#            an app of ours an opening of the command palette cost 0.3 MB, and a working day a fifth of its memory.
#            Reported: https://github.com/Textualize/textual/issues/6665
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check textual==8.2.8 rich==15.0.0
v/bin/python - <<'EOF'
import asyncio
import gc
import sys
import weakref

from textual._styles_cache import StylesCache
from textual.app import App
from textual.screen import ModalScreen
from textual.widgets import Static

class Dialog(ModalScreen):
    CSS = "Static { border: round red; width: 20; height: 3; }"

    def compose(self):
        yield Static("Overwrite?")

async def alive():
    widgets, lines = [], []
    app = App()
    async with app.run_test() as pilot:
        for _ in range(20):
            await app.push_screen(Dialog())
            await pilot.pause()
            widget = app.screen.query_one(Static)
            widgets.append(weakref.ref(widget))
            lines.append(weakref.ref(widget._styles_cache))
            del widget
            await app.pop_screen()
            await pilot.pause()
        gc.collect()
        kept = [sum(one() is not None for one in some) for some in (widgets, lines)]
        StylesCache.get_inner_outer.cache_clear()
        gc.collect()
        return *kept, sum(one() is not None for one in lines)

widgets, kept, after = asyncio.run(alive())
print(f"of 20 closed dialogs: {widgets} widgets, {kept} caches of lines; {after} once the memo is cleared")
if not (widgets <= 1 and kept >= 15 and after <= 1):
    sys.exit("changed: closed dialogs are no longer kept as described")
EOF
