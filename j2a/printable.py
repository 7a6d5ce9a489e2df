"""Untrusted text, such as file names, tags and what a model wrote, made fit for terminals and for captions."""

from __future__ import annotations

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class _Table(dict[int, str]):
    """For ``str.translate``. Surrogates, which are bytes that are not UTF-8 as Python decodes them, are replaced."""

    def __missing__(self, code: int) -> str:
        if 0xD800 <= code < 0xE000:
            return _REPLACEMENT
        raise LookupError(code)  # stays as it is


_TABLE = _Table({code: chr(0x2400 + code) for code in range(0x20)})  # control characters as their pictures: "\n" is "␊"
_TABLE[0x7F] = "\N{SYMBOL FOR DELETE}"
_TABLE.update(dict.fromkeys(range(0x80, 0xA0), _REPLACEMENT))
_TABLE.update(dict.fromkeys((0x2028, 0x2029), "\N{SYMBOL FOR NEWLINE}"))
# Marks that reverse the text after them could show "gpm.exe" as "exe.mpg". The joiners that emoji need stay.
_TABLE.update(dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), ""))


def printable(text: str) -> str:
    """``text`` on one line and without anything that a terminal would act on. Markup is the caller's to switch off."""
    return text if text.isprintable() else text.translate(_TABLE)


def printable_lines(text: str) -> str:
    """As :func:`printable`, with its line feeds."""
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))


_IN_TEXT = _Table({code: place for code, place in _TABLE.items() if code >= 0x7F})  # marks go
_IN_TEXT.update(dict.fromkeys((*range(0x20), 0x85, 0x2028, 0x2029), " "))  # what may have parted two words
_IN_TEXT.update(dict.fromkeys((0x00, 0x07, 0x08, 0x1B, *range(0x7F, 0x85), *range(0x86, 0xA0)), ""))
_IN_LINES = _Table({code: place for code, place in _IN_TEXT.items() if code != 0x0A})


def one_paragraph(text: str) -> str:
    """``text`` without control characters and without marks that turn the text behind them; lines become one."""
    return text if text.isprintable() else _paired(text).translate(_IN_TEXT)


def several_lines(text: str) -> str:
    """As :func:`one_paragraph`, with its line feeds. A carriage return before one goes."""
    return text if text.isprintable() else _paired(text).replace("\r\n", "\n").translate(_IN_LINES)


def _paired(text: str) -> str:
    """Halves of surrogate pairs put together; what has no other half has no UTF-8 form and becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
