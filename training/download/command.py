"""The command ``j2a-train download``."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated, Any

import typer

from j2a.console import errors_shown, narrate
from j2a.errors import ExitCode, J2AError
from training.download.settings import DownloadSettings
from training.ground.settings import load_settings, settings_text, with_options


@with_options(DownloadSettings)
def download(
    out: Annotated[
        Path, typer.Argument(help="Folder for the audio, the lists, the status of each clip and the census.")
    ],
    config: Path | None,
    given: dict[str, object],
) -> None:
    """Download the ten-second clips of MusicCaps and YouTube8M-MusicTextClips. Run it again to go on."""
    from training.download.census import here, wanted, write_census

    with errors_shown():
        settings = load_settings(DownloadSettings, config, given)
        narrate(settings_text(settings))
        sets: dict[str, Any] = {}
        try:
            _download(out.expanduser(), settings, sets)
        finally:
            if sets:
                print(write_census(out.expanduser(), sets), end="")
        of = sum(map(wanted, sets.values()))
        if not any(map(here, sets.values())):
            reasons = Counter(about["reason"] for census in sets.values() for about in census["missing"].values())
            raise J2AError(
                f"none of {of} clips came: {', '.join(f'{why} {n}' for why, n in reasons.most_common())}.",
                "census.json has the messages.",
                title="Nothing downloaded",
            )
        if any(census["missing"] for census in sets.values()):
            raise typer.Exit(int(ExitCode.SOME_FILES_FAILED))


def _download(out: Path, settings: DownloadSettings, sets: dict[str, Any]) -> None:
    """Fill ``out``, and ``sets`` with the census of each data set, also when it ends early."""
    from training.datasets.published import chosen
    from training.download.census import census_of
    from training.download.fetch import require_tools
    from training.download.folder import StatusFile
    from training.download.lists import bring_lists
    from training.download.run import run

    wanted = chosen(settings.datasets)
    if settings.local is None:
        require_tools(settings)
    listed = {data_set.name: bring_lists(data_set, out / data_set.name, settings) for data_set in wanted}
    with ExitStack() as files:
        statuses = {name: files.enter_context(closing(StatusFile(out / name))) for name in listed}
        try:
            for name, entries in listed.items():
                run(entries[: settings.limit], out / name, settings, statuses[name])
        finally:
            for name, entries in listed.items():
                sets[name] = census_of(entries, out / name, statuses[name].known)
