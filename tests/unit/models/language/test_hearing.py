"""A client that sends sound: to servers that take it in one form or another, drop it, or refuse it."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from j2a.caption import Sampling
from j2a.clip import Clip
from j2a.errors import AudioError, ModelError, UsageError
from j2a.features.record import Features
from j2a.models import registry
from j2a.models.language import streamed
from j2a.models.language.answers import without_thoughts
from j2a.models.language.generation import GenerationStats
from j2a.models.language.hearing import HearingLLM, as_wav
from j2a.models.listening import LENGTH_VARIABLE, sound_of

Answer = tuple[int, str]  # HTTP status and what follows
SOUND = as_wav(np.zeros(160, np.float32))


def kinds(body: dict[str, Any]) -> list[str]:
    """The parts of the user's message, in their order."""
    content = body["messages"][0]["content"]
    return ["text"] if isinstance(content, str) else [part["type"] for part in content]


def says(text: str, tokens: int | None = None, finish: str = "stop") -> Answer:
    usage = {} if tokens is None else {"usage": {"prompt_tokens": tokens}}
    last = {"choices": [{"delta": {}, "finish_reason": finish}], **usage}
    events = [{"choices": [{"delta": {"content": text}}]}, last]
    return 200, "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"


def refuses(status: int, why: str) -> Answer:
    return status, json.dumps({"error": {"message": why}})


def hears(body: dict[str, Any], form: str = "input_audio") -> Answer:
    """A good server that takes one form."""
    found = kinds(body)
    if found == ["text"]:
        return says("A waltz.", 12)
    return says("A slow waltz.", 140) if found[0] == form else refuses(400, f"unknown part {found[0]}")


@contextmanager
def serving(
    answer: Callable[[dict[str, Any]], Answer], models: Answer = (404, "")
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server; yields its address with a model, and the bodies of the requests that it saw."""
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send(models)

        def do_POST(self) -> None:
            seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send(answer(seen[-1]))

        def send(self, told: Answer) -> None:
            self.send_response(told[0])
            self.send_header("Content-Length", str(len(told[1].encode())))
            self.end_headers()
            self.wfile.write(told[1].encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1#ear", seen
    finally:
        server.shutdown()
        server.server_close()


def written(llm: HearingLLM) -> str:
    return "".join(llm.hear(SOUND, "Describe it.", sampling=Sampling()))


def test_the_sound_comes_first_as_a_wav_of_16_bits() -> None:
    with serving(hears) as (url, seen):
        llm = HearingLLM(url)
        assert llm.verified
        assert not llm.note
        assert written(llm) == "A slow waltz."
    tone, without, asked = seen
    assert kinds(without) == ["text"]
    assert tone["max_tokens"] == without["max_tokens"] == 1
    assert kinds(asked) == ["input_audio", "text"]
    sound, text = asked["messages"][0]["content"]
    assert text["text"] == "Describe it."
    assert sound["input_audio"]["format"] == "wav"
    assert base64.b64decode(sound["input_audio"]["data"]) == SOUND
    probe = base64.b64decode(tone["messages"][0]["content"][0]["input_audio"]["data"])
    with wave.open(io.BytesIO(probe)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        assert file.getnframes() == 5 * 16_000
    assert set(asked) == {
        "model", "messages", "stream", "stream_options", "max_tokens", "temperature", "top_p", "seed"
    }  # fmt: skip


def test_the_other_form_is_tried_once_and_remembered() -> None:
    with serving(lambda body: hears(body, "audio_url")) as (url, seen):
        llm = HearingLLM(url)
        assert [written(llm), written(llm)] == ["A slow waltz."] * 2
    assert [kinds(body)[0] for body in seen] == ["input_audio", "audio_url", "text", "audio_url", "audio_url"]
    assert seen[-1]["messages"][0]["content"][0]["audio_url"]["url"].startswith("data:audio/wav;base64,UklGR")


def test_a_server_that_takes_no_form_shows_both_answers() -> None:
    def deaf(body: dict[str, Any]) -> Answer:
        known = kinds(body)[0] == "input_audio"
        return refuses(500, "audio input is not supported") if known else refuses(400, "what?")

    with serving(deaf) as (url, _), pytest.raises(ModelError) as caught:
        HearingLLM(url)
    assert caught.value.title == "The sound is not heard"
    assert "500 (audio input is not supported) to input_audio and 400 (what?) to audio_url" in caught.value.message


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refuses(401, "no key"), "J2A_LLM_KEY"),
        (refuses(404, "no such model"), "--llm-model"),
        (refuses(413, "too much"), "choose a shorter section"),
        (refuses(429, "busy"), "try again later"),
        (refuses(400, "This model's maximum context length is 4096 tokens"), "shorter section"),
    ],
)
def test_other_refusals_are_told_at_once(answer: Answer, expected: str) -> None:
    with serving(lambda body: answer) as (url, seen), pytest.raises(ModelError) as caught:
        HearingLLM(url)
    assert len(seen) == 1
    assert f"answers {answer[0]}: {json.loads(answer[1])['error']['message']}." in str(caught.value)
    assert expected in caught.value.hint


def test_a_dropped_sound_is_no_caption() -> None:
    with serving(lambda body: says("A beautiful song.", 12)) as (url, seen), pytest.raises(ModelError) as caught:
        HearingLLM(url)
    assert "drops the sound: 5 seconds of it made the prompt 0 tokens longer" in caught.value.message
    assert len(seen) == 2, "it was asked for a caption"


def test_where_nobody_counts_the_version_says_so() -> None:
    with serving(lambda body: says("A waltz.")) as (url, _):
        captioner = registry.load("listen", url)
    assert captioner.version == "listen-unverified"
    assert "does not say how long its prompts are" in captioner.llm.note


def test_a_model_that_lists_no_audio_is_not_even_asked() -> None:
    listed = {"data": [{"id": "other"}, {"id": "ear", "architecture": {"input_modalities": ["text", "image"]}}]}
    with serving(hears, (200, json.dumps(listed))) as (url, seen), pytest.raises(ModelError, match="lists text, image"):
        HearingLLM(url)
    assert seen == []


@pytest.mark.parametrize(
    "listed",
    ["{}", "[]", '{"data": 3}', '{"data": [{"id": "ear", "architecture": {"input_modalities": 7}}]}', "<html>"],
)
def test_a_strange_list_of_models_is_no_fault_of_the_sound(listed: str) -> None:
    with serving(hears, (200, listed)) as (url, _):
        assert HearingLLM(url).verified


def test_after_an_error_it_is_checked_again() -> None:
    broken = threading.Event()

    def answer(body: dict[str, Any]) -> Answer:
        if broken.is_set() and body["max_tokens"] > 1:
            return refuses(503, "starting")
        return says("Deaf.", 12) if broken.is_set() else hears(body)

    with serving(answer) as (url, _):
        llm = HearingLLM(url)
        broken.set()
        with pytest.raises(ModelError, match="answers 503: starting"):
            written(llm)
        with pytest.raises(ModelError, match="drops the sound"):
            written(llm)
        broken.clear()
        assert written(llm) == "A slow waltz."


def test_thoughts_are_left_out_and_a_cut_answer_is_known() -> None:
    def thinks(body: dict[str, Any]) -> Answer:
        return says("<think>Is it a march?</think>\nA waltz in", 12 if kinds(body) == ["text"] else 140, "length")

    with serving(thinks) as (url, _):
        stats = GenerationStats()
        assert "".join(HearingLLM(url).hear(SOUND, "x", sampling=Sampling(), stats=stats)) == "A waltz in"
    assert stats.stopped == "length"


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["A ", "waltz."], "A waltz."),
        (["<th", "ink>a", "b</thi", "nk>", "\n\n", "A waltz."], "A waltz."),
        (["\n<think>", "</think>A", " waltz."], "A waltz."),
        (["<think>for ever"], ""),
        (["<", "b>A"], "<b>A"),
        (["<thi"], "<thi"),
        ([], ""),
        (["A <think>", "</think> B"], "A <think></think> B"),
    ],
)
def test_only_leading_thoughts_go(pieces: list[str], expected: str) -> None:
    assert "".join(without_thoughts(iter(pieces))).lstrip() == expected


def test_a_server_that_falls_silent_in_its_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed, "SILENCE_S", 0.3)
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            over.wait(0.6)  # the first word may take longer
            self.wfile.write(says("A waltz")[1].split("\n\n")[0].encode() + b"\n\n")
            self.wfile.flush()
            over.wait(20)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    started = time.monotonic()
    lines = streamed.lines(
        "POST", f"http://127.0.0.1:{server.server_port}", headers={}, body={}, cancelled=lambda: False, first_s=5.0
    )
    try:
        assert "A waltz" in next(lines)[1]
        with pytest.raises(streamed.Broken):
            for _ in lines:
                pass
    finally:
        over.set()
        server.shutdown()
        server.server_close()
    assert time.monotonic() - started < 5


def test_clips_of_a_folder_are_captioned_with_what_was_measured(tmp_path: Path) -> None:
    clips = [Clip(a_tone(tmp_path / f"{number}.wav", 2.0)) for number in range(3)]
    with serving(hears) as (url, seen):
        captions = registry.load("listen", url).describe_many(clips, [Features(bpm=97.0)] * 3)
    assert [caption.text for caption in captions] == ["A slow waltz."] * 3
    assert {(caption.version, caption.weights, caption.prompt_id) for caption in captions} == {
        ("listen", "server:ear", "listen-2/describe")
    }
    assert "Tempo: 97 BPM" in seen[-1]["messages"][0]["content"][1]["text"]


def a_tone(path: Path, seconds: float, level: float = 0.3) -> Path:
    soundfile.write(path, level * np.sin(np.arange(round(seconds * 8000)) * 0.2), 8000)
    return path


def seconds_of(sound: bytes | None) -> float:
    assert sound is not None
    with wave.open(io.BytesIO(sound)) as file:
        return file.getnframes() / file.getframerate()


def test_a_clip_is_sent_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_tone(tmp_path / "a.wav", 40.0)
    assert seconds_of(sound_of(Clip(path, 5.0, 15.0))) == pytest.approx(10.0, abs=0.01)
    assert seconds_of(sound_of(Clip(path, 0.0, 30.0))) == pytest.approx(29.9, abs=0.01)
    with pytest.raises(AudioError, match=r"is 40.0 s long, and a server is sent 29.9 s at most"):
        sound_of(Clip(path))
    monkeypatch.setenv(LENGTH_VARIABLE, "60")
    assert seconds_of(sound_of(Clip(path))) == pytest.approx(40.0, abs=0.01)
    for said in ("many", "0", "-1", "601", "nan", "inf"):
        monkeypatch.setenv(LENGTH_VARIABLE, said)
        with pytest.raises(UsageError, match="is no length"):
            sound_of(Clip(path))


def test_silence_is_not_sent(tmp_path: Path) -> None:
    path = a_tone(tmp_path / "a.wav", 2.0, level=1e-4)
    assert sound_of(Clip(path)) is None
    with serving(hears) as (url, seen):
        assert registry.load("listen", url).describe(Clip(path), features=Features()).text == "The clip is silent."
    assert len(seen) == 2


def test_listening_without_a_server_is_refused() -> None:
    with pytest.raises(UsageError, match="none is named"):
        registry.load("listen", "mini")


def test_a_server_that_was_named_is_among_the_models() -> None:
    url = "http://localhost:1/v1#ear"
    named = [(row.version, row.present) for row in registry.models(url) if row.backbone == url]
    assert named == [("1.0", True), ("listen", True)]
    [row] = [row for row in registry.models() if row.version == "listen"]
    assert not row.present
    assert "--llm-url" in row.get
