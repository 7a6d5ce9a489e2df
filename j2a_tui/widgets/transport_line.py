"""The line under the waveform: what is heard, where, and how."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from j2a.features.record import Features
from j2a_tui.display import beat_text, chord_text, clock, window_text
from j2a_tui.transport import Transport
from j2a_tui.widgets.lines import Part, two_ends

ROOMY = 64  # cells from which it uses words as well as marks


class TransportLine(Widget):
    """Play state, position, bar and beat, chord, window, loop, speed, volume; and that there is no sound."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport
        self._features = Features()

    def set_features(self, features: Features) -> None:
        """What was measured in the window."""
        self._features = features
        self.refresh()

    def render(self) -> Content:
        """``▶ playing 0:12.3 / 3:42   2.3 Am   window 0:10–0:20   vol 100 %``."""
        transport = self._transport
        width = self.size.width
        roomy = width >= ROOMY
        mark, word, style = ("▶", "playing", "bold $accent") if transport.playing else ("■", "paused", "$quiet")
        left: list[Part] = [(f"{mark} {word:<7}  " if roomy else f"{mark} ", style)]
        if transport.duration_s is not None:
            left.append((clock(transport.position_s, tenths=True), "bold $foreground"))
            left.append((f" / {clock(transport.duration_s)}", "$quiet"))
            here = self._heard()
            changed = self._loop() + self._speed()
            word = "   window " if roomy else "  window "
            if not roomy and (here or changed):
                word = "  "  # for these there is less room, and more to say
            if here:
                left.append((f"  {here}", "bold $secondary"))
            if changed:
                left.append((f"  {changed}", "bold $accent"))
            left += [(word, "$quiet"), (window_text(transport.window.start_s, transport.window.end_s), "$foreground")]
            if roomy and not changed:
                left.append((f"  {round(transport.window.length_s, 1):g} s", "$quiet"))
        return two_ends(left, self._sound(short=not roomy and len(left) > 4), width)

    def _heard(self) -> str:
        """Bar, beat and chord under the playhead, as far as they were measured."""
        window, at_s = self._transport.window, self._transport.position_s
        if not window.holds(at_s):
            return ""
        at_s -= window.start_s
        return " ".join(filter(None, (beat_text(self._features, at_s), chord_text(self._features, at_s))))

    def _loop(self) -> str:
        loop = self._transport.loop
        if loop.a_s is None:
            return ""
        return "A" if loop.b_s is None else f"A–B {loop.b_s - loop.a_s:.1f} s"

    def _speed(self) -> str:
        speed = self._transport.speed
        return "" if speed == 1.0 else f"{' ' if self._transport.loop.a_s is not None else ''}×{speed:g}"

    def _sound(self, *, short: bool) -> list[Part]:
        player = self._transport.player
        if player is None:
            return [("opening sound", "$quiet")]
        if not player.available:
            return [("✗ no sound", "$warning")]
        volume = f"{self._transport.volume * 100:.0f} %"
        return [(volume, "$foreground")] if short else [("vol ", "$quiet"), (volume, "$foreground")]
