"""What is printed cannot steer a terminal, is what it says it is, and keeps secrets."""

from __future__ import annotations

import io
import json
import os
import sys

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from j2a.caption import Caption
from j2a.console import errors_shown, narrate, print_json, say
from j2a.errors import J2AError
from j2a.printable import one_paragraph, several_lines

STEERING = "\x1b[31m \x9b31m \x07 \x7f \u202e \u2066 \u200f \u061c \u2028 \udce9 \r"
FORBIDDEN = {
    *map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)), "\u200e", "\u200f", "\u061c", "\u2028", "\u2029",
    *map(chr, range(0xD800, 0xE000)),
} - {"\n"}  # fmt: skip


def test_nothing_that_is_said_steers_the_terminal(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    say(f"a {STEERING} b")
    narrate(f"a {STEERING} b")
    with pytest.raises(typer.Exit) as left, errors_shown():
        raise J2AError(f"a {STEERING}\n b", f"hint {STEERING}")
    assert left.value.exit_code == 1
    with pytest.raises(typer.Exit), errors_shown():
        raise OSError(2, f"No such file {STEERING}", f"x{STEERING}")
    text = b"".join(capsysbinary.readouterr()).decode()
    assert not FORBIDDEN & set(text)
    assert text.count("\n") == 4  # an error is one paragraph, whatever it names


@given(st.text(st.characters()))
def test_json_is_utf8_for_every_text_and_reads_back(text: str) -> None:
    out = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        terminal = io.TextIOWrapper(out, encoding="ascii")  # whatever it can show
        patch.setattr(sys, "stdout", terminal)
        print_json({"file": text})
    written = out.getvalue().decode()
    assert not FORBIDDEN & set(written)
    assert json.loads(written) == {"file": json.loads(json.dumps(text))}


def test_a_name_that_is_not_utf8_is_found_again_from_the_json(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    name = os.fsdecode(b"caf\xe9 \xff.flac")
    print_json({"file": name})
    assert os.fsencode(json.loads(capsysbinary.readouterr().out)["file"]) == b"caf\xe9 \xff.flac"


def test_a_terminal_without_a_character_gets_an_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    found = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(found, encoding="latin-1", write_through=True))
    say("é 音")
    assert found.getvalue() == b"\xe9 \\u97f3\n"


def test_secrets_are_not_told(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("J2A_LLM_KEY", "sk-very-secret")
    error = J2AError("http://ada:pass@host/v1 says: wrong key sk-very-secret", "Mind it.")
    narrate("asking https://ada:pass@host/v1 with sk-very-secret")
    for text in (str(error), error.message, capsysbinary.readouterr().err.decode()):
        assert "pass" not in text
        assert "sk-very-secret" not in text
        assert "host/v1" in text


@given(st.text(st.characters()))
def test_a_caption_is_a_paragraph_without_controls(text: str) -> None:
    caption = Caption(text, "1.0", "mini", "w", "p", "p", 0)
    assert not (FORBIDDEN | {"\n"}) & set(caption.text)
    assert one_paragraph(caption.text) == caption.text
    by_hand = several_lines(text)
    assert not FORBIDDEN & set(by_hand)
    assert one_paragraph(by_hand) == caption.text or "\r\n" in text


def test_words_stay_apart_and_emoji_together() -> None:
    assert one_paragraph("a\nb\tc\u2028d \ud83d\ude00 👩‍🎤 été") == "a b c d 😀 👩‍🎤 été"
    assert several_lines("a\r\nb") == "a\nb"
