"""A CSV that was begun: ``j2a caption --resume`` goes on with it, and an export looks at what it would replace."""

from __future__ import annotations

from pathlib import Path

from bench.fuzz.target import Target, as_choice, chosen, told
from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import ExportError, J2AError
from j2a.exporting.csv import DIALECTS, Dialect, read_back, to_csv
from j2a.exporting.replacing import save_csv
from j2a.folder.sheet import Sheet
from j2a.store import Row, Status

_AT = "2026-01-02T03:04:05.678Z"


def _rows(folder: Path) -> list[Row]:
    caption = Caption('Slow, in "A minor".\tA waltz.', "1.0", "mini", "0" * 12, "facts-1/describe", "", 0)
    return [Row(Clip(folder / name, 0.0, 10.5), caption.text, caption.text, Status.DRAFT, caption, "", _AT, _AT)
            for name in ("a.wav", "=b.wav", "sub/3-4.wav")]  # fmt: skip


def attempt(data: bytes, folder: Path) -> None:
    """Whole rows of ours stay, byte for byte, and the next one stands behind them; all else is refused and left."""
    dialect, content = chosen(data, DIALECTS)
    path, root = folder / "captions.csv", folder.resolve()
    path.write_bytes(content)
    clip, caption = Clip(root / "new.wav", 1.0, 2.0), _rows(root)[0].caption
    assert caption is not None
    try:
        _resume(path, root, dialect, clip, caption, content)  # type: ignore[arg-type]
    except J2AError as error:
        told(error)
        assert path.read_bytes().startswith(content[:0]), "a file that was refused is gone"
    path.write_bytes(content)
    try:
        save_csv(_rows(root)[:1], root, path, dialect)  # type: ignore[arg-type]
    except ExportError as error:
        told(error)
        assert path.read_bytes() == content, "what would be lost was replaced"
    path.unlink()


def _resume(path: Path, root: Path, dialect: Dialect, clip: Clip, caption: Caption, content: bytes) -> None:
    with Sheet(path, root, resume=True, dialect=dialect) as sheet:
        before, known = sheet.rows, sheet.has(clip)
        kept = path.read_bytes()
        sheet.append([clip], [caption])
    after = path.read_bytes()
    assert content.startswith(kept) or not before, "rows were changed"
    assert after.startswith(kept) and read_back(after) is not None
    with Sheet(path, root, resume=True, dialect=dialect) as sheet:
        assert sheet.has(clip) and sheet.rows == before + (not known), "rows are lost or doubled"


def seeds(folder: Path) -> list[bytes]:
    """Sheets in both dialects, whole and cut."""
    root = folder.resolve()
    made = [as_choice(number, to_csv(_rows(root), root, dialect)) for number, dialect in enumerate(DIALECTS)]
    return [*made, *(one[:-9] for one in made), as_choice(0, b""), as_choice(0, b"a,b\n1,2\n")]


TARGET = Target(attempt, seeds, (b'"', b'""', b"\r", b",,", b"spreadsheet\n", b"\xef\xbb\xbf", b"draft", b"\0"))
