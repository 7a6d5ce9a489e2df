"""Measured features as a table to read."""

from __future__ import annotations

from j2a.features.record import Features
from j2a.music import spelled_chord


def table_of(measured: Features) -> str:
    """One feature a line; what a person has put right is called theirs."""

    def times(values: list[float]) -> str:
        return " ".join(f"{value:.2f}" for value in values)

    def known(name: str, value: str) -> str:
        if name in measured.corrected:
            value += " (yours)"
        return f"{name:<10} {value or unknown(name)}\n"

    told: dict[str, str] = {}  # by each reason the feature that had it first

    def unknown(name: str) -> str:
        reason = measured.unknown.get(name, "not measured")
        first = told.setdefault(reason, name)
        return f"unknown: {reason}" if first == name else f"unknown: for the same reason as {first}"

    key = (
        f"{measured.key} ({measured.key_probability:.0%})"
        if measured.key and measured.key_probability
        else measured.key
    )
    chords = ", ".join(
        f"{spelled_chord(chord.label, measured.key)} {chord.start_s:.1f}-{chord.end_s:.1f} s"
        for chord in measured.chords
    )
    bpm = f"{measured.bpm:.1f}" if measured.bpm else ""
    if measured.bpm_sure is False:
        counted = ", ".join(f"{tempo.bpm:.1f} ({tempo.weight:.0%})" for tempo in measured.bpm_candidates)
        bpm += f" by its beats; one may count {counted}"
    genre = ""
    if measured.genre:
        genre = f"{measured.genre.label} ({measured.genre.score:.0%}, {measured.genre.source or 'gtzan'})"
    sound = ""
    if measured.sound:
        values = measured.sound
        sound = (
            f"{values.loudness_dbfs:.1f} dBFS, crest {values.crest_db:.1f} dB, dynamics {values.dynamics_db:.1f} dB, "
            f"centroid {values.centroid_hz:.0f} Hz, {values.onsets_per_s:.1f} onsets/s"
        )
    tags = None if measured.tags is None else ", ".join(f"{tag.label} ({tag.score:.2f})" for tag in measured.tags)
    return "".join(
        (
            known("bpm", bpm),
            known("meter", measured.meter or ""),
            known("key", key or ""),
            f"{'tuning':<10} {measured.tuning_cents:+.0f} cents\n" if measured.tuning_cents is not None else "",
            known("chords", chords),
            known("sound", sound),
            known("tags", "none for sure" if tags == "" else tags or ""),
            known("genre", genre),
            known("beats", times(measured.beats)),
            known("downbeats", times(measured.downbeats)),
        )
    )
