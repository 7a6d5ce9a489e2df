"""What the MW-MAE encoder costs: seconds a ten-second clip, beside what this machine's matrix products allow.

    python bench/mwmae.py [--device cuda] [--batch 16] [--minutes 60] [--json results.json]

Random weights (the time does not depend on them) in the published base size, and in a small one. The bound is the time
that the encoder's multiplications would take at the speed of one large matrix product, measured between the runs.
With ``--minutes`` also: so much noise, streamed through the small encoder, and the memory that it took.
Times are the best of five: on a shared machine read the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from numpy.typing import NDArray

from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.mwmae import MWMAE

SIZES = {"base": MWMAEConfig(), "small": MWMAEConfig(width=192, depth=6, heads=3, mlp_width=768)}
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
CLIP = 160_000  # samples: ten seconds
RUNS = 5


def main() -> None:
    """Measure, print a table, and write the numbers where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=1, help="clips at once")
    parser.add_argument("--minutes", type=float, default=0.0, help="of sound to stream through the small encoder")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    options = parser.parse_args()
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    rows = []
    if options.minutes:  # first, while the process is small
        rows.append(stream(options.minutes, options.device))
        print(
            "{minutes:g} minutes streamed in {seconds:.1f} s, {growth_mb:.0f} MB more than before\n".format(**rows[0])
        )
    sizes = [row(size, precision, options.device, options.batch) for size in SIZES for precision in PRECISIONS]
    print("| encoder | ms a clip | log-mel | bound | of the bound |\n|---|---|---|---|---|")
    for one in sizes:
        print(
            f"| {one['encoder']} | {one['ms']:.1f} | {one['mel_ms']:.1f} | {one['bound_ms']:.1f} | "
            f"{one['bound_ms'] / one['ms']:.0%} |"
        )
    if options.json:
        options.json.write_text(json.dumps(rows + sizes, indent=2) + "\n", encoding="utf-8")


def row(size: str, precision: str, device: str, batch: int) -> dict[str, Any]:
    """One encoder in one precision."""
    config = SIZES[size]
    encoder = MWMAE(config, PRECISIONS[precision]).to(device).requires_grad_(False).eval()
    audio = torch.randn(batch, CLIP, device=device) * 0.1
    seconds, speed = [], []
    for _ in range(RUNS):  # in turns: a busy moment of the machine meets both
        speed.append(products_a_second(PRECISIONS[precision], device))
        seconds.append(timed(lambda: encoder(audio), device))
    return {
        "encoder": f"{size}, {precision}",
        "ms": min(seconds) / batch * 1000,
        "mel_ms": min(timed(lambda: encoder.log_mel(audio), device) for _ in range(RUNS)) / batch * 1000,
        "bound_ms": multiplications(config) / max(speed) * 1000,
    }


def multiplications(config: MWMAEConfig) -> int:
    """Multiply-and-adds for a ten-second clip."""
    chunks = -(-config.steps(CLIP) // config.chunk_steps)
    patches = config.chunk_steps * config.mel_patches
    block = patches * config.width * (4 * config.width + 2 * config.mlp_width) + 2 * patches**2 * config.width
    return chunks * (config.depth * block + patches * config.width * config.patch_frames * config.patch_bins)


def products_a_second(dtype: torch.dtype, device: str) -> float:
    """Multiply-and-adds a second in one large matrix product."""
    size = 1536 if device == "cpu" else 8192
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    return size**3 / timed(lambda: left @ right, device)


def timed(run: Callable[[], object], device: str) -> float:
    """Seconds of the second of two runs."""
    run()
    if device != "cpu":
        torch.cuda.synchronize()
    started = time.perf_counter()
    run()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def stream(minutes: float, device: str) -> dict[str, Any]:
    """Much sound in blocks of five seconds, and the memory that the process grew by."""
    encoder = MWMAE(SIZES["small"], torch.bfloat16).to(device).requires_grad_(False).eval()
    for _ in encoder.encode_long(noise(1.0)):
        pass
    before, started = peak_mb(), time.perf_counter()
    steps = sum(len(features) for features in encoder.encode_long(noise(minutes)))
    assert abs(steps - minutes * 60 * 25) <= 1
    return {"minutes": minutes, "seconds": time.perf_counter() - started, "growth_mb": peak_mb() - before}


def noise(minutes: float) -> Iterator[NDArray[np.float32]]:
    """Blocks as ``j2a.audio.stream`` gives them."""
    rng = np.random.default_rng(0)
    for _ in range(round(minutes * 12)):
        yield rng.standard_normal(CLIP // 2, dtype=np.float32) * np.float32(0.1)


def peak_mb() -> float:
    """Largest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
