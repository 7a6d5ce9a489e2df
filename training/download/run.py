"""``j2a-train download``: several clips at once, each tried again where that helps, all told to the status file.

The calling thread alone writes; the others fetch and cut, and hand over what became of a clip.
"""

from __future__ import annotations

import queue
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from j2a.errors import J2AError
from j2a.library import AUDIO_SUFFIXES
from j2a.printable import printable
from training.datasets.entry import Entry
from training.datasets.published import audio_path
from training.download.fetch import Fetcher
from training.download.folder import StatusFile
from training.download.outcome import GONE, NOT_OF_THE_CLIP, PASSING, UNWELCOME, NotHere, Reason
from training.download.pace import Pace
from training.download.section import cut, is_section
from training.download.settings import DownloadSettings
from training.ground.log import progress

_WORK = ".work"  # of downloads under way
_LEAVE_S = 5.0  # how long to wait for threads that are told to stop


@dataclass(frozen=True, slots=True)
class _Done:
    recording: str
    reason: Reason | None
    message: str
    tries: int


def run(entries: Sequence[Entry], folder: Path, settings: DownloadSettings, status: StatusFile) -> None:
    """Bring the audio of one data set into ``folder``; clips that are there, or gone for good, are left out.

    Raises ``J2AError`` when we are not wanted there (what came is kept, and running it again goes on), or the disk
    is full. On ``KeyboardInterrupt`` downloads under way are given up.
    """
    wanted = [entry for entry in entries if _is_wanted(entry, folder, settings, status)]
    stop = threading.Event()
    try:
        shutil.rmtree(folder / _WORK, ignore_errors=True)
        (folder / _WORK).mkdir(parents=True)
        audio_path(folder, "").parent.mkdir(exist_ok=True)
        bring = _Bring(folder, settings, stop)
        threads = [threading.Thread(target=bring.work, daemon=True) for _ in range(min(settings.workers, len(wanted)))]
        for entry in wanted:
            bring.waiting.put(entry)
        for thread in threads:
            thread.start()
        try:
            for done in progress(bring.results(len(wanted)), len(entries), "download", len(entries) - len(wanted)):
                status.tell(done.recording, done.reason, done.message, done.tries)
        finally:
            stop.set()
            for thread in threads:
                thread.join(_LEAVE_S)
            for done in bring.late():
                status.tell(done.recording, done.reason, done.message, done.tries)
    except OSError as error:
        raise J2AError(
            f"{folder} cannot be written: {error.strerror or error}.",
            "Make room there, or choose another folder; what came is kept.",
            title="Cannot download",
        ) from error
    finally:
        shutil.rmtree(folder / _WORK, ignore_errors=True)


def _is_wanted(entry: Entry, folder: Path, settings: DownloadSettings, status: StatusFile) -> bool:
    known = status.known.get(entry.recording)
    if known is None:
        return True
    if known.reason is None:
        return not audio_path(folder, entry.recording).exists()
    return settings.retry_gone or settings.local is not None or known.reason not in GONE


class _Bring:
    """What the threads share, and what each of them does."""

    def __init__(self, folder: Path, settings: DownloadSettings, stop: threading.Event) -> None:
        self.waiting: queue.SimpleQueue[Entry] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[_Done | Exception] = queue.SimpleQueue()
        self._telling = threading.Lock()
        self._in_vain = 0  # so many in a row
        self._folder, self._settings, self._stop = folder, settings, stop
        self._pace = Pace(settings.pause_s, stop)
        self._fetcher = None if settings.local else Fetcher(settings, stop)
        self._local = _by_id(settings.local.expanduser()) if settings.local else {}

    def work(self) -> None:
        """Bring clips until none is waiting or all is to stop."""
        while not self._stop.is_set():
            try:
                entry = self.waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done = self._bring(entry)
            except Exception as error:  # noqa: BLE001 - the calling thread raises it
                self._done.put(error)
                return
            if done is not None:
                self._tell(done)

    def results(self, wanted: int) -> Iterator[_Done]:
        """What became of each clip, as it is known. Raises what went wrong in a thread."""
        for _ in range(wanted):
            done = self._done.get()
            if isinstance(done, Exception):
                raise done
            yield done

    def late(self) -> Iterator[_Done]:
        """What was known only when nobody waited for it any more."""
        while not self._done.empty():
            done = self._done.get()
            if isinstance(done, _Done):
                yield done

    def _tell(self, done: _Done) -> None:
        with self._telling:
            if self._stop.is_set() and done.reason is not None:
                return  # others were told no before; it can be asked for again
            self._done.put(done)
            self._in_vain = self._in_vain + 1 if done.reason in NOT_OF_THE_CLIP else 0
            if done.reason is Reason.BLOCKED or self._in_vain >= self._settings.stop_after:
                self._stop.set()  # here, so that not one more is asked for
                self._done.put(_no_more(done, self._in_vain))

    def _bring(self, entry: Entry) -> _Done | None:
        """Try until it is here or nothing helps; ``None`` when all was told to stop meanwhile."""
        for tries in range(1, self._settings.retries + 2):
            try:
                self._once(entry)
            except NotHere as outcome:
                if self._stop.is_set():
                    return None
                if outcome.reason not in PASSING or tries > self._settings.retries or self._settings.local:
                    return _Done(entry.recording, outcome.reason, outcome.message, tries)
                wait_s = self._settings.backoff_s * 2 ** (tries - 1)
                if outcome.reason in UNWELCOME:
                    self._pace.hold(wait_s)  # everybody
                else:
                    self._stop.wait(wait_s)
            else:
                return _Done(entry.recording, None, "", tries)
        return None

    def _once(self, entry: Entry) -> None:
        out = audio_path(self._folder, entry.recording)
        if self._fetcher is None:
            audio = self._local.get(entry.recording)
            if audio is None:
                raise NotHere(Reason.NOT_LOCAL, f"no file of this name in {self._settings.local}")
            _cut(audio, entry, out, is_section(audio, entry.start_s, entry.end_s))
            return
        self._pace.wait()
        if self._stop.is_set():
            raise NotHere(Reason.OTHER, "stopped")
        with tempfile.TemporaryDirectory(dir=self._folder / _WORK) as folder:
            audio = self._fetcher.fetch(entry.recording, (entry.start_s, entry.end_s), Path(folder))
            _cut(audio, entry, out, self._fetcher.by_section)


def _no_more(last: _Done, in_vain: int) -> J2AError:
    if last.reason in UNWELCOME:
        return J2AError(
            f"the server wants no more requests from here: {printable(last.message)}.",
            "Wait some hours, or use --cookies or another network; then run it again with a longer --pause-s: it goes "
            "on where it stopped.",
            title="Blocked",
        )
    return J2AError(
        f"{in_vain} clips in a row did not come, the last one because: {printable(last.message)}.",
        "Mend that (with what fails at YouTube, a newer yt-dlp often helps), then run it again: it goes on where it "
        "stopped.",
        title="Cannot go on",
    )


def _cut(audio: Path, entry: Entry, out: Path, from_its_start: bool) -> None:
    start_s = 0.0 if from_its_start else entry.start_s
    cut(audio, start_s, None if entry.end_s is None else start_s + entry.end_s - entry.start_s, out)


def _by_id(folder: Path) -> dict[str, Path]:
    """The audio files of a folder and those below, by their names without the suffix."""
    if not folder.is_dir():
        raise J2AError(f"{folder} is no folder.", "Give the folder of your audio as --local.", title="No audio")
    suffixes = AUDIO_SUFFIXES | {".webm", ".mp4"}  # as yt-dlp leaves them
    return {path.stem: path for path in sorted(folder.rglob("*")) if path.suffix.lower() in suffixes and path.is_file()}
