"""Untrusted text, such as file names and tags, made fit for one line of a terminal."""

from __future__ import annotations

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_TABLE = {code: chr(0x2400 + code) for code in range(0x20)}  # control characters as their pictures: "\n" is "␊"
_TABLE[0x7F] = "\N{SYMBOL FOR DELETE}"
_TABLE.update(dict.fromkeys(range(0x80, 0xA0), _REPLACEMENT))
_TABLE.update(dict.fromkeys(range(0xD800, 0xE000), _REPLACEMENT))  # bytes that are not UTF-8, as Python decodes them
_TABLE.update(dict.fromkeys((0x2028, 0x2029), "\N{SYMBOL FOR NEWLINE}"))
# Marks that reverse the text after them could show "gpm.exe" as "exe.mpg". The joiners that emoji need stay.
_TABLE.update(dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), ""))


def printable(text: str) -> str:
    """``text`` on one line and without anything that a terminal would act on. Markup is the caller's to switch off."""
    return text if text.isprintable() else text.translate(_TABLE)
