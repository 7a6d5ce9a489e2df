"""J2A-2.1 at its full size, on the "meta" device: every shape of the path, without a single weight in memory."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM, MistralConfig

from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.mwmae import MWMAE
from j2a.models.audio.projector import Projector, pool
from j2a.models.audio.projector_config import SOFT_TOKENS, ProjectorConfig
from j2a.models.language.sequence import left_pad_embeddings, sequence
from tests.models.tiny import tiny_tokenizer

OPENORCA_VOCABULARY = 32_002  # Mistral's 32,000 and ChatML's two

pytestmark = pytest.mark.long


def parameters(model: torch.nn.Module) -> float:
    """In millions."""
    return sum(weight.numel() for weight in model.parameters()) / 1e6


@pytest.fixture(scope="module")
def llm():
    config = MistralConfig(vocab_size=OPENORCA_VOCABULARY, dtype=torch.bfloat16)  # the defaults are Mistral-7B's
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config).eval()


@pytest.mark.parametrize("version", SOFT_TOKENS)
def test_every_shape_from_ten_seconds_of_sound_to_logits(llm, version):
    tokens, batch = SOFT_TOKENS[version], 2
    config = MWMAEConfig()
    with torch.device("meta"):
        encoder = MWMAE(config)
        projector = Projector(ProjectorConfig(version, tokens, "MW-MAE-B", "", config.features, "OpenOrca", "", 4096))
    assert parameters(encoder) == pytest.approx(85.30, abs=0.01)
    assert parameters(projector) == pytest.approx(15.74, abs=0.01)
    assert parameters(llm) == pytest.approx(7241.7, abs=1)

    steps = config.steps(10 * config.sample_rate)
    assert steps == 251
    chunks = encoder.encode_chunks(torch.empty(6, config.chunk_frames, config.mel_bins, device="meta"))
    assert chunks.shape == (6, 50, 3840)
    features = chunks.flatten(0, 1)[:steps].expand(batch, -1, -1)
    soft_tokens = projector.project(pool(features, tokens))
    assert soft_tokens.shape == (batch, tokens, 4096)

    tokenizer = tiny_tokenizer()
    prompts = [sequence(llm, tokenizer, "Describe the music.", row).embeddings for row in soft_tokens]
    embeddings, mask = left_pad_embeddings(prompts)
    assert embeddings.shape[2] == 4096
    assert embeddings.dtype == torch.bfloat16
    assert embeddings.shape[1] > tokens
    out = llm(inputs_embeds=embeddings, attention_mask=None, use_cache=True, logits_to_keep=1)
    assert out.logits.shape == (batch, 1, OPENORCA_VOCABULARY)
    keys = out.past_key_values.layers[0].keys
    assert keys.shape == (batch, 8, mask.shape[1], 128)
    assert len(out.past_key_values.layers) == 32
