"""A folder captioned, corrected by hand and handed on: ``python docs/example.py ~/Music/album``."""

import sys
from pathlib import Path

import j2a

folder = Path(sys.argv[1]).resolve()
tally = j2a.caption_folder(
    folder, folder.with_name(f"{folder.name}.csv"), per_file=1, resume=True,
    on_progress=lambda tally: print(f"\r{tally.captions} captions", end="", file=sys.stderr),
)  # fmt: skip
for path, reason in tally.failed.items():
    print(f"{path.name} has failed: {reason}")

with j2a.open_session() as session:  # what the app shows
    for path in sorted(folder.glob("*.flac"))[:1]:
        session.edit(j2a.Clip(path, 0.0, 10.0), "A slow waltz for accordion, recorded in a kitchen.")
    print("Windows in the app:", len(session.rows(folder)))

written = j2a.export(folder, folder.with_name(f"{folder.name}.jsonl"), format="jsonl", only="captioned", force=True)
print("Captions in", written.path.name + ":", written.captions)
