"""Tiny real models: real configuration classes, real tokenizers, real safetensors on disk."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import MistralConfig, MistralForCausalLM, PreTrainedTokenizerFast

from j2a.models.language.chat import CHATML

TEXTS = [
    "A slow piece in A minor at 72 BPM.",
    "The chords Am, F, C and G repeat.",
    "Tempo: 120 BPM, fast",
    "naïve café ☕ 東京",
]


def tiny_tokenizer(*, eos: bool = True, chat_template: str | None = CHATML) -> PreTrainedTokenizerFast:
    """Byte-level BPE of 400 entries with ChatML's special tokens."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(
        TEXTS * 3,
        trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=["<|pad|>", "<|im_start|>", "<|im_end|>"],
            show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token="<|pad|>", eos_token="<|im_end|>" if eos else None, chat_template=chat_template
    )


def tiny_mistral(vocabulary: int = 400, seed: int = 0) -> MistralForCausalLM:
    """Random weights, wide and untied: with the default spread a random model repeats one token."""
    torch.manual_seed(seed)
    return MistralForCausalLM(
        MistralConfig(
            vocab_size=vocabulary,
            hidden_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            intermediate_size=128,
            max_position_embeddings=512,
            initializer_range=0.15,
            tie_word_embeddings=False,
            sliding_window=None,
            bos_token_id=None,
            eos_token_id=2,
            pad_token_id=0,
        )
    ).eval()


def save_tiny(folder: Path, *, eos: bool = True, seed: int = 0) -> Path:
    """A model folder as the hub would hold it."""
    tokenizer = tiny_tokenizer(eos=eos)
    tiny_mistral(seed=seed).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
