"""Machines joined by Ray: it finds them, starts a process for each engine, carries calls, and tells which are lost.

Nothing else is Ray's: restarts and retries by it would wait for room that may never come, and may do work twice.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from types import FrameType
from typing import Any

from j2a import paths
from j2a.backbone import BUILT_IN, is_server
from j2a.console import results_apart
from j2a.ending import SIGNALS
from j2a.errors import EngineError, UsageError
from j2a.extras import install
from j2a.folder.crew import GO_ON, LostError
from j2a.folder.hand import Hand
from j2a.folder.run import Settings

AUTO = "auto"  # the cluster that this machine belongs to
_REACHED_S = 3.0  # Ray itself tries a closed port for more than a minute
_LOST_AFTER = 2  # looks
_START = "Start it with `ray start --head` there, and join this machine to it: `ray start --address=HOST:6379`."


class RayCluster:
    """The :class:`~j2a.folder.crew.Cluster` of a program that is connected to Ray."""

    def __init__(self, ray: Any, settings: Settings) -> None:
        self._ray = ray
        self._settings = asdict(settings)
        self._threads = os.environ.get("OMP_NUM_THREADS", "1")  # as an engine of this machine would have it
        large = settings.backbone != BUILT_IN and not is_server(settings.backbone)
        self._head = ray.get_runtime_context().gcs_address
        self._silent = self._room = 0  # looks in a row at which the head did not answer; what there was room for
        self._on_gpus = large and self._resources().get("GPU", 0) >= 1
        self._actor = ray.remote(Hand).options(
            num_cpus=1, num_gpus=int(self._on_gpus), max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD"
        )

    def room(self) -> int:
        """A processor each; of large models a GPU each, where there are some. Raises ``EngineError`` where the head of
        the cluster is lost: Ray would wait for it, and then end this program without a word."""
        self._silent = 0 if _why_silent(self._head) is None else self._silent + 1
        if self._silent >= _LOST_AFTER:
            raise EngineError(f"the head of the Ray cluster ({self._head}) does not answer any more.", GO_ON,
                              title="The cluster is lost")
        if not self._silent:
            self._room = int(self._resources().get("GPU" if self._on_gpus else "CPU", 0))
        return self._room

    def hire(self, number: int) -> Any:
        """As of ``Cluster``."""
        return self._actor.remote(number, self._settings, self._threads)

    def ask(self, hand: Any, what: str, *arguments: Any) -> Any:
        """As of ``Cluster``."""
        return getattr(hand, what).remote(*arguments)

    def ready(self, asked: Sequence[Any], timeout_s: float) -> Sequence[Any]:
        """As of ``Cluster``."""
        if not asked:
            time.sleep(timeout_s)
            return []
        first, rest = self._ray.wait(list(asked), num_returns=1, timeout=timeout_s)
        more = self._ray.wait(rest, num_returns=len(rest), timeout=0)[0] if first and rest else []
        return [*first, *more]

    def answer(self, asked: Any) -> dict[str, Any]:
        """As of ``Cluster``."""
        errors = self._ray.exceptions
        try:
            answer: dict[str, Any] = self._ray.get(asked)
        except errors.RayTaskError as error:  # what our own code raised there
            raise LostError(_last_line(error), hopeless=True) from error
        except errors.RayError as error:  # first of all ActorUnavailableError: the machine is not known as dead yet
            hopeless = bool(getattr(error, "actor_init_failed", False))
            raise LostError(_last_line(error), hopeless=hopeless) from error
        return answer

    def dismiss(self, hand: Any) -> None:
        """As of ``Cluster``."""
        self._ray.kill(hand, no_restart=True)

    def _resources(self) -> dict[str, float]:
        found: dict[str, float] = self._ray.cluster_resources()
        return found


@contextlib.contextmanager
def connected(address: str, settings: Settings) -> Iterator[RayCluster]:
    """The cluster at ``HOST:PORT``, or with ``AUTO`` the one that this machine belongs to; its engines end with it.

    Raises ``UsageError`` for an address that cannot be one, where Ray is missing, and where nobody answers there or
    lets us in. What Ray prints goes into a log: it writes to standard output whenever a machine is lost.
    """
    _check(address)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with _log() as log, results_apart(log), _signals_ours() as take_back:
        ray = _ray()
        try:
            _join(ray, address)
            take_back()
            yield RayCluster(ray, settings)
        finally:
            ray.shutdown()


@contextlib.contextmanager
def _signals_ours() -> Iterator[Callable[[], None]]:
    """Signals do what they did before, once what this gives was called, though Ray has handlers of its own, and makes
    exit code 1 of every ``SystemExit`` that is raised while it waits. Other threads than the main one have none."""
    ours = threading.current_thread() is threading.main_thread()
    before = {one: signal.getsignal(one) for one in (*SIGNALS, signal.SIGINT) if ours}
    told: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        told.append(number)
        raise KeyboardInterrupt  # which it lets through

    def take_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handle if callable(handler) and number != signal.SIGINT else handler)

    try:
        yield take_back
    except KeyboardInterrupt:
        handler = before[told[0]] if told else None
        if callable(handler):
            handler(told[0], None)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _check(address: str) -> None:
    """Raise ``UsageError`` for an address at which nobody can be."""
    if "://" in address:
        raise UsageError(
            f"--ray {address}: Ray's client is not used.",
            "Join this machine to the cluster (ray start --address=HOST:6379), and give --ray auto.",
        )
    if address == AUTO:
        return
    host, colon, port = address.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError(f"--ray {address} is no address.", "Give HOST:PORT, such as 192.168.1.5:6379, or auto.")
    if why := _why_silent(address):
        raise UsageError(f"nobody answers at {address} ({why}).", f"Is the cluster up? {_START}")


def _why_silent(address: str) -> str | None:
    """Why nobody can be reached at ``HOST:PORT``; ``None`` when somebody can."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_REACHED_S).close()
    except OSError as error:
        return error.strerror or str(error) or type(error).__name__
    return None


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        hint = f"Install it on every machine; here: {install('ray')}"
        raise UsageError("--ray needs Ray, which is not here.", hint) from error
    return ray


def _join(ray: Any, address: str) -> None:
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except ConnectionError as error:
        if address == AUTO:
            raise UsageError("this machine belongs to no Ray cluster.", _START) from error
        raise UsageError(
            f"the Ray cluster at {address} does not let this machine in: {_last_line(error)}",
            "Join this machine to it (ray start --address=HOST:6379). If it asks for a token, this command needs the "
            "same: RAY_AUTH_MODE=token and RAY_AUTH_TOKEN, or the file ~/.ray/auth_token.",
        ) from error
    except (RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
        raise UsageError(
            f"the Ray cluster at {address} cannot be joined: {_last_line(error)}",
            "Every machine needs the same Python, to the last digit, and the same Ray.",
        ) from error


@contextlib.contextmanager
def _log() -> Iterator[Any]:
    """Where Ray's own words go."""
    path = paths.log_dir() / "caption-ray.log"
    try:
        binary = paths.private_file(path)
    except OSError:
        binary = open(os.devnull, "wb")  # noqa: PTH123, SIM115 - closed below
    with binary, open(binary.fileno(), "w", encoding="utf-8", errors="replace", closefd=False) as text:
        yield text


def _last_line(error: BaseException) -> str:
    """What Ray says at the end of its stack traces, or of its explanations."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__).rstrip(".") + "."


