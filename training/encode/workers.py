"""Works on many clips in several processes and keeps the results as shards, whatever happens on the way."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from j2a.clip import Clip
from j2a.errors import AudioError, J2AError
from training.datasets.shards import Value, write_shard
from training.ground.log import progress
from training.ground.signals import on_stop

Work = Callable[[Clip], Value]  # raises AudioError
Prepare = Callable[[], Work]  # loads what the work needs, in the process that does it; can be pickled
Outcome = tuple[str, str]  # a clip's key, and why nothing came of it, or ""
Batch = Sequence[tuple[str, Clip]]


def make_shards(
    store: Path, clips: Mapping[str, Clip], prepare: Prepare, processes: int, shard_clips: int
) -> dict[str, str]:
    """Work on key -> clip, and write the results; key -> reason for those of which nothing came.

    Raises ``J2AError`` when the disk is full or a process dies, ``KeyboardInterrupt`` after SIGINT or SIGTERM. The
    shards that were begun are written in both cases, as far as they came.
    """
    pairs = list(clips.items())
    batches = [pairs[start : start + shard_clips] for start in range(0, len(pairs), shard_clips)]
    make = _make_here if min(processes, len(batches)) <= 1 else _make_in_processes
    outcomes = make(store, batches, prepare, min(processes, len(batches)))
    try:
        return {key: reason for key, reason in progress(outcomes, len(pairs), store.name) if reason}
    except OSError as error:
        raise cannot_write(store, error) from error
    except BrokenProcessPool as error:
        raise J2AError(
            "a process that worked on clips was ended from outside, perhaps for want of memory.",
            "Run the command again with fewer --workers: what was finished is kept.",
            title="Encoding stopped",
        ) from error


def cannot_write(store: Path, error: OSError) -> J2AError:
    """The error for a full disk and the like."""
    return J2AError(
        f"{store} cannot be written: {error.strerror or error}.",
        "Make room (--pool needs least), then run the command again: the shards that are finished are kept.",
        title="Encoding stopped",
    )


def _make_here(store: Path, batches: Sequence[Batch], prepare: Prepare, processes: int) -> Iterator[Outcome]:
    stopped: list[bool] = []
    with on_stop(lambda: stopped.append(True)):
        work = prepare() if batches else None
        for batch in batches:
            assert work is not None
            yield from _make_shard(store, batch, work, lambda: bool(stopped))
            if stopped:
                raise KeyboardInterrupt


def _make_in_processes(store: Path, batches: Sequence[Batch], prepare: Prepare, processes: int) -> Iterator[Outcome]:
    context = multiprocessing.get_context("spawn")  # a fork of a process that has threads may hang
    event = context.Event()
    stopped: list[bool] = []

    def stop() -> None:
        stopped.append(True)
        event.set()

    pool = ProcessPoolExecutor(processes, context, _start, (prepare, event, processes))
    try:
        with on_stop(stop):
            futures = [pool.submit(_make_shard_there, store, batch) for batch in batches]
            for future in as_completed(futures):
                yield from future.result()
    finally:
        event.set()
        pool.shutdown(cancel_futures=True)
    if stopped:
        raise KeyboardInterrupt


def _make_shard(store: Path, batch: Batch, work: Work, stopped: Callable[[], bool]) -> list[Outcome]:
    values: dict[str, Value] = {}
    outcomes = []
    for key, clip in batch:
        if stopped():
            break
        try:
            values[key] = work(clip)
            outcomes.append((key, ""))
        except AudioError as error:
            outcomes.append((key, error.message))
    if values:
        write_shard(store, values)
    return outcomes


class _Here:
    """What a worker process has."""

    work: Work
    stop: Any  # an event of multiprocessing


def _start(prepare: Prepare, stop: Any, processes: int) -> None:
    import torch

    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent says when to stop
    torch.set_num_threads(max(1, min(torch.get_num_threads(), (os.cpu_count() or 1) // processes)))
    _Here.work, _Here.stop = prepare(), stop


def _end_with_parent() -> None:
    """Leave when the parent was killed: nobody would ever say so."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _make_shard_there(store: Path, batch: Batch) -> list[Outcome]:
    return _make_shard(store, batch, _Here.work, _Here.stop.is_set)
