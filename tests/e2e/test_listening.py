"""`--listen` against real servers with tiny models, some of them deaf: llama.cpp's and `transformers serve`."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from j2a import paths
from j2a.caption import Sampling
from j2a.clip import Clip
from j2a.errors import ModelError
from j2a.features.record import Features
from j2a.grounding import claims
from j2a.models import registry
from j2a.models.language.hearing import HearingLLM, as_wav
from tests.e2e.sound_servers import WRITTEN, llama_server, save_qwen_audio, transformers_server
from tests.places import DEMO

BIN = Path(sys.executable).parent
WALTZ = DEMO / "Harbour Waltz.ogg"

pytestmark = [pytest.mark.long, pytest.mark.endurance]


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / str(command[0]), *map(str, command[1:])],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=110,
    )  # fmt: skip


def answer(llm: HearingLLM, frequency: float, prompt: str = "Describe it.") -> str:
    sound = 0.3 * np.sin(2 * np.pi * frequency * np.arange(16_000 * 3) / 16_000)
    pieces = llm.hear(as_wav(sound.astype(np.float32)), prompt, sampling=Sampling(max_new_tokens=24))
    return "".join(pieces)


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    pytest.importorskip("xllamacpp", reason="llama.cpp's server has no wheel for this machine")
    with llama_server(tmp_path_factory.mktemp("llama"), hears=True) as url:
        yield url


@pytest.fixture(scope="module")
def deaf_llama(tmp_path_factory):
    pytest.importorskip("xllamacpp", reason="llama.cpp's server has no wheel for this machine")
    with llama_server(tmp_path_factory.mktemp("deaf"), hears=False) as url:
        yield url


@pytest.fixture(scope="module")
def qwen(tmp_path_factory):
    """The address of a server, and its two models: one that hears, and the built-in one, which does not."""
    model = save_qwen_audio(tmp_path_factory.mktemp("qwen"))
    with transformers_server(model) as url:
        yield url, str(model)


@pytest.fixture(scope="module")
def deaf_transformers():
    model = paths.builtin_model_dir()
    with transformers_server(model) as url:
        yield url, str(model)


def test_llama_hears_and_its_wrong_figures_are_replaced(llama):
    told = run("j2a", "describe", WALTZ, "--end", 8, "--llm-url", llama, "--listen", "--correct-figures", "--json")
    assert told.returncode == 0, told.stderr
    caption = json.loads(told.stdout)
    assert caption["written"] == WRITTEN
    assert caption["version"] == "listen"
    assert caption["backbone"] == llama
    assert caption["weights"].startswith("server:")
    measured = Features.from_json(caption["features"])
    wrong = {claim.kind for claim in claims(WRITTEN, measured) if claim.verdict == "contradicted"}
    assert {"tempo", "key"} <= wrong, "the test shows nothing"
    assert measured.key in caption["caption"]
    assert all(claim.verdict == "agreed" for claim in claims(caption["caption"], measured))


def test_a_folder_is_heard_and_both_texts_are_in_its_csv(llama, tmp_path):
    out = tmp_path / "out.csv"
    options = ["--llm-url", llama, "--listen", "--correct-figures", "--window", 8, "--workers", 1]
    made = run("j2a", "caption", WALTZ, "--out", out, *options)
    assert made.returncode == 0, made.stderr
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert {row["written"] for row in rows} == {WRITTEN}
    assert all(row["caption"] != WRITTEN for row in rows)
    assert {(row["version"], row["backbone"], row["prompt_id"]) for row in rows} == {
        ("listen", llama, "listen-2/describe")
    }


def test_the_app_without_a_screen_listens_too(llama, tmp_path):
    (tmp_path / WALTZ.name).symlink_to(WALTZ)
    lines = run("j2a-tui", tmp_path, "--llm-url", llama, "--listen")
    assert lines.returncode == 0, lines.stderr
    assert lines.stdout.split("\t")[0] == WALTZ.name
    assert lines.stdout.strip().endswith(WRITTEN)


@pytest.mark.parametrize("declares", [True, False])
def test_llama_without_an_ear_is_an_error_and_nothing_is_kept(deaf_llama, tmp_path, monkeypatch, declares):
    if not declares:
        monkeypatch.setattr(HearingLLM, "_refuse_declared_deaf", lambda *_: None)
        with pytest.raises(ModelError, match="takes no sound") as caught:
            registry.load("listen", deaf_llama)
        assert "500 (audio input is not supported" in caught.value.message
        assert "400 (unsupported content" in caught.value.message
        return
    described = run("j2a", "describe", WALTZ, "--end", 6, "--llm-url", deaf_llama, "--listen")
    assert (described.returncode, described.stdout) == (1, "")
    last = described.stderr.strip().splitlines()[-1]
    assert last.startswith("The sound is not heard: The model ")
    assert "takes no sound: the server lists text." in last


def test_transformers_hears_every_tone(qwen):
    url, model = qwen
    captioner = registry.load("listen", f"{url}#{model}")
    assert captioner.version == "listen"
    llm = captioner.llm
    assert isinstance(llm, HearingLLM)
    low, high = answer(llm, 200.0), answer(llm, 3000.0)
    assert low == answer(llm, 200.0)
    assert low != high
    clips = [Clip(WALTZ, 0.0, 6.0), Clip(WALTZ, 6.0, 12.0)]
    captions = captioner.describe_many(clips, [Features(bpm=96.0)] * 2)
    assert all(caption.text for caption in captions)
    assert captions[0].text == captioner.describe(clips[0], features=Features(bpm=96.0)).text
    assert {caption.weights for caption in captions} == {f"server:{model}"}


def test_transformers_that_drops_the_sound_is_an_error(deaf_transformers):
    url, model = deaf_transformers
    with pytest.raises(ModelError, match="drops the sound: 5 seconds of it made the prompt 0 tokens longer") as caught:
        registry.load("listen", f"{url}#{model}")
    assert caught.value.title == "The sound is not heard"
    assert registry.load("1.0", f"{url}#{model}").llm.stream("Tempo: 96 BPM", sampling=Sampling())
