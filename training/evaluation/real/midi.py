"""The tempo of a song in its own MIDI file, as Frets on Fire keeps one beside each song."""

from __future__ import annotations

from pathlib import Path

from j2a.errors import J2AError


def tempi_in(folder: Path) -> dict[str, float]:
    """BPM by title, the name of the folder that a ``notes.mid`` is in. A song that changes its tempo has none.

    Raises ``J2AError`` for a file that is no MIDI, and where there is none at all.
    """
    found: dict[str, float] = {}
    paths = sorted(folder.rglob("notes.mid"))
    if not paths:
        raise J2AError(f"{folder} has no notes.mid.", "Give the folder of an unpacked package of songs.")
    for path in paths:
        tempo = _tempo(path)
        if tempo is not None:
            found[path.parent.name] = tempo
    return found


def _tempo(path: Path) -> float | None:
    import mido  # type: ignore[import-untyped]

    try:
        tracks = mido.MidiFile(path).tracks
    except (OSError, ValueError, EOFError, KeyError) as error:
        raise J2AError(f"{path} cannot be read: {error}.", "Leave it out, or unpack it again.") from error
    tempi = {message.tempo for track in tracks for message in track if message.type == "set_tempo"}
    return round(60e6 / tempi.pop(), 2) if len(tempi) == 1 else None
