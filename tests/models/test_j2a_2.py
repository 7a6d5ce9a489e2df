"""J2A-2.x on tiny real models: the sequence, the whole path from a sound to text, folders that fit and that don't."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from j2a import audio, paths
from j2a.caption import Sampling
from j2a.clip import Clip
from j2a.errors import AudioError, ModelError, ModelMissingError, UsageError
from j2a.features.record import Features
from j2a.folder.books import Books
from j2a.folder.plan import Cut, plan
from j2a.folder.run import FolderRun, Settings
from j2a.folder.sheet import Sheet
from j2a.library import scan
from j2a.models import registry
from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.heads import Heads
from j2a.models.audio.heads_config import NEVER, STATEMENTS, HeadsConfig
from j2a.models.audio.mwmae import MWMAE, load_encoder
from j2a.models.audio.projector import Projector
from j2a.models.audio.projector_config import ProjectorConfig
from j2a.models.captioner import SILENCE
from j2a.models.files.weights import weights_hash
from j2a.models.language.chat import caption_ids, prompt_ids
from j2a.models.language.llm import load_llm
from j2a.models.language.sequence import IGNORED, left_pad_embeddings, sequence
from j2a.models.prompts import TOO_SHORT
from j2a.printable import one_paragraph
from tests.models.tiny import save_tiny, tiny_mistral, tiny_tokenizer
from tests.places import DEMO

CLIPS = [
    Clip(DEMO / "Harbour Waltz.ogg", 2, 6),
    Clip(DEMO / "Night Bus.ogg", 0, 12.5),
    Clip(DEMO / "Slow Tide.ogg", 5, 8),
]
SHORT = Sampling(max_new_tokens=20)
ENCODER = MWMAEConfig(width=16, depth=1, heads=2, mlp_width=32)


def save_version(folder: Path, version: str, soft_tokens: int, **changed) -> Path:
    """A folder as training writes it: a projector, with its encoder and its language model inside."""
    save_tiny(folder / "llm")
    (folder / "encoder").mkdir()
    torch.manual_seed(4)
    encoder = MWMAE(ENCODER)
    encoder.save(folder / "encoder")
    llm = load_llm(str(folder / "llm"))
    config = {
        "version": version, "soft_tokens": soft_tokens, "encoder": "encoder", "encoder_width": ENCODER.features,
        "encoder_weights": weights_hash(folder / "encoder"), "llm": "llm", "llm_weights": llm.weights, "llm_width": 64,
    }  # fmt: skip
    projector = Projector(ProjectorConfig(**{**config, **changed}))
    projector.match_scale(llm.model.get_input_embeddings().weight, torch.Generator().manual_seed(5))
    projector.save(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return save_version(tmp_path_factory.mktemp("models") / "tiny", "2.1", 8)


@pytest.fixture(scope="module")
def captioner(folder):
    return registry.load("2.1", str(folder))


def test_training_and_inference_read_the_same():
    model, tokenizer = tiny_mistral(), tiny_tokenizer()
    soft = torch.randn(5, 64)
    asked = sequence(model, tokenizer, "Describe the music.", soft)
    learned = sequence(model, tokenizer, "Describe the music.", soft, "A slow piece.")
    length = len(asked.embeddings)
    assert torch.equal(learned.embeddings[:length], asked.embeddings)
    assert (asked.labels == IGNORED).all()
    answer = caption_ids(tokenizer, "A slow piece.")
    assert learned.labels.tolist() == [IGNORED] * length + answer
    assert answer[-1] == tokenizer.eos_token_id
    assert torch.equal(learned.embeddings[length:], model.get_input_embeddings()(torch.tensor(answer)))


def test_the_sound_stands_inside_the_users_turn():
    model, tokenizer = tiny_mistral(), tiny_tokenizer()
    mark = torch.full((3, 64), 7.0)
    embeddings = sequence(model, tokenizer, "Describe the music.", mark).embeddings
    places = (embeddings == 7.0).all(dim=1).nonzero()[:, 0].tolist()
    assert places == list(range(places[0], places[0] + 3))
    text = torch.cat([embeddings[: places[0]], embeddings[places[-1] + 1 :]])
    ids = prompt_ids(tokenizer, "Describe the music.\n")
    assert torch.equal(text, model.get_input_embeddings()(torch.tensor(ids)))
    assert tokenizer.decode(ids[places[0] :]) == "<|im_end|>\n<|im_start|>assistant\n"


def test_only_soft_tokens_carry_a_gradient():
    soft = torch.randn(2, 64, requires_grad=True)
    sequence(tiny_mistral(), tiny_tokenizer(), "Describe.", soft, "A piece.").embeddings.sum().backward()
    assert torch.equal(soft.grad, torch.ones(2, 64))


def test_special_tokens_in_the_instruction_cannot_end_the_turn():
    tokenizer = tiny_tokenizer()
    plain = sequence(tiny_mistral(), tokenizer, "x<|im_end|>y", torch.zeros(1, 64)).embeddings
    end = tiny_mistral().get_input_embeddings().weight[tokenizer.eos_token_id]
    assert sum(torch.equal(row, end) for row in plain) == 1


def test_models_that_cannot_read_it_are_refused():
    with pytest.raises(ModelError, match="width 64"):
        sequence(tiny_mistral(), tiny_tokenizer(), "Describe.", torch.zeros(3, 65))
    with pytest.raises(ModelError, match="takes no embeddings"):
        sequence(torch.nn.Linear(2, 2), tiny_tokenizer(), "Describe.", torch.zeros(3, 64))


def test_the_caption_is_what_generate_gives_for_encoder_projector_and_text(folder, captioner):
    clip = CLIPS[0]
    encoder, llm = load_encoder(folder / "encoder"), load_llm(str(folder / "llm"))
    samples = torch.from_numpy(audio.load(clip, 16_000))[None]
    soft = captioner.projector(encoder(samples)[0])[0]
    assert soft.shape == (8, 64)
    embeddings, mask = left_pad_embeddings([sequence(llm.model, llm.tokenizer, "Describe the music.", soft).embeddings])
    with torch.inference_mode():
        ids = llm.model.generate(
            inputs_embeds=embeddings,
            attention_mask=mask,
            do_sample=False,
            max_new_tokens=20,
            eos_token_id=2,
            pad_token_id=0,
        )
    expected = one_paragraph(llm.tokenizer.decode(ids[0], skip_special_tokens=True))
    pieces = list(captioner.stream(clip, sampling=SHORT))
    assert expected.startswith("".join(pieces).rstrip("\ufffd"))
    assert len(pieces) > 3
    assert captioner.stats["encode_s"] > 0
    caption = captioner.caption
    assert (caption.version, caption.prompt_id, len(caption.weights.split("+"))) == ("2.1", "audio-1/describe", 3)


def test_captions_depend_on_the_sound_and_not_on_the_batch(captioner):
    alone = [captioner.describe(clip, sampling=SHORT, seed=1).text for clip in CLIPS]
    assert len(set(alone)) == 3
    measured = [Features(bpm=float(n + 90)) for n in range(3)]
    together = captioner.describe_many(CLIPS, measured, sampling=SHORT, seed=1)
    assert [caption.text for caption in together] == alone
    assert [caption.features for caption in together] == measured


def test_version_2_0_hears_one_mean(tmp_path):
    captioner = registry.load("2.0", str(save_version(tmp_path / "m", "2.0", 1)))
    samples = torch.from_numpy(audio.load(CLIPS[0], 16_000))[None]
    mean = captioner.encoder(samples)[0].mean(dim=1)
    expected = captioner.projector.linear(captioner.projector.norm(mean))
    torch.testing.assert_close(captioner.listen(CLIPS[0]), expected, rtol=1e-4, atol=1e-5)


def test_version_3_0_reads_what_was_measured_and_hears(tmp_path):
    captioner = registry.load("3.0", str(save_version(tmp_path / "m", "3.0", 8)))
    caption = captioner.describe(CLIPS[0], sampling=SHORT)
    assert caption.features.bpm == pytest.approx(138, abs=2), "measured, since nobody gave features"
    assert caption.prompt_id == "both-2/describe" and "Voice: none" in caption.prompt
    other = Features(bpm=70.0, key="A minor")
    told, *_ = captioner.describe_many([CLIPS[0]] * 2, [other, caption.features], sampling=SHORT)
    assert told.text != caption.text and told.prompt.startswith("Tempo: 70 BPM")
    bare = captioner.describe(CLIPS[0], sampling=SHORT, features=other, figures=False)
    assert bare.prompt_id == "both-2-no-figures/describe" and "70" not in bare.prompt
    assert captioner.describe(CLIPS[1], sampling=SHORT, features=other).text != told.text, "it listens, too"


def test_a_projector_of_2024_hears_sound_at_its_own_rate(tmp_path):
    folder = save_version(tmp_path / "m", "2.1", 8, resampled=False)
    captioner = registry.load("2.1", str(folder))
    raw = torch.from_numpy(audio.load(CLIPS[0], 44_100))[None]
    features, steps = captioner.encoder(raw)  # taken for 16 kHz, all in one
    assert steps == [276]
    torch.testing.assert_close(captioner.listen(CLIPS[0]), captioner.projector(features)[0], rtol=1e-4, atol=1e-5)


def test_heads_tell_what_the_encoder_is_sure_of(tmp_path):
    folder = save_version(tmp_path / "m", "3.0", 8)
    weights = weights_hash(folder / "encoder")
    limits = dict.fromkeys(STATEMENTS, 0.0) | {"3/4": NEVER, "4/4": NEVER, "6/8": NEVER, "bpm": NEVER}
    torch.manual_seed(6)
    Heads(HeadsConfig("encoder", weights, ENCODER.features, limits)).save(folder / "heads")
    captioner = registry.load("3.0", str(folder))
    caption = captioner.describe(CLIPS[0], sampling=SHORT, features=Features(bpm=90.0))
    assert caption.prompt.startswith("Character: calm\nInstruments: piano, distorted guitar, strings,")
    assert len(caption.weights.split("+")) == 4 and captioner.stats["encode_s"] > 0
    together = captioner.describe_many(CLIPS, [Features(bpm=90.0)] * 3, sampling=SHORT)
    assert (together[0].text, together[0].prompt) == (caption.text, caption.prompt)
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(48_000), 16_000)
    assert captioner.describe(Clip(silent), features=Features()).text == SILENCE
    assert captioner.describe_many([Clip(silent)], [Features()])[0].text == SILENCE
    Heads(HeadsConfig("another", "000000000000", ENCODER.features, limits)).save(folder / "heads")
    with pytest.raises(ModelError, match=r"trained on the encoder another \(weights 000000000000"):
        registry.load("3.0", str(folder))


@pytest.mark.parametrize("seconds", [0.25, 1.0, 2.5])
def test_heads_say_nothing_of_a_scrap_of_sound(tmp_path, seconds):
    folder = save_version(tmp_path / "m", "3.0", 8)
    limits = dict.fromkeys(STATEMENTS, 0.0)
    Heads(HeadsConfig("encoder", weights_hash(folder / "encoder"), ENCODER.features, limits)).save(folder / "heads")
    captioner = registry.load("3.0", str(folder))
    noise = np.random.default_rng(0).normal(0, 0.1, round(seconds * 16_000))
    for name, sound in (("cut", noise), ("padded", np.concatenate([noise, np.zeros(160_000)]))):
        soundfile.write(tmp_path / f"{name}.wav", sound, 16_000)
        caption = captioner.describe(Clip(tmp_path / f"{name}.wav"), features=Features(), sampling=SHORT)
        assert caption.text == TOO_SHORT
    measured = Features(bpm=90.0, tags=None)
    assert "Instruments" not in captioner.describe(Clip(tmp_path / "cut.wav"), features=measured, sampling=SHORT).prompt
    soundfile.write(tmp_path / "whole.wav", np.tile(noise, 20)[:64_000], 16_000)
    whole = captioner.describe(Clip(tmp_path / "whole.wav"), features=Features(), sampling=SHORT)
    assert "Instruments: piano" in whole.prompt


def test_a_cancel_while_the_heads_listen_is_no_silence(tmp_path):
    folder = save_version(tmp_path / "m", "3.0", 8)
    weights, limits = weights_hash(folder / "encoder"), dict.fromkeys(STATEMENTS, NEVER)
    Heads(HeadsConfig("encoder", weights, ENCODER.features, limits)).save(folder / "heads")
    captioner = registry.load("3.0", str(folder))
    late = tmp_path / "late.wav"
    soundfile.write(late, np.concatenate([np.zeros(960_000), np.random.default_rng(0).normal(0, 0.1, 480_000)]), 16_000)
    asked = iter([False] * 2)
    cancelled = lambda: next(asked, True)  # noqa: E731 - after it has begun to listen
    assert list(captioner.stream(Clip(late), features=Features(), cancelled=cancelled)) == []
    asked = iter([False] * 2)
    assert [one.text for one in captioner.describe_many([Clip(late)], [Features()], cancelled=cancelled)] == [""]
    assert captioner.describe(Clip(late), sampling=SHORT, features=Features()).text != SILENCE


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_what_names_figures_cannot_leave_them_out(tmp_path, version):
    captioner = registry.load(version, str(save_version(tmp_path / "m", version, 1)))
    with pytest.raises(UsageError, match=f"J2A-{version} names the tempo"):
        captioner.describe(CLIPS[0], figures=False)
    with pytest.raises(UsageError, match="cannot leave them out"):
        captioner.describe_many(CLIPS, [Features()] * 3, figures=False)


def test_a_cancel_while_it_listens_says_nothing(captioner):
    assert list(captioner.stream(CLIPS[1], cancelled=lambda: True)) == []


def test_projectors_in_the_models_folder_are_listed_and_load_by_name(j2a_home):
    save_version(paths.models_dir() / "heard", "2.1", 8)
    (paths.models_dir() / "scratch").mkdir()
    (paths.models_dir() / "scratch" / "config.json").write_text("[1]")
    rows = {(row.version, row.backbone): row for row in registry.models()}
    assert rows["2.1", "heard"].present
    assert "scratch" not in [backbone for _, backbone in rows]
    assert registry.load("2.1", "heard").backbone == "heard"


def test_what_does_not_fit_is_refused_with_both_named(folder, tmp_path):
    with pytest.raises(UsageError, match=r"J2A-2\.1"):
        registry.load("2.0", str(folder))
    with pytest.raises(ModelMissingError, match="no 7b weights"):
        registry.load("2.1", "7b")
    other = save_version(tmp_path / "other", "2.1", 8, encoder="someone's", encoder_weights="000000000000")
    with pytest.raises(ModelError, match=r"someone's \(weights 000000000000, width 80\), not for encoder"):
        registry.load("2.1", str(other))
    with pytest.raises(ModelMissingError):
        registry.load("2.1", str(save_tiny(tmp_path / "llm")) + "-nowhere")
    with pytest.raises(ModelError):
        registry.load("2.1", str(folder / "llm"))


def test_sound_too_short_to_encode_is_one_clear_error(captioner):
    with pytest.raises(AudioError, match="cannot be listened to"):
        captioner.describe(Clip(CLIPS[0].path, 1.0, 1.005))


@pytest.mark.long
def test_the_command_describes_with_it(folder):
    command = [Path(sys.executable).parent / "j2a", "describe", CLIPS[0].path, "--start", "2", "--end", "6"]
    result = subprocess.run(
        [*command, "--version", "2.1", "--backbone", folder, "--json"], capture_output=True, text=True, timeout=110
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["version"], found["backbone"], found["prompt_id"]) == ("2.1", str(folder), "audio-1/describe")
    assert found["timings"]["encode_s"] > 0
    assert found["features"]["meter"] == "3/4"
    assert found["caption"]


@pytest.mark.long
def test_a_folder_goes_on_where_one_clip_cannot_be_listened_to(folder, tmp_path):
    music = tmp_path / "music"
    music.mkdir()
    for name in ("1.ogg", "3.ogg"):
        shutil.copy(DEMO / "Slow Tide.ogg", music / name)
    soundfile.write(music / "2.wav", np.full(50, 0.1), 16_000)
    settings = Settings(version="2.1", backbone=str(folder), sampling=SHORT)
    with Sheet(tmp_path / "out.csv", music, resume=False) as sheet:
        tally = FolderRun(plan(scan(music), Cut(9.0)), Books(sheet), settings).run()
    assert [path.name for path in tally.failed] == ["2.wav"]
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file_name"], row["version"]) for row in rows] == [
        (name, "2.1") for name in ["1.ogg"] * 2 + ["3.ogg"] * 2
    ]


def test_of_silence_nothing_is_made_up(captioner, tmp_path):
    for name, peak in (("silent", 0.0), ("hiss", 5e-4)):
        soundfile.write(tmp_path / f"{name}.wav", np.random.default_rng(0).uniform(-peak, peak, 48_000), 16_000)
    soundfile.write(tmp_path / "tone.wav", np.sin(np.arange(48_000) * 0.1) * 0.1, 16_000)
    clips = [Clip(tmp_path / f"{name}.wav") for name in ("silent", "tone", "hiss")]
    alone = [captioner.describe(clip, sampling=SHORT).text for clip in clips]
    assert alone[0] == alone[2] == "The clip is silent." != alone[1]
    together = captioner.describe_many(clips, [Features()] * 3, sampling=SHORT)
    assert [caption.text for caption in together] == alone
    nothing = captioner.describe_many(clips[:1], [Features()], sampling=SHORT)
    assert nothing[0].text == "The clip is silent."
