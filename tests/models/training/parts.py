"""What trainings start from: a tiny encoder and language model, a table, and what the encoder heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.mwmae import MWMAE
from j2a.models.files.weights import weights_hash
from tests.models.tiny import save_tiny
from training.datasets.shards import ENCODED, write_index, write_shard
from training.datasets.table import Row, write_table

ENCODER = MWMAEConfig(width=16, depth=1, heads=2, mlp_width=32)
CAPTIONS = ("A slow piece in A minor.", "The chords Am, F, C and G repeat, fast.", "A café.", "Tempo: 120 BPM.")


def make_parts(folder: Path, clips: int = 40) -> Path:
    """A tiny encoder and language model, a table, and what the encoder heard: four kinds of sound, four captions."""
    (folder / "encoder").mkdir(parents=True)
    torch.manual_seed(4)
    MWMAE(ENCODER).save(folder / "encoder")
    save_tiny(folder / "llm")
    rng = np.random.default_rng(0)
    kinds = rng.normal(0, 1, (len(CAPTIONS), ENCODER.features))
    rows, heard = [], {}
    for number in range(clips):
        split = "valid" if number % 5 == 4 else "train"
        kind = number % len(CAPTIONS)
        rows.append(Row(f"r{number}", f"{number}.wav", split, (CAPTIONS[kind],), source="ours", licence="CC0"))
        noise = rng.normal(0, 0.3, (int(rng.integers(12, 30)), ENCODER.features))
        heard[f"k{number}"] = (kinds[kind] + noise).astype(np.float16)
    write_table(folder / "table", rows)
    store = folder / "encoded" / ENCODED
    store.mkdir(parents=True)
    write_shard(store, heard)
    about = {
        "encoder": "encoder", "encoder_weights": weights_hash(folder / "encoder"), "width": ENCODER.features,
        "pool": 0, "precision": "float32",
    }  # fmt: skip
    write_index(store, about, {row.id: f"k{row.id[1:]}" for row in rows}, {})
    return folder
