"""The MW-MAE encoder against the authors' own output, and what surrounds it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from j2a.errors import ExitCode, ModelError, ModelMissingError
from j2a.models.audio import mwmae
from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.mwmae import MWMAE, into_chunks, load_encoder, standardise
from tests.places import DATA
from training.convert.mwmae import convert

PUBLISHED = DATA / "mwmae"
CASES = ("ten_s", "noise_10s", "exact200", "pad1", "short41", "stereo3s", "min201")
SMALL = MWMAEConfig(width=16, depth=1, heads=2, mlp_width=32)


@pytest.fixture(scope="module")
def nano(tmp_path_factory) -> Path:
    """The checkpoint that the expected values were computed with, converted."""
    folder = tmp_path_factory.mktemp("mwmae") / "nano"
    convert(PUBLISHED / "checkpoint_198400", folder, heads=3)
    return folder


@pytest.fixture(scope="module")
def encoder(nano) -> MWMAE:
    return load_encoder(nano)


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(PUBLISHED / "golden.npz") as file:
        return dict(file)


def audio_of(golden, case: str) -> torch.Tensor:
    return torch.from_numpy(golden[f"{case}__wav_int16"].astype(np.float32) / 32768)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * 0.1


@pytest.mark.parametrize("case", CASES)
def test_features_are_the_authors(encoder, golden, case):
    features, steps = encoder(audio_of(golden, case))
    expected = torch.from_numpy(golden[f"{case}__features_float32"])
    assert features.shape == expected.shape and steps == [expected.shape[1]] * len(expected)
    assert (features - expected).abs().max() < 1e-5
    assert torch.allclose(features.mean(dim=1), torch.from_numpy(golden[f"{case}__scene"]), atol=1e-5)


@pytest.mark.parametrize("case", [case for case in CASES if case != "noise_10s"])
def test_log_mel_is_the_authors(encoder, golden, case):
    expected = torch.from_numpy(golden[f"{case}__logmel"]).transpose(1, 2)
    assert (encoder.log_mel(audio_of(golden, case)) - expected).abs().max() < 5e-4


@pytest.mark.parametrize("case", ["ten_s", "stereo3s", "min201"])
def test_bfloat16_is_as_near_as_the_authors_is(nano, golden, case):
    features, _ = load_encoder(nano, precision=torch.bfloat16)(audio_of(golden, case))
    exact = torch.from_numpy(golden[f"{case}__features_float32"])
    theirs = torch.from_numpy((golden[f"{case}__features_bfloat16"].astype(np.uint32) << 16).view(np.float32))
    ours_off, theirs_off = (features - exact).abs(), (theirs - exact).abs()
    assert features.dtype == torch.float32
    assert 1e-3 < ours_off.max() < 1.2 * theirs_off.max()
    assert ours_off.mean() < theirs_off.mean()
    assert (features - theirs).abs().max() < 0.06


def test_the_deviation_is_unbiased():
    clip = torch.tensor([[[0.0], [2.0]]])  # mean 1; squares 1 + 1, over n - 1 = 1
    assert torch.allclose(standardise(clip), torch.tensor([[[-1.0], [1.0]]]) / 2**0.5)


def test_padding_bounces_between_the_ends():
    frames = torch.tensor([[[0.0], [1.0], [2.0]]])
    assert into_chunks(frames, 8).flatten().tolist() == [0, 1, 2, 1, 0, 1, 2, 1]
    assert into_chunks(frames[:, :1], 3).flatten().tolist() == [0, 0, 0]
    assert into_chunks(frames, 3).shape == (1, 2, 3, 1), "a whole chunk is followed by one of padding"


def test_the_base_model_has_the_published_sizes():
    config = MWMAEConfig()
    with torch.device("meta"):
        weights = MWMAE(config).state_dict()
    assert (config.features, config.steps(160_000), config.step) == (3840, 251, 640)
    assert weights["pos_embed"].shape == (250, 768)
    assert sum(weight.numel() for weight in weights.values()) == 85_297_920


@pytest.mark.parametrize("samples", [201, 639, 640, 31_839, 31_840, 32_000, 63_680, 100_003])
def test_steps_are_known_beforehand(samples):
    features, steps = MWMAE(SMALL)(noise(1, samples))
    assert steps == [features.shape[1]] == [SMALL.steps(samples)]


def test_a_batch_of_different_lengths_equals_single_clips(encoder):
    lengths = [48_000, 201, 160_000, 48_000, 31_840]
    audio = noise(len(lengths), 160_000)
    for row, length in enumerate(lengths):
        audio[row, length:] = torch.nan  # must not be looked at
    features, steps = encoder(audio, lengths)
    assert len(set(steps)) == 4
    for row, (length, valid) in enumerate(zip(lengths, steps, strict=True)):
        alone, alone_steps = encoder(audio[row : row + 1, :length])
        assert alone_steps == [valid]
        assert torch.allclose(features[row, :valid], alone[0], atol=1e-5)
        assert not features[row, valid:].any()


def test_groups_change_nothing(encoder, monkeypatch):
    audio = noise(2, 100_000)
    whole, _ = encoder(audio)
    monkeypatch.setattr(mwmae, "_CHUNKS_AT_ONCE", 3)
    monkeypatch.setattr(mwmae, "_FRAMES_AT_ONCE", 77)
    assert torch.allclose(encoder(audio)[0], whole, atol=1e-5)


@pytest.mark.parametrize(("samples", "chunks"), [(31_840, 1), (160_000, 6), (320_000, 5 + 6)])
def test_only_chunks_that_are_kept_are_encoded(encoder, monkeypatch, samples, chunks):
    encoded = 0

    def counted(group: torch.Tensor) -> torch.Tensor:
        nonlocal encoded
        encoded += len(group)
        return MWMAE.encode_chunks(encoder, group)

    monkeypatch.setattr(encoder, "encode_chunks", counted)
    list(encoder.encode_long(blocks_of(noise(samples))))
    assert encoded == chunks


def test_silence_stays_finite(encoder):
    assert encoder(torch.zeros(1, 16_000))[0].isfinite().all()


def test_a_loaded_encoder_is_frozen_and_a_new_one_learns(encoder):
    assert not encoder.training and not any(weight.requires_grad for weight in encoder.parameters())
    new = MWMAE(SMALL)
    new(noise(2, 40_000), [40_000, 20_000])[0].square().sum().backward()
    assert all(weight.grad is not None and weight.grad.any() for weight in new.parameters())


def test_an_autocast_around_it_does_not_reach_it(encoder):
    audio = noise(1, 16_000)
    with torch.autocast("cpu", torch.bfloat16):
        around = encoder(audio)[0]
    assert (around - encoder(audio)[0]).abs().max() < 1e-5  # 16 bits would be off by 1e-2


@pytest.mark.parametrize(
    ("audio", "lengths", "told"),
    [
        (torch.zeros(1, 200), None, "it lasts 12 ms, and 13 ms is the least"),
        (torch.zeros(1, 0), None, "it lasts 0 ms"),
        (torch.zeros(0, 16_000), None, "0 lengths"),
        (torch.zeros(2, 16_000), [16_000, 100], "it lasts 6 ms"),
        (torch.zeros(1, 16_000), [16_001], "16001 samples in a batch of 16000"),
        (torch.zeros(2, 16_000), [16_000], "1 lengths for 2 clips"),
        (torch.zeros(16_000), None, "batch, samples"),
        (torch.zeros(1, 16_000, dtype=torch.int16), None, "int16"),
        (torch.full((1, 16_000), torch.nan), None, "NaN"),
        (torch.full((1, 16_000), torch.inf), None, "infinity"),
    ],
)
def test_what_cannot_be_encoded_is_refused(encoder, audio, lengths, told):
    with pytest.raises(ValueError, match=told):
        encoder(audio, lengths)


def blocks_of(audio: torch.Tensor, size: int = 7_001):
    return (block.numpy() for block in audio.split(size))


@pytest.mark.parametrize("samples", [201, 16_000, 160_000, 175_999])
def test_one_section_is_one_clip(encoder, samples):
    audio = noise(samples)
    (features,) = encoder.encode_long(blocks_of(audio))
    assert torch.allclose(features, encoder(audio[None])[0][0], atol=1e-5)


@pytest.mark.parametrize("samples", [176_000, 320_000, 500_000, 976_543])
def test_long_sound_is_encoded_section_by_section(encoder, samples):
    audio = noise(samples)
    found = list(encoder.encode_long(blocks_of(audio)))
    ends = list(range(160_000, samples - 15_999, 160_000))
    clips = list(audio.tensor_split(ends)) if samples - ends[-1] >= 16_000 else list(audio.tensor_split(ends[:-1]))
    assert len(found) == len(clips) > 1
    for index, (section, clip) in enumerate(zip(found, clips, strict=True)):
        alone = encoder(clip[None])[0][0]
        wanted = alone if index == len(clips) - 1 else alone[:250]
        assert torch.allclose(section, wanted, atol=1e-5)


def test_long_sound_is_read_as_it_is_encoded(encoder):
    read = 0

    def endless():
        nonlocal read
        while True:
            read += 1
            yield np.zeros(16_000, np.float32)

    next(encoder.encode_long(endless(), sections_at_once=2))
    assert read <= 32


def test_nothing_and_tiny_sections_are_refused(encoder):
    with pytest.raises(ValueError, match="is the least"):
        list(encoder.encode_long(iter([])))
    with pytest.raises(ValueError, match="too short"):
        list(encoder.encode_long(iter([]), section_s=0.5))


def test_what_is_saved_loads(tmp_path):
    torch.manual_seed(0)
    encoder, audio = MWMAE(SMALL), noise(1, 16_000)
    encoder.save(tmp_path)
    loaded = load_encoder(str(tmp_path))
    assert loaded.config == SMALL
    assert torch.equal(loaded(audio)[0], encoder(audio)[0])
    assert (tmp_path / "model.safetensors").stat().st_mode == (tmp_path / "config.json").stat().st_mode


def test_no_folder_says_how_to_make_one(tmp_path):
    with pytest.raises(ModelMissingError, match="convert-mwmae") as caught:
        load_encoder(tmp_path / "nothing")
    assert caught.value.exit_code == ExitCode.MODEL_MISSING


def change_config(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def change_weights(folder: Path, **weights: torch.Tensor | None) -> None:
    path = folder / "model.safetensors"
    changed = load_file(path) | weights
    save_file({name: weight for name, weight in changed.items() if weight is not None}, path)


BREAKS = {
    "config missing": (lambda f: (f / "config.json").unlink(), r"config\.json cannot be read: No such file"),
    "config no JSON": (lambda f: (f / "config.json").write_bytes(b"\xff{"), r"config\.json cannot be used"),
    "config a list": (lambda f: (f / "config.json").write_text("[]"), r"config\.json does not say"),
    "another model": (lambda f: change_config(f, model_type="mistral"), r"config\.json does not say"),
    "unknown size": (lambda f: change_config(f, colour=1), r"config\.json cannot be used: .*colour"),
    "heads do not divide": (lambda f: change_config(f, heads=3), r"config\.json .*width 16 .* heads 3"),
    "no number": (lambda f: change_config(f, depth="12"), r"config\.json .*depth is '12'"),
    "odd window": (lambda f: change_config(f, window=401), r"config\.json .*window 401"),
    "huge filters": (lambda f: change_config(f, window=65_536), r"config\.json .*window is 65536"),
    "huge": (lambda f: change_config(f, depth=10**9), r"config\.json .*depth is 1000000000"),
    "huger than its weights": (
        lambda f: change_config(f, width=65_536, heads=1, mlp_width=65_536),
        r"does not fit its config\.json: it holds .* the config asks for",
    ),
    "places without end": (
        lambda f: change_config(f, chunk_frames=65_536, patch_frames=1, patch_bins=1, width=8192, heads=1),
        r"the config asks for",
    ),
    "rate too low": (lambda f: change_config(f, sample_rate=8000), r"config\.json .*half the sample rate"),
    "weights missing": (lambda f: (f / "model.safetensors").unlink(), r"model\.safetensors cannot be read"),
    "weights corrupt": (
        lambda f: (f / "model.safetensors").write_bytes(b"\x10" * 99),
        r"model\.safetensors is damaged",
    ),
    "weights cut short": (
        lambda f: (f / "model.safetensors").write_bytes((f / "model.safetensors").read_bytes()[:-5]),
        r"model\.safetensors is damaged",
    ),
    "one weight missing": (
        lambda f: change_weights(f, **{"norm.bias": None}),
        r"model\.safetensors does not fit .*norm\.bias is missing",
    ),
    "one weight more": (lambda f: change_weights(f, extra=torch.zeros(1)), r"extra is \(1,\) .* unknown by the config"),
    "another depth": (lambda f: change_config(f, depth=2), r"blocks\.1\.\S+ is missing .*11 more"),
    "another width": (
        lambda f: change_weights(f, **{"norm.bias": torch.zeros(8)}),
        r"norm\.bias is \(8,\) in the weights and \(16,\)",
    ),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_broken_folders_are_one_clear_error(tmp_path, broken):
    MWMAE(SMALL).save(tmp_path)
    damage, told = BREAKS[broken]
    damage(tmp_path)
    with pytest.raises(ModelError, match=told) as caught:
        load_encoder(tmp_path)
    assert caught.value.hint
