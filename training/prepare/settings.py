"""The settings of ``j2a-train prepare``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.ground.settings import setting


@dataclass(frozen=True)
class PrepareSettings:
    """What becomes of the clips; where they come from is typed on the command line."""

    datasets: str | None = setting(None, "Public data sets to take from --downloads, as in musiccaps,yt8m; else all.")
    downloads: Path | None = setting(None, "The folder that j2a-train download made.")
    split: Literal["official", "random"] = setting("official", "Splits as published, or 80/10/10 drawn anew.")
    seed: int = setting(0, "Seed of the random split.")
    valid_share: float = setting(0.05, "Share of train that is kept for validation, chosen by the hash of the id.")
    test_share: float = setting(0.1, "Share that is kept for testing of data sets that have no splits of their own.")
    licence: str = setting("not stated", "Licence of your own captions; goes into the card.")
    drop_leaks: bool = setting(False, "Take clips out of train that are also in test, instead of giving up.")
    copy: bool = setting(False, "Copy the audio; else it is hard-linked where the disk allows, which takes no room.")

    def __post_init__(self) -> None:
        if not (0 <= self.valid_share < 1 and 0 <= self.test_share < 1):
            raise ValueError("valid_share and test_share are shares of one: from 0 up to, but not, 1")
