"""J2A from Python: a folder into a CSV, the app's captions, and files as others read them.

``import j2a`` has these as ``j2a.caption_folder``, ``j2a.open_session`` and ``j2a.export``. They do what the commands
``j2a caption`` and ``j2a export`` do, and print nothing: what a person should read is raised as a ``J2AError``
(``j2a.errors``), each kind with an ``exit_code``, a ``message`` and a ``hint``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from j2a import templates
from j2a.backbone import version_of
from j2a.caption import MOST_TEMPERATURE, Sampling
from j2a.errors import StoreError, UsageError
from j2a.exporting import FORMATS, ONLY, Only, chosen
from j2a.folder.books import Tally
from j2a.folder.captioning import Wish, captioned, cut_into, files_of
from j2a.folder.run import Settings
from j2a.folder.sheet import Sheet
from j2a.library import told_unread
from j2a.options import dialect_of
from j2a.records import dataclass
from j2a.store import Store

__all__ = ["Exported", "Tally", "caption_folder", "export", "open_session"]


def caption_folder(
    folder: str | Path,
    out: str | Path,
    *,
    window_s: float = 10.0,
    per_file: int | None = None,
    version: str = "",
    backbone: str = "mini",
    prompt: str = "",
    figures: bool = True,
    correct_figures: bool = False,
    seed: int = 0,
    temperature: float = 0.0,
    resume: bool = False,
    limit: int | None = None,
    shuffle: int | None = None,
    only_missing: bool = False,
    dialect: str = "dataset",
    workers: int | None = None,
    batch: int = 16,
    ray: str | None = None,
    on_progress: Callable[[Tally], None] = lambda tally: None,
    on_note: Callable[[str], None] = lambda line: None,
) -> Tally:
    """Describe every window of every file of a folder, or of one file, into the CSV ``out``.

    Rows are on the disk as soon as they are written; after an interruption (``KeyboardInterrupt`` goes through) the
    same call with ``resume=True`` goes on. Models are loaded in engines, which are processes of their own.

    window_s : seconds a clip; 0 makes one clip of each file
    per_file : at most so many clips of each file, spread evenly
    version, backbone : which J2A writes: "mini", "7b", a model folder, a hub id, or the address of a server; without a
        version it is the most truthful one of the backbone
    prompt : "describe", "short", "detailed", "tags", or an instruction of your own
    figures, correct_figures : whether captions name BPM, meter, key and chords; whether wrong ones are put right
    seed, temperature : 0.0 always takes the most likely word
    limit : at most so many new captions
    shuffle : seed of a random order of the files
    only_missing : leave out clips that have a caption in the app
    dialect : "dataset" or "spreadsheet"
    workers, batch : clips measured at a time (``None``: one a processor), clips described together
    ray : ``HOST:PORT`` of a Ray cluster, or "auto"
    on_progress : gets the tally whenever something has happened, and every second
    on_note : gets a line for the user, such as that a machine was lost

    Returns the tally: ``captions`` written, ``found`` before, ``failed`` (path to reason) and more. Raises
    ``UsageError`` for what cannot be carried out, ``ExportError`` for a CSV that cannot be written,
    ``ModelMissingError`` and other ``J2AError`` for what engines meet. A broken file is no error: it stands in
    ``failed``.
    """
    cut = cut_into(window_s, per_file)
    templates.check(prompt)
    if not 0 <= temperature <= MOST_TEMPERATURE:  # nor is it no number
        raise UsageError(f"temperature cannot be {temperature}.", f"It is from 0 to {MOST_TEMPERATURE:g}.")
    settings = Settings(
        version_of(version, backbone), backbone, prompt, Sampling(temperature), seed,
        correct_figures=correct_figures, figures=figures, batch=batch,
    )  # fmt: skip
    wish = Wish(cut, settings, workers, limit, shuffle, only_missing, ray)
    unread: dict[str, str] = {}
    root, tracks = files_of(_path(folder), wish, unread)
    if unread:
        on_note(told_unread(unread))
    target, written_as = _path(out), dialect_of(dialect)
    with Sheet(target, root, resume=resume, dialect=written_as, written=correct_figures) as sheet:
        return captioned(root, tracks, sheet, wish, on_progress, on_note)


def open_session(*, annotator: str | None = None, read_only: bool = False) -> Store:
    """The captions of the app, in its own file: a context manager, of which several programs may have one at a time.

    ``rows(folder)`` are its rows (``clip``, ``text``, ``status``, ``features`` ...), ``get(clip)`` one of them;
    ``edit(clip, text)``, ``set_status(clip, status)`` and ``undo()`` change it, each in a transaction that is on the
    disk when it returns. Times are seconds, to the millisecond.

    annotator : whose changes these are; ``None``: as the app says (``J2A_ANNOTATOR``, or the user's name)
    read_only : a file that cannot be written will do

    Raises ``StoreError`` where the file cannot be read.
    """
    return Store(annotator=annotator, to_read=read_only)


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export has written: ``captions`` (or pairs) into ``path``; ``kept`` are old files, put aside as ``.bak``;
    ``left_out`` says in a line each what could not be written, ``notes`` what one should know."""

    path: Path
    captions: int
    kept: list[Path] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def export(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    format: str = "csv",
    only: Only = "all",
    dialect: str = "dataset",
    figures: bool | None = None,
    force: bool = False,
) -> Exported:
    """Write the app's captions of a folder as others read them.

    out : the file, or for formats of many files the folder; without it that of the command
    format : a name of ``j2a export --format``, such as "jsonl", "audiofolder" or "ace-step"
    only : "accepted", "captioned" (drafts too) or "all" rows
    dialect : of csv: "dataset" or "spreadsheet"
    figures : put BPM, key and meter into the texts, take them out, or (``None``) as the format's readers want it
    force : replace files that hold something else; they are kept beside, as ``FILE.bak``

    Rows that are damaged stand in ``left_out``. Raises ``UsageError`` for what cannot be carried out,
    ``WouldLoseError`` (an ``ExportError``) where ``force`` would be needed, ``ExportError`` where it cannot be written,
    and ``StoreError`` where the captions cannot be read.
    """
    if format not in FORMATS:
        raise UsageError(f"there is no format {format!r}.", f"Formats: {', '.join(FORMATS)}.")
    if only not in ONLY:
        raise UsageError(f"only cannot be {only!r}.", f"It is one of: {', '.join(ONLY)}.")
    written = FORMATS[format]
    music = _path(folder)
    if out is None and (written.form is not None or not music.is_dir()):
        raise UsageError(f"where {format} goes has to be said.", f"Give out; {music} for beside the audio.")
    target = _path(out) if out is not None else music / written.file_name
    damaged: list[StoreError] = []
    with Store(to_read=True, on_mended=damaged.append) as store:
        store.check()
        rows = chosen(store.rows(music, damaged.append), only)
    lost = [str(error) for error in damaged]
    if written.form is None:
        if figures is not None:
            raise UsageError("figures is not for csv and preferences.", "Leave it out, or choose another format.")
        kept = written.save(rows, music, target, dialect_of(dialect), force)
        return Exported(target, written.count(rows), [kept] if kept else [], lost)
    from j2a.exporting import saving  # it brings decoders along

    wish = saving.Wish(written.form, music, target, figures, force=force)
    plan = saving.planned(rows, wish)
    moved = saving.carried_out(plan, wish)
    return Exported(target, plan.captions, moved, [*lost, *plan.left_out], plan.notes)


def _path(given: str | Path) -> Path:
    try:
        return Path(given).expanduser()
    except RuntimeError as error:  # "~" of nobody
        raise UsageError(f"{given} is no path here: {error}.", "Give the whole path.") from error
