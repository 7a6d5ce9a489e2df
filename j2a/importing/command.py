"""``j2a import``: its options, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from j2a.console import errors_shown, narrate, say
from j2a.errors import ExitCode, StoreError, UsageError
from j2a.printable import one_paragraph, printable

if TYPE_CHECKING:
    from j2a.importing.gathering import Gathered
    from j2a.importing.taking import Intake, Policy

_SHOWN = 20  # lines of each kind


def import_captions(
    folder: Annotated[Path, typer.Argument(help="A music folder.")],
    source: Annotated[
        Path | None, typer.Option("--from", help="A file that holds captions, or a folder of such files.")
    ] = None,
    sidecars: Annotated[bool, typer.Option("--sidecars", help="Take what lies beside the audio.")] = False,
    format: Annotated[
        str, typer.Option(help="What the files are, where it cannot be told by what stands in them; see `j2a export`.")
    ] = "",
    policy: Annotated[
        str,
        typer.Option(
            help="fill: only where there is no caption; keep-mine: also in the place of a model's drafts; "
            "overwrite: in the place of any."
        ),
    ] = "fill",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be taken in, and change nothing.")] = False,
) -> None:
    """Take captions into the session: other tools' files, or an export. Nothing in the music folder is written.

    All of it is one action: u in the app takes it back. Figures and lyrics in the files stay there: J2A measures for
    itself, and what jsonl says was corrected is corrected. What cannot be taken in is named; the exit code is then 4.
    """
    from j2a.formats import FORMATS
    from j2a.importing.gathering import beside, gathered
    from j2a.importing.matching import Names
    from j2a.importing.taking import POLICIES, default_of, planned
    from j2a.library import scan, told_unread
    from j2a.paths import real_folder
    from j2a.store import Store

    with errors_shown():
        wanted = next((one for one in POLICIES if one == policy), None)
        if wanted is None:
            raise UsageError(f"--policy cannot be {policy!r}.", f"It is one of: {', '.join(POLICIES)}.")
        if (source is None) is not sidecars:
            raise UsageError("where the captions are has to be said.", "Give either --from PATH or --sidecars.")
        form = default_of(format)
        if format and form is None:
            raise UsageError(f"there is no format {format!r}.", f"Formats: csv, {', '.join(FORMATS)}.")
        folder = folder.expanduser()
        unread: dict[str, str] = {}
        root, tracks = real_folder(folder), scan(folder, unread=unread)
        if unread:
            narrate(told_unread(unread))
        found = gathered(source.expanduser(), root, form) if source else beside(tracks, root, form)
        damaged: list[StoreError] = []
        with Store(on_mended=damaged.append) as store:
            intake = planned(found, Names(tracks, root), store.rows(folder, damaged.append), wanted)
            if not dry_run:
                intake.carried_out(store)
        for error in damaged:
            narrate(printable(str(error)))
        _tell(found, intake, wanted, dry_run=dry_run)
        problems = len(found.problems) + len(intake.problems)
        if problems or damaged:
            raise typer.Exit(ExitCode.SOME_FILES_FAILED if intake.steps or damaged else ExitCode.FAILED)


def _tell(found: Gathered, intake: Intake, policy: Policy, *, dry_run: bool) -> None:
    for note in found.notes:
        narrate(printable(note))
    _listed([f"Left out: {line}" for line in (*found.problems, *intake.problems)], narrate)
    if dry_run:
        for fate in ("new", "replaced", "kept"):
            _listed(
                [
                    f"{fate:<9}{step.incoming.clip.path.name} from {step.incoming.clip.start_s:g} s: "
                    f"{one_paragraph(step.incoming.text)[:80]}"
                    for step in intake.steps if step.fate == fate
                ],
                say,
            )  # fmt: skip
    new, replaced, same, kept = (intake.count(fate) for fate in ("new", "replaced", "same", "kept"))
    count = new + replaced
    what = "would be taken in" if dry_run else "taken in"
    say(f"{'1 caption' if count == 1 else f'{count} captions'} {what}: {new} new, {replaced} in the place of others; "
        f"{same} are there already, {kept} stay as yours are")  # fmt: skip
    if intake.said:
        say(f"Corrections of {len(intake.said)} files, too.")
    if kept and policy != "overwrite":
        narrate("--policy overwrite puts them in the place of yours.")
    if count and not dry_run:
        narrate("u in the app takes all of it back.")


def _listed(lines: list[str], tell: Callable[[str], None]) -> None:
    for line in lines[:_SHOWN]:
        tell(printable(line))
    if len(lines) > _SHOWN:
        tell(f"... and {len(lines) - _SHOWN} more")
