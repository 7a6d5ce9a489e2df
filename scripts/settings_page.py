"""docs/settings.md, written from the types that it is about: the settings record and the table of keys.

    python scripts/settings_page.py > docs/settings.md
"""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from j2a.settings import Settings
from j2a_tui.key_table import KEYS


def page() -> str:
    """The page."""
    parts = [
        "# Settings", "",
        "One file in TOML; `j2a paths` says where, and `j2a settings` writes one in which everything is explained and "
        "nothing is set. What is wrong in it is said at the start, and that setting is then as it is without the file.",
        "`j2a-train` has settings of its own ([training.md](training.md)).", "",
    ]
    for one in fields(Settings):
        parts += [f"## {one.name}", "", one.metadata["about"], "", "```toml", one.metadata["example"], "```", ""]
    parts += ["## Names of actions, for `[keys]`", ""]
    parts += ["| action | its keys | where | what it does |", "|---|---|---|---|"]
    for key in KEYS:
        shown = " ".join(f"`{name}`" for name in key.shown.replace("|", "\\|").split(" "))
        parts.append(f"| `{key.id}` | {shown} | {key.where} | {key.help} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
