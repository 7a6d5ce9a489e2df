"""Decoding, resampling and peaks. Loads only numpy, soundfile and soxr, so the interface's process can use it."""

from j2a.audio.decode import AudioInfo, AudioReader, load, probe, stream
from j2a.audio.peaks import Peaks, compute_peaks, remembered_peaks

__all__ = ["AudioInfo", "AudioReader", "Peaks", "compute_peaks", "load", "probe", "remembered_peaks",
           "stream"]
