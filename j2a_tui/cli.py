"""``j2a-tui``: the app, or plain lines where there is no terminal."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from j2a import paths
from j2a.backbone import BUILT_IN, DEFAULT_VERSION, backbone_of, version_of
from j2a.ending import ended_in_words, native_noise_unheard, on_signals
from j2a.errors import ExitCode, J2AError, UsageError
from j2a.printable import printable
from j2a_tui.completion import ShowCompletion

TERMINAL_GONE_S = 1.0  # how often the terminal is looked for


class _Parser(argparse.ArgumentParser):
    """What is wrong with a command line in words that say what to do."""

    def error(self, message: str) -> NoReturn:
        message = re.sub(r"(?s)^unrecognized arguments: (-.*)$", r"There is no option \1.", message)
        message = re.sub(r"(?s)^unrecognized arguments: (.*)$", r"More was given than it takes: \1.", message)
        message = re.sub(r"^argument (\S+): expected one argument$", r"\1 needs a value behind it.", message)
        message = f"{message} `{self.prog} --help` says what can be given; a name with spaces wants quotes around it."
        self.exit(int(ExitCode.USAGE), f"Cannot do that: {printable(message)}\n")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    # argparse, because importing typer would be a tenth of the time to the first picture.
    parser = _Parser(
        prog="j2a-tui",
        description="Browse a music folder, listen, and caption it. Without a terminal: describe its files in lines.",
    )
    parser.add_argument("folder", nargs="?", type=Path,
                        help="a folder with music, or a file in it to begin with; default: this one")
    parser.add_argument("--demo", action="store_true", help="open the clips that come with J2A")
    parser.add_argument("--version", default="",
                        help=f"J2A version; v in the app chooses another (the one used last, else {DEFAULT_VERSION})")
    parser.add_argument("--backbone", default="",
                        help=f"{BUILT_IN}, 7b, a model folder, or a hub id that was downloaded "
                        f"(the one used last, else {BUILT_IN})")
    parser.add_argument("--llm-url", metavar="URL",
                        help="an OpenAI-compatible server that writes in place of a backbone (J2A-1.0), such as "
                        "http://localhost:11434/v1; its key, if it wants one, in the environment: J2A_LLM_KEY")
    parser.add_argument("--llm-model", default="", metavar="NAME",
                        help="which of the server's models; default: its first")
    parser.add_argument("--listen", action="store_true",
                        help="send the clip itself to the server: for models that take sound (docs/servers.md)")
    parser.add_argument("--correct-figures", action="store_true",
                        help="put what was measured in place of a wrong tempo, key, meter or chord; both are kept")
    parser.add_argument("--no-figures", action="store_true",
                        help="captions without BPM, meter, key and chords (1.0 and 3.0); F in the app changes it")
    parser.add_argument("--plain", action="store_true",
                        help="describe the files in plain lines, as without a terminal")
    parser.add_argument("--show-completion", action=ShowCompletion,
                        help="print what completes this command in bash, zsh or fish, and leave")
    return parser.parse_args(arguments)


class _How(NamedTuple):
    """How captions are written."""

    version: str
    backbone: str
    correct_figures: bool
    figures: bool
    plain: bool


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line; returns the exit code. The app itself leaves the process when it ends."""
    asked = _arguments(arguments)
    try:
        backbone = backbone_of(asked.backbone or BUILT_IN, asked.llm_url, asked.llm_model)
        version = version_of(asked.version, backbone, asked.listen)
        folder, first = _folder(asked.folder, asked.demo)
        as_last = not (asked.version or asked.backbone or asked.llm_url or asked.listen)
        how = _How("" if as_last else version, backbone, asked.correct_figures, not asked.no_figures, asked.plain)
        return _run(folder, first, how)
    except J2AError as error:
        sys.stderr.write(f"{printable(str(error))}\n")
        return int(error.exit_code)
    except BrokenPipeError:
        # The reader of our lines (head, less) has seen enough; Python must not try to flush the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.OK)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return int(ExitCode.INTERRUPTED)
    except OSError as error:
        from j2a.console import of_the_system

        sys.stderr.write(f"{printable(str(of_the_system(error)))}\n")
        return int(ExitCode.FAILED)


def _folder(named: Path | None, demo: bool) -> tuple[Path, Path | None]:
    """The folder to open, and the file to begin with, if one was named."""
    if demo:
        from j2a_tui.demo import unpacked

        if named is not None:
            raise UsageError("--demo opens its own clips, so no folder can be named.", "Leave out one of the two.")
        return unpacked(), None
    folder = (named or Path()).expanduser()
    if folder.is_file():
        from j2a.library import AUDIO_SUFFIXES

        if folder.suffix.lower() not in AUDIO_SUFFIXES:
            raise UsageError(f"{folder} is neither a folder nor a music file.", "Name a folder with music.")
        file = paths.real_file(folder)
        return file.parent, file
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise UsageError(f"{folder} {what}.", "Name a folder with music: j2a-tui [FOLDER], or try j2a-tui --demo.")
    return paths.real_folder(folder), None


def _run(folder: Path, first: Path | None, how: _How) -> int:
    """Plain lines return their exit code; the app leaves the process by itself. No version: the one used last."""
    why = "" if how.plain else _why_no_app()
    if how.plain or why:
        from j2a_tui.plain import describe_folder

        if why:
            sys.stderr.write(f"{why}, so no app: describing the files in plain lines.\n")
        native_noise_unheard()
        version = version_of(how.version, how.backbone)
        return int(describe_folder(folder, version, how.backbone, how.correct_figures, how.figures))
    gc.disable()  # nothing of what is imported now is garbage; looking for it takes time before the first picture
    import_asyncio_without_ssl()
    from j2a_tui.app import J2AApp

    threading.Thread(target=_end_with_the_terminal, args=(sys.stdin.fileno(),), name="terminal", daemon=True).start()
    with native_noise_in_log():
        desk = J2AApp(
            folder, how.version, how.backbone, correct_figures=how.correct_figures, figures=how.figures, first=first,
            when_listed=collect_garbage_of_now_on,
        )
        on_signals(desk.end_by_signal, interrupt=True)
        desk.run()
    # Everything is saved and closed. Python would take longer to take its modules apart than we promise for leaving.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(desk.return_code or 0)


def _why_no_app() -> str:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return "No terminal here"
    return "This terminal shows lines only (TERM=dumb)" if os.environ.get("TERM") == "dumb" else ""


def _end_with_the_terminal(terminal: int) -> None:
    """A window that is closed tells the first program in it, and make does not pass it on: the app would go on unseen.

    Every edit is on the disk already, and the engine ends when its pipe closes.
    """
    while os.isatty(terminal):
        time.sleep(TERMINAL_GONE_S)
    os.kill(os.getpid(), signal.SIGTERM)


def import_asyncio_without_ssl() -> None:
    """The app's loop opens no connection: OpenSSL would be 10 ms before the first picture, and 1.5 MB.

    Whoever imports ``ssl`` itself has it all the same.
    """
    if "asyncio" in sys.modules or "ssl" in sys.modules:
        return
    sys.modules["ssl"] = None  # type: ignore[assignment]
    try:
        import asyncio  # noqa: F401
    finally:
        del sys.modules["ssl"]


def collect_garbage_of_now_on() -> None:
    """Modules and files stay to the end: looking through 50,000 of them held up the screen for a fifth of a second."""
    gc.freeze()
    gc.enable()


@contextlib.contextmanager
def native_noise_in_log() -> Iterator[None]:
    """Native libraries write to file descriptor 2, where the screen is drawn: send that to the app's log.

    Textual and tracebacks keep the terminal, through ``sys.stderr`` and ``sys.__stderr__``. Where standard error was
    sent to a file, the screen is drawn on standard output.
    """
    log_path = paths.app_log_path()
    try:
        log = paths.private_file(log_path)
    except OSError:
        log = Path(os.devnull).open("wb")  # noqa: SIM115 - closed below
    python_stderr, real_stderr = sys.stderr, sys.__stderr__
    real_fd, drawn_fd = os.dup(2), 1 if os.isatty(1) and not os.isatty(2) else 2
    terminal = os.fdopen(os.dup(drawn_fd), "w", encoding="utf-8", errors="replace", buffering=1)
    with log:
        os.dup2(log.fileno(), 2)
    sys.stderr = sys.__stderr__ = terminal  # type: ignore[misc]
    try:
        yield
    finally:
        terminal.flush()
        os.dup2(real_fd, 2)
        os.close(real_fd)
        sys.stderr, sys.__stderr__ = python_stderr, real_stderr  # type: ignore[misc]


def main() -> None:
    """Entry point of ``j2a-tui``."""
    with ended_in_words():
        sys.exit(run())


if __name__ == "__main__":
    main()
