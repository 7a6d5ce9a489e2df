"""What is asked of Ray, with a made-up one, and what is said where there is none or nobody answers."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from j2a import paths
from j2a.console import say
from j2a.errors import EngineError, ExitCode, UsageError
from j2a.folder.crew import LostError
from j2a.folder.hand import Hand
from j2a.folder.ray_cluster import connected
from j2a.folder.run import Settings


class RayError(Exception):
    """As in ``ray.exceptions``."""


class RayTaskError(RayError):
    """A method has raised."""


class RayActorError(RayError):
    """A process or a machine is lost."""

    actor_init_failed = False


class FakeActor:
    def __init__(self, made: FakeRay, cls: type) -> None:
        self._made = made
        self.cls = cls

    def options(self, **options: Any) -> FakeActor:
        self._made.options = options
        return self

    def remote(self, *arguments: Any) -> Any:
        called = types.SimpleNamespace(remote=lambda *given: ("load", given))
        return types.SimpleNamespace(arguments=arguments, load=called)


class FakeRay(types.ModuleType):
    """Prints as Ray does, and takes signals as Ray does."""

    close_head: Callable[[], None]

    def __init__(self) -> None:
        super().__init__("ray")
        self.exceptions = types.SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)
        self.options: dict[str, Any] = {}
        self.resources = {"CPU": 3.0, "memory": 1e9}
        self.killed: list[Any] = []
        self.refused: Exception | None = None
        self.is_up = False
        self.head = ""

    def get_runtime_context(self) -> Any:
        return types.SimpleNamespace(gcs_address=self.head)

    def init(self, **options: Any) -> None:
        self.asked = options
        if self.refused:
            raise self.refused
        self.is_up = True
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
        print("(raylet) A worker died.")

    def shutdown(self) -> None:
        self.is_up = False

    def remote(self, cls: type) -> FakeActor:
        return FakeActor(self, cls)

    def cluster_resources(self) -> dict[str, float]:
        return self.resources

    def wait(self, refs: list[Any], num_returns: int, timeout: float) -> tuple[list[Any], list[Any]]:
        assert 0 < num_returns <= len(refs)
        done = [ref for ref in refs if ref != "open"][:num_returns]
        return done, [ref for ref in refs if ref not in done]

    def get(self, ref: Any) -> Any:
        if isinstance(ref, Exception):
            raise ref
        return {"of": ref}

    def kill(self, actor: Any, no_restart: bool) -> None:
        assert no_restart
        self.killed.append(actor)


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRay]:
    made = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", made)
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as head:
        made.head = f"127.0.0.1:{head.getsockname()[1]}"
        made.close_head = head.close
        yield made


def test_engines_are_plain_actors_that_ray_neither_restarts_nor_retries(ray: FakeRay) -> None:
    with connected("auto", Settings(seed=3)) as cluster:
        assert cluster.room() == 3
        hand = cluster.hire(7)
        assert hand.arguments[0] == 7 and hand.arguments[1]["seed"] == 3 and hand.arguments[2] == "1"
        assert Hand(*hand.arguments)._settings == Settings(seed=3)
        assert cluster.ask(hand, "load", 1) == ("load", (1,))
        cluster.dismiss(hand)
    assert ray.options == {"num_cpus": 1, "num_gpus": 0, "max_restarts": 0, "max_task_retries": 0,
                           "scheduling_strategy": "SPREAD"}
    assert ray.killed == [hand]
    assert ray.asked["address"] == "auto" and ray.asked["log_to_driver"] is False
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert not ray.is_up


@pytest.mark.parametrize(("backbone", "room"), [("mini", 16), ("http://localhost:1/v1", 16), ("7b", 2)])
def test_large_models_have_a_gpu_each_where_there_are_some(ray: FakeRay, backbone: str, room: int) -> None:
    ray.resources = {"CPU": 16.0, "GPU": 2.0}
    with connected("auto", Settings(backbone=backbone)) as cluster:
        assert cluster.room() == room
    assert ray.options["num_gpus"] == (backbone == "7b")


def test_all_that_is_answered_is_taken_at_once(ray: FakeRay, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    with connected("auto", Settings()) as cluster:
        assert cluster.ready(["a", "open", "b"], 1.0) == ["a", "b"]
        assert cluster.ready(["open"], 1.0) == []
        assert slept == []
        assert cluster.ready([], 1.0) == []
    assert slept == [1.0]


def test_a_cluster_without_its_head_ends_the_run_in_words(ray: FakeRay) -> None:
    with connected("auto", Settings()) as cluster:
        assert cluster.room() == 3
        ray.close_head()
        ray.resources = {}  # would be waited for
        assert cluster.room() == 3
        with pytest.raises(EngineError, match=r"The cluster is lost: .*--resume"):
            cluster.room()


def test_losses_are_told_from_what_cannot_be_made(ray: FakeRay) -> None:
    never = RayActorError("The actor died because of an error\n  No module named 'j2a'\n")
    never.actor_init_failed = True
    with connected("auto", Settings()) as cluster:
        assert cluster.answer("a") == {"of": "a"}
        for error, hopeless in ((RayActorError("It is unavailable."), False), (RayError("System error"), False),
                                (never, True), (RayTaskError("trace\nValueError: x"), True)):
            with pytest.raises(LostError) as lost:
                cluster.answer(error)
            assert lost.value.hopeless is hopeless
    assert str(lost.value) == "ValueError: x."


def test_what_ray_prints_does_not_stand_among_the_results(
    ray: FakeRay, capsys: pytest.CaptureFixture[str], j2a_home: Path
) -> None:
    with connected("auto", Settings()):
        say("ours")
        print("(raylet) another")
    say("ours, too")
    assert capsys.readouterr().out == "ours\nours, too\n"
    assert "(raylet) A worker died." in (paths.log_dir() / "caption-ray.log").read_text()


def test_signals_do_what_they_did_while_and_after_ray_is_there(ray: FakeRay, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    def wait(refs: list[Any], num_returns: int, timeout: float) -> Any:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            return [], refs
        except SystemExit:
            raise SystemExit(1) from None  # as Ray does

    monkeypatch.setattr(ray, "wait", wait)
    was = signal.signal(signal.SIGTERM, leave)
    try:
        with pytest.raises(SystemExit) as left, connected("auto", Settings()) as cluster:
            cluster.ready(["open"], 1.0)
        assert left.value.code == 128 + signal.SIGTERM
        assert not ray.is_up
        assert signal.getsignal(signal.SIGTERM) is leave
        ray.refused = ConnectionError("no")
        with pytest.raises(UsageError), connected("auto", Settings()):
            pass
        assert signal.getsignal(signal.SIGTERM) is leave
    finally:
        signal.signal(signal.SIGTERM, was)


def test_another_thread_than_the_main_one_may_use_a_cluster(ray: FakeRay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "init", lambda **options: None)  # Ray leaves signals alone there, too
    found: list[int] = []

    def use() -> None:
        with connected("auto", Settings()) as cluster:
            found.append(cluster.room())

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert found == [3]


@pytest.mark.parametrize("address", ["ray://10.0.0.1:10001", "nonsense", "host:", ":6379", "host:99999", "host:６", ""])
def test_what_is_no_address_is_refused(ray: FakeRay, address: str) -> None:
    with pytest.raises(UsageError) as refused, connected(address, Settings()):
        pass
    assert refused.value.exit_code == ExitCode.USAGE
    assert "\n" not in str(refused.value)


def test_where_nobody_answers_is_found_out_before_ray_is_asked(ray: FakeRay) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]  # bound, and nobody listens
        asked = f"127.0.0.1:{port}"
        with pytest.raises(UsageError, match=f"nobody answers at {asked}"), connected(asked, Settings()):
            pass
    assert not hasattr(ray, "asked")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionError("Failed to connect to Ray cluster at x"), "RAY_AUTH_TOKEN"),
        (RuntimeError("Version mismatch:\nPython 3.11.7 and 3.11.9"), "Python 3.11.7 and 3.11.9. Every machine needs"),
    ],
)
def test_a_cluster_that_lets_nobody_in_is_told_in_a_paragraph(ray: FakeRay, error: Exception, said: str) -> None:
    ray.refused = error
    with pytest.raises(UsageError) as refused, connected(ray.head, Settings()):
        pass
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_without_ray_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r'pip install "j2a\[ray\]"'), connected("auto", Settings()):
        pass
