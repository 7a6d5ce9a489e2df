"""``j2a-train encode``: what the frozen encoder hears in each clip of a table, and what can be measured in it, once.

Training then reads both from the disk, in any order, as often as it wants to. T time steps, W width of the encoder's
features, N soft tokens.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from j2a import audio, features
from j2a.audio.silence import audible
from j2a.clip import Clip
from j2a.console import narrate
from j2a.errors import AudioError, UsageError
from j2a.features import EXTRACTOR_VERSION
from j2a.models.audio.mwmae import load_encoder
from j2a.models.audio.projector import pool_long
from j2a.models.files.weights import find_folder, weights_hash
from j2a.models.j2a_2 import SECTION_S
from j2a.models.language.llm import resources
from training.datasets.shards import ENCODED, MEASURED, Value, drop_shards, key_of, read_shards, write_index
from training.datasets.table import Row, read_table
from training.encode.settings import EncodeSettings
from training.encode.workers import Prepare, cannot_write, make_shards
from training.ground.log import progress

_MOST_GPU_WORKERS = 4  # each holds the encoder; some decode sound while another computes


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it, in clips."""

    kept: int  # were there before
    made: int
    failed: dict[str, str]  # row id -> why


class Listener:
    """What the encoder hears in a clip: float16 (T, W), or (N, W) where it pools."""

    def __init__(self, folder: Path, pool: int, device: str, precision: str) -> None:
        self._encoder = load_encoder(folder, device=device, precision=getattr(torch, precision))
        self._pool = pool
        self.width = self._encoder.config.features

    def __call__(self, clip: Clip) -> Value:
        """The same sections and the same pooling as when a clip is captioned. Raises ``AudioError``."""
        rate = self._encoder.config.sample_rate
        sections = self._encoder.encode_long(audible(audio.stream(clip, rate), rate), SECTION_S)
        try:
            heard = pool_long(sections, self._pool)[0] if self._pool else torch.cat(list(sections))
        except ValueError as error:
            raise AudioError(f"{clip.path} cannot be listened to: {error}.") from error
        half = heard.cpu().numpy().astype(np.float16)
        if not np.isfinite(half).all():
            raise AudioError(f"{clip.path} cannot be listened to: the encoder's output does not fit into 16 bits.")
        return half


def measurer() -> Callable[[Clip], Value]:
    """What measures a clip, and gives its features as JSON. Raises ``AudioError``."""
    return lambda clip: features.extract(clip).to_json()


def encode(table: Path, out: Path, settings: EncodeSettings) -> list[Report]:
    """Fill ``out/encoded`` and ``out/measured``, as the settings say; what is there and whole stays.

    A report for each. Rows that cannot be heard are left out, with the reason in the store's index. Raises ``J2AError``
    for a table, an encoder or a disk that cannot be used, and ``KeyboardInterrupt`` when it was stopped by a signal;
    what was finished by then is kept in both cases.
    """
    rows = read_table(table)
    if not rows:
        raise UsageError(f"the table in {table} has no clips.", "Make one with j2a-train prepare or synth.")
    reports = []
    if settings.encoder:
        folder = find_folder(settings.encoder)
        device, _ = resources(device=None if settings.device == "auto" else settings.device)
        prepare = functools.partial(Listener, folder, settings.pool, device, settings.precision)
        about = {
            "encoder": settings.encoder,
            "encoder_weights": weights_hash(folder),
            "width": prepare().width,
            "pool": settings.pool,
            "precision": settings.precision,
        }
        narrate(f"Encoding {len(rows):,} clips with {folder} on {device}.")
        reports.append(_fill(table, out / ENCODED, rows, about, prepare, _processes(settings, device), settings))
    if settings.features:
        narrate(f"Measuring {len(rows):,} clips.")
        about = {"extractor": EXTRACTOR_VERSION}
        reports.append(_fill(table, out / MEASURED, rows, about, measurer, _processes(settings, "cpu"), settings))
    return reports


def _fill(
    table: Path,
    store: Path,
    rows: Sequence[Row],
    about: dict[str, Any],
    prepare: Prepare,
    processes: int,
    settings: EncodeSettings,
) -> Report:
    """Make what is missing in a store, and write its index."""
    try:
        store.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(store, error) from error
    places, broken = read_shards(store, verify=True)
    if broken:
        narrate(f"{len(broken)} damaged shards are made again.")
    drop_shards(store, broken)
    keys, clips, failed = {}, {}, {}
    for row in progress(rows, len(rows), "Looking at the files"):
        try:
            clip = row.clip(table)
        except ValueError as error:
            failed[row.id] = str(error)
            continue
        key = key_of(store.name, clip, about)
        if key is None:
            failed[row.id] = f"{row.audio} cannot be read"
            continue
        keys[row.id] = key
        clips[key] = clip
    missing = {key: clip for key, clip in clips.items() if key not in places}
    reasons = make_shards(store, missing, prepare, processes, settings.shard_clips)
    failed |= {row_id: reasons[key] for row_id, key in keys.items() if key in reasons}
    write_index(store, about, {row_id: key for row_id, key in keys.items() if key not in reasons}, failed)
    return Report(kept=len(clips) - len(missing), made=len(missing) - len(reasons), failed=failed)


def _processes(settings: EncodeSettings, device: str) -> int:
    cores = os.cpu_count() or 1
    return settings.workers or (cores if device == "cpu" else min(_MOST_GPU_WORKERS, cores))
