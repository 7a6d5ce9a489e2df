"""The two public data sets, both of sections of YouTube videos, as their CSV files list them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from j2a.errors import UsageError
from training.datasets.entry import Entry, bad_row, caption_of, records_of, texts, times, without_twins
from training.datasets.table import Split

_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Published:
    """A data set: where its lists are and how they are read."""

    name: str
    licence: str  # of the captions
    commercial: bool  # whether models trained on it may be used commercially
    files: dict[str, str]  # name of a list -> where it is published
    read_file: Callable[[Path], Iterator[Entry]]

    def read(self, folder: Path) -> list[Entry]:
        """All clips, from a folder that holds the lists. Raises ``J2AError`` that names the file and the row."""
        found = (entry for name in self.files for entry in self.read_file(folder / name))
        return without_twins(found, one_each=True)  # audio and status go by the recording


def _musiccaps(path: Path) -> Iterator[Entry]:
    columns = ("ytid", "start_s", "end_s", "aspect_list", "caption", "is_audioset_eval")
    for where, record in records_of(path, columns):
        if record["is_audioset_eval"] not in ("True", "False"):
            raise bad_row(where, f"is_audioset_eval is {record['is_audioset_eval']!r}, not True or False")
        start_s, end_s = times(where, record, "start_s", "end_s")
        yield Entry(
            source="musiccaps",
            recording=_video(where, record["ytid"]),
            start_s=start_s,
            end_s=end_s,
            captions=(caption_of(where, record["caption"]),),
            where=where,
            aspects=texts(where, "aspect_list", record["aspect_list"]),
            split="test" if record["is_audioset_eval"] == "True" else "train",
            licence=MUSICCAPS_LICENCE,
        )


def _yt8m(path: Path) -> Iterator[Entry]:
    split: Split = "test" if "test" in path.name else "train"
    for where, record in records_of(path, ("video_id", "start", "end", "text")):
        start_s, end_s = times(where, record, "start", "end")
        caption = caption_of(where, record["text"])
        video = _video(where, record["video_id"])
        yield Entry("yt8m", video, start_s, end_s, (caption,), where, split=split, licence=YT8M_LICENCE)


def _video(where: str, value: str) -> str:
    if not _VIDEO_ID.fullmatch(value):
        raise bad_row(where, f"{value!r} is not the id of a video")
    return value


MUSICCAPS_LICENCE = "CC BY-SA 4.0"
YT8M_LICENCE = "Adobe Research License (research only, non-commercial)"

# Agostinelli et al., MusicLM, 2023; McKee et al., Language-Guided Music Recommendation for Video, CVPR 2023.
PUBLISHED = {
    data_set.name: data_set
    for data_set in (
        Published(
            "musiccaps",
            MUSICCAPS_LICENCE,
            True,
            {
                "musiccaps-public.csv": "https://huggingface.co/datasets/google/MusicCaps/resolve/main/musiccaps-public.csv"
            },
            _musiccaps,
        ),
        Published(
            "yt8m",
            YT8M_LICENCE,
            False,
            {
                "train.csv": "https://zenodo.org/records/8040754/files/train.csv?download=1",
                "test.csv": "https://zenodo.org/records/8040754/files/test.csv?download=1",
            },
            _yt8m,
        ),
    )
}


def chosen(names: str) -> list[Published]:
    """The data sets of a comma-separated list. Raises ``UsageError`` for one that there is not."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in PUBLISHED]
    if unknown or not wanted:
        raise UsageError(
            f"there is no data set {', '.join(unknown) or names!r}.", f"There are: {', '.join(PUBLISHED)}."
        )
    return [PUBLISHED[name] for name in dict.fromkeys(wanted)]


def audio_path(folder: Path, recording: str) -> Path:
    """Where ``j2a-train download`` puts the section of a recording, for ``folder`` of one data set: FLAC, 16 bit."""
    return folder / "audio" / f"{recording}.flac"
