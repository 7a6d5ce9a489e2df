"""The genre model's loading and answering, on a tiny HuBERT classifier saved as the real one is."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import HubertConfig, HubertForSequenceClassification, Wav2Vec2FeatureExtractor

from j2a.features import genre

GENRES = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("J2A_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    genre._load.cache_clear()


def save_classifier(folder: Path, *, as_bin: bool) -> HubertForSequenceClassification:
    torch.manual_seed(0)
    config = HubertConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, conv_dim=(16, 16),
        conv_stride=(5, 4), conv_kernel=(10, 8), num_feat_extract_layers=2, num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2, classifier_proj_size=24, num_labels=len(GENRES), initializer_range=0.4,
        id2label=dict(enumerate(GENRES)), label2id={name: n for n, name in enumerate(GENRES)})
    model = HubertForSequenceClassification(config).eval()
    folder.mkdir(parents=True)
    model.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(sampling_rate=16_000, do_normalize=True).save_pretrained(folder)
    if as_bin:
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
    return model


def sound(seconds: float = 3.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * 44_100)) / 44_100)).astype(np.float32)


@pytest.mark.parametrize("as_bin", [True, False])
def test_the_likeliest_genre_and_its_probability(tmp_path: Path, as_bin: bool) -> None:
    model = save_classifier(tmp_path / "home/data/models/genre", as_bin=as_bin)
    found, reason = genre.measure_genre(sound())
    assert reason is None
    assert found is not None

    import soxr

    heard = soxr.resample(sound(), 44_100, 16_000).astype(np.float64)
    normal = torch.tensor((heard - heard.mean()) / np.sqrt(heard.var() + 1e-7), dtype=torch.float32)[None]
    with torch.no_grad():
        wanted = torch.softmax(model(normal).logits[0], -1)
    assert found.label == GENRES[int(wanted.argmax())]
    assert found.score == pytest.approx(float(wanted.max()), abs=2e-3)


def test_the_hugging_face_cache_is_found(tmp_path: Path) -> None:
    assert genre.find_weights() is None
    repository = tmp_path / "hub" / f"models--{genre.REPOSITORY.replace('/', '--')}"
    save_classifier(repository / "snapshots/abc123", as_bin=True)
    (repository / "refs").mkdir()
    (repository / "refs/main").write_text("abc123", encoding="utf-8")
    assert genre.find_weights() == repository / "snapshots/abc123"
    assert genre.measure_genre(sound())[0] is not None


def test_without_weights_the_reason_says_how_to_get_them() -> None:
    found, reason = genre.measure_genre(sound())
    assert found is None
    assert reason is not None
    assert "j2a models fetch genre" in reason


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "home/data/models/genre"
    model = save_classifier(folder, as_bin=True)
    torch.save({k: v for k, v in model.state_dict().items() if not k.startswith("classifier")},
               folder / "pytorch_model.bin")
    found, reason = genre.measure_genre(sound())
    assert found is None
    assert reason is not None
    assert "do not fit" in reason


def test_a_bin_that_runs_code_is_not_run(tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "attacked"),)

    folder = tmp_path / "home/data/models/genre"
    save_classifier(folder, as_bin=True)
    torch.save({"weight": Attack()}, folder / "pytorch_model.bin")
    found, reason = genre.measure_genre(sound())
    assert found is None
    assert reason is not None
    assert "cannot be used" in reason
    assert not (tmp_path / "attacked").exists()
