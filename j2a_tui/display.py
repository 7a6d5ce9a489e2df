"""How things are written on the screen: names, times, statuses. Pure text."""

from __future__ import annotations

from pathlib import Path

from rich.cells import cell_len, set_cell_size

from j2a.features.record import Features, Sound
from j2a.music import TUNED_CENTS, spelled_chord
from j2a.printable import printable
from j2a.store import Status

STATUS_LETTERS = {
    Status.ACCEPTED: "A", Status.DRAFT: "d", Status.REJECTED: "x", Status.SKIPPED: "s", Status.FLAGGED: "f",
    Status.FAILED: "!",
}
EDITED = "e"  # a draft that somebody wrote in
NO_STATUS = "·"
ONE_BEAT_S = 0.02  # beats and downbeats this near to each other are one
YOURS = "◆ yours"  # beside what a person says against the measurement
VERDICT_MARKS = {"agreed": "✓", "contradicted": "✗", "unmeasured": "?"}


def clean(text: str, *, multiline: bool = False) -> str:
    """Text from a file, a tag, a model or a message, safe to draw; ``multiline`` keeps newlines."""
    return "\n".join(map(printable, text.split("\n"))) if multiline else printable(text)


def fit(text: str, width: int) -> str:
    """Exactly ``width`` cells: padded with spaces, or cut with an ellipsis."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    cut = set_cell_size(text, width - 1).rstrip() + "…"
    return set_cell_size(cut, width)


def fit_path(name: str, width: int) -> str:
    """A relative path in exactly ``width`` cells. Leading folders give way first, then the middle of the file's name:
    what tells files of one folder apart is often at their end."""
    if width <= 0:
        return ""
    shown = name
    while cell_len(shown) > width and "/" in shown.removeprefix("…/"):
        shown = "…/" + shown.removeprefix("…/").split("/", 1)[1]
    if cell_len(shown) <= width:
        return fit(shown, width)
    shown = shown.removeprefix("…/")
    end = shown[-(width * 2 // 5):] if width >= 12 else ""
    while cell_len(end) > width // 2:  # wide characters
        end = end[1:]
    return fit(shown, width) if not end or cell_len(shown) <= width else fit(shown, width - cell_len(end)) + end


def home_relative(path: Path) -> str:
    """A path to show: "~/Music" for what is in the home folder."""
    home = Path.home()
    return clean(f"~/{path.relative_to(home)}" if path != home and path.is_relative_to(home) else str(path))


def clock(seconds: float, *, tenths: bool = False) -> str:
    """``222`` -> "3:42", ``3722`` -> "1:02:02", with tenths "3:42.0"."""
    ticks = max(0, round(seconds * 10) if tenths else int(seconds) * 10)
    minutes, rest = divmod(ticks, 600)
    hours, minutes = divmod(minutes, 60)
    written = f"{rest // 10:02d}" + (f".{rest % 10}" if tenths else "")
    return f"{hours}:{minutes:02d}:{written}" if hours else f"{minutes}:{written}"


def window_text(start_s: float, end_s: float | None) -> str:
    """``(10, 20)`` -> "0:10–0:20"; tenths only where a time has them."""
    tenths = any(round(value * 10) % 10 for value in (start_s, end_s or 0.0))
    return f"{clock(start_s, tenths=tenths)}–{clock(end_s, tenths=tenths) if end_s is not None else 'end'}"


def feature_text(name: str, features: Features) -> str:
    """One feature in words, or "" when it is not known; one that a person has corrected is called theirs."""
    text = _measured_text(name, features)
    if text and name in features.corrected:
        return f"{text} {YOURS}"
    return f"{text}{_in_file(name, features)}" if text else ""


def _in_file(name: str, features: Features) -> str:
    """What the file's own tags say beside it."""
    told = {"bpm": features.file_bpm and f"{features.file_bpm:g}", "key": features.file_key}.get(name)
    return f", file says {told}" if told else ""


def _measured_text(name: str, features: Features) -> str:
    match name:
        case "bpm" if features.bpm is not None:
            other = [tempo.bpm for tempo in features.bpm_candidates if abs(tempo.bpm - features.bpm) > 1]
            either = f", or {other[0]:.0f}" if features.bpm_sure is False and other else ""
            return f"{features.bpm:.1f} BPM{either}"
        case "meter" if features.meter is not None:
            return features.meter
        case "key" if features.key is not None:
            sure = features.key_probability
            cents = features.tuning_cents or 0.0
            tuned = f", tuned {cents:+.0f} cents" if abs(cents) > TUNED_CENTS else ""
            return features.key if sure is None else f"{features.key} ({sure:.0%}{tuned})"
        case "beats" if features.beats:
            return f"{len(features.beats)} beats"
        case "downbeats" if features.downbeats:
            return f"{len(features.downbeats)} bars"
        case "chords" if features.chords:
            return " ".join(chord_names(features))
        case "genre" if features.genre is not None:
            source = f", {features.genre.source}" if features.genre.source else ""
            return f"{features.genre.label} ({features.genre.score:.0%}{source})"
        case "sound" if features.sound is not None:
            sound = features.sound
            figures = (
                f"{sound.loudness_dbfs:.0f} dBFS", f"{sound.centroid_hz:.0f} Hz", f"{sound.onsets_per_s:.1f} onsets/s"
            )  # fmt: skip
            return " · ".join([", ".join(sound.words) or "ordinary", *figures])
        case "tags" if features.tags is not None:
            return ", ".join(tag.label for tag in features.tags) or "nothing for sure"
    return ""


def beat_text(features: Features, at_s: float) -> str:
    """``3.2``: bar and beat at a time, in seconds from the start of what was measured; "" where no beat is known.

    Bars are counted from the first downbeat that was found; what is before it is bar 0.
    """
    beats = [time_s for time_s in features.beats if time_s <= at_s]
    if not beats or not features.downbeats:
        return ""
    bars = [time_s for time_s in features.downbeats if time_s <= beats[-1] + ONE_BEAT_S]
    first = bars[-1] if bars else features.beats[0]
    return f"{len(bars)}.{sum(time_s >= first - ONE_BEAT_S for time_s in beats)}"


def chord_text(features: Features, at_s: float) -> str:
    """The chord at a time, likewise; "" where none sounds."""
    for chord, name in zip(features.chords, chord_names(features), strict=True):
        if chord.start_s <= at_s < chord.end_s:
            return "" if name == "–" else name
    return ""


def sound_figure(word: str, sound: Sound | None) -> str:
    """What a word of ``Sound.words`` was measured by: "1,240 Hz"; "" where nothing was."""
    if sound is None:
        return ""
    match word:
        case "dark" | "bright":
            return f"centroid {sound.centroid_hz:,.0f} Hz"
        case "sparse" | "dense":
            return f"{sound.onsets_per_s:.1f} onsets/s"
        case "soft" | "loud":
            return f"{sound.loudness_dbfs:.0f} dBFS"
    return f"{sound.dynamics_db:.0f} dB from soft to loud"


def chord_names(features: Features) -> list[str]:
    """Chord names in order as a lead sheet writes them: "Am", "F", and "–" where no chord sounds."""
    names = [spelled_chord(chord.label, features.key) for chord in features.chords]
    return ["–" if name == "N" else name for name in names]
