"""Files that FFmpeg (PyAV) writes."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 44_100


def chirp(seconds: float, channels: int = 2) -> NDArray[np.float32]:
    """(T, channels): a tone that rises and gets louder, so that every moment is unlike every other."""
    times = np.arange(round(seconds * RATE)) / RATE
    one = 0.6 * np.sin(2 * np.pi * (200 * times + 40 * times**2)) * (0.2 + 0.8 * times / seconds)
    return np.stack([one * (1 - 0.2 * n) for n in range(channels)], axis=1).astype(np.float32)


def encoded(path: Path, container: str, codec: str, samples: NDArray[np.float32],
            options: dict[str, str] | None = None, stream_options: dict[str, str] | None = None) -> Path:
    with av.open(str(path), "w", format=container, options=options or {}) as output:
        layout = {1: "mono", 2: "stereo", 6: "5.1"}[samples.shape[1]]
        stream = output.add_stream(codec, rate=RATE, layout=layout, options=stream_options or {})
        if stream_options is None:
            stream.bit_rate = 192_000
        for start in range(0, len(samples), 4096):
            block = np.ascontiguousarray(samples[start:start + 4096].reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(block, format="flt", layout=layout)
            frame.sample_rate = RATE
            frame.pts = start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path
