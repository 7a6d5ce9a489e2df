"""Which output devices there are, and what to say where there is none. ``backend`` is the sounddevice module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from j2a_tui.bindings import with_keys
from j2a_tui.player_thread import NoSoundError

NO_PORTAUDIO = (
    "No sound: the sound library PortAudio is not installed. Install it with `apt install libportaudio2` (Debian, "
    "Ubuntu), `dnf install portaudio` (Fedora) or `brew install portaudio` (macOS), then start again."
)
NO_DEVICE = (
    "No sound: no output device was found. With PulseAudio or PipeWire install `libasound2-plugins` (Debian, Ubuntu) "
    "or `alsa-plugins-pulseaudio` (Fedora), then play again."
)
REFUSED = (
    "No sound: the output device does not play. Another program may hold it: close that one or choose another device, "
    "then play again."
)
HUNG = "No sound: the output device stopped answering. Check it, then play again."
LOST = "No sound: the output device went away."
GONE = "No sound: there is no output device {}."
WHAT_NOW = " {device} chooses another one; or plug it in and play again."  # with the keys that actions have


def check_device(backend: Any, name: str = "") -> dict[str, Any]:
    """What PortAudio says about an output device, the default one or one by its name.

    Raises ``NoSoundError`` when there is none.
    """
    try:
        return _device(backend, name)
    except (backend.PortAudioError, ValueError):
        pass
    try:
        _look_again(backend)
        return _device(backend, name)
    except (backend.PortAudioError, ValueError) as error:
        raise NoSoundError(GONE.format(name) + with_keys(WHAT_NOW) if name else NO_DEVICE) from error


def device_names(backend: Any, *, anew: bool) -> list[str]:
    """The output devices. ``anew``: also those plugged in since the beginning; for that nothing may be playing.

    Raises ``NoSoundError`` when they cannot be asked for.
    """
    try:
        if anew:
            _look_again(backend)
        return [name for name, _ in _outputs(backend)]
    except (backend.PortAudioError, ValueError) as error:
        raise NoSoundError(NO_DEVICE) from error


def _device(backend: Any, name: str) -> dict[str, Any]:
    if not name:
        return dict(backend.query_devices(kind="output"))
    for other, device in _outputs(backend):
        if other == name:
            return device
    raise ValueError(name)


def _outputs(backend: Any) -> list[tuple[str, dict[str, Any]]]:
    """Each output device and its name, which says through which system it is reached where there are several."""
    systems: Sequence[dict[str, Any]] = backend.query_hostapis()
    devices = [dict(device) for device in backend.query_devices() if device["max_output_channels"] > 0]
    several = len({device["hostapi"] for device in devices}) > 1
    return [
        (f"{device['name']} ({systems[device['hostapi']]['name']})" if several else str(device["name"]), device)
        for device in devices
    ]


def _look_again(backend: Any) -> None:
    """PortAudio lists the devices once, when it is loaded."""
    backend._terminate()
    backend._initialize()
