"""Trains the built-in mini J2A-LLM: a small Mistral that writes captions from measured features.

The learning rate warms up, stays, and decays over the last fifth of the time given, so that a run can be sized in
minutes. Every evaluation saves; the run's log is JSON lines in ``log.jsonl``.
"""

from __future__ import annotations

import copy
import json
import math
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from transformers import MistralConfig, MistralForCausalLM

from j2a.caption import Sampling
from j2a.console import narrate
from j2a.models.chat import prompt_ids
from j2a.models.generation import stream_text
from j2a.models.llm import load_llm
from j2a.models.prompts import build_prompt
from training.datasets.musiccaps import MusicCapsRow, read_musiccaps
from training.evaluation.measured import STATED_BY, score
from training.features_prior import random_features
from training.heard_prior import SoftTags
from training.mini_data import Example, encode, pairs, train_tokenizer
from training.optimizer import decayed
from training.runlog import RunLog

IGNORED = -100  # label of positions that do not count in the loss
Soft = tuple[int, int, tuple[str, ...]]  # row and position in the batch, and the tags it sums up
ROUND_LENGTH, ROUND_ROWS = 16, 256  # batch shapes come in multiples of these


@dataclass(frozen=True, slots=True)
class MiniConfig:
    """Everything that decides a run."""

    minutes: float = 60.0  # wall time to train for
    vocabulary_size: int = 4096
    width: int = 256
    depth: int = 6
    heads: int = 8
    key_value_heads: int = 4
    mlp_width: int = 704
    batch_size: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warmup_steps: int = 100
    decay_share: float = 0.3  # last part of the time in which the learning rate falls to nothing
    tags_share: float = 0.2  # share of MusicCaps pairs
    heard_share: float = 0.4  # share of pairs that say what is heard
    evaluate_every: int = 250  # steps
    final_captions: int = 100  # written and scored at the end
    threads: int = 2
    seed: int = 0


def train(captions: Path | None, out: Path, config: MiniConfig, start: Path | None = None) -> None:
    """Train from nothing, or from the model in ``start``, and save model and tokenizer to ``out`` (bfloat16).

    ``captions`` is the published MusicCaps file; only its training half is read. Without it the model learns
    from our own grammar alone. Raises ``J2AError`` for files that cannot be read or written.
    """
    torch.manual_seed(config.seed)
    torch.set_num_threads(config.threads)
    out.mkdir(parents=True, exist_ok=True)
    rows = read_musiccaps(captions, "train") if captions else []
    if start:
        loaded = load_llm(str(start))
        tokenizer, model = loaded.tokenizer, loaded.model.float().requires_grad_(True).train()
    else:
        tokenizer = train_tokenizer(rows, config.vocabulary_size, config.seed)
        model = build_model(config, tokenizer)
    tokenizer.save_pretrained(out)
    with RunLog(out) as log:
        _write(log, {"config": asdict(config), "parameters": sum(p.numel() for p in model.parameters())})
        _learn(model, tokenizer, rows, out, config, log)


def _learn(
    model: MistralForCausalLM, tokenizer: Any, rows: list[MusicCapsRow], out: Path, config: MiniConfig, log: RunLog
) -> None:
    soft_tags = SoftTags(model.config.hidden_size)
    optimizer = torch.optim.AdamW(
        [*decayed(model.parameters(), config.weight_decay), *decayed(soft_tags.parameters(), 0.0)],
        lr=config.learning_rate,
        betas=(0.9, 0.98),
    )
    batches = _batches(
        tokenizer,
        pairs(rows, config.tags_share, config.heard_share, config.seed),
        config.batch_size,
        tokenizer.pad_token_id,
    )
    noise = torch.Generator().manual_seed(config.seed)
    started, running_loss, tokens = time.monotonic(), 0.0, 0
    step = 0
    while (share_done := (time.monotonic() - started) / (60 * config.minutes)) < 1.0:
        step += 1
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * _schedule(step, share_done, config)
        ids, mask, labels, soft = next(batches)
        embeddings = _embed(model, soft_tags, ids, soft, noise)
        loss = _loss(model, embeddings, mask, labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        running_loss += loss.item()
        tokens += int(mask.sum())
        if step % config.evaluate_every == 0:
            elapsed_s = time.monotonic() - started
            record = {
                "step": step,
                "elapsed_s": round(elapsed_s),
                "loss": round(running_loss / config.evaluate_every, 4),
                "tokens_per_s": round(tokens / elapsed_s),
                **evaluate(model, tokenizer),
            }
            _write(log, record)
            save(model, out)
            running_loss = 0.0
    save(model, out)
    _write(log, {"step": step, "finished": True, **evaluate(model, tokenizer, count=config.final_captions)})


def build_model(config: MiniConfig, tokenizer: Any) -> MistralForCausalLM:
    """A randomly initialised Mistral of the configured size, embeddings tied."""
    return MistralForCausalLM(
        MistralConfig(
            vocab_size=len(tokenizer),
            hidden_size=config.width,
            num_hidden_layers=config.depth,
            num_attention_heads=config.heads,
            num_key_value_heads=config.key_value_heads,
            intermediate_size=config.mlp_width,
            max_position_embeddings=1024,
            sliding_window=None,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def save(model: MistralForCausalLM, out: Path) -> None:
    """Write the weights as bfloat16 safetensors, leaving the model in training as it is."""
    copy.deepcopy(model).bfloat16().save_pretrained(out)


def evaluate(model: MistralForCausalLM, tokenizer: Any, count: int = 32) -> dict[str, float]:
    """Greedy captions of held-back features: shares of agreeing claims by kind, and of captions without a false one."""
    rng = random.Random("held back")
    features = [random_features(rng) for _ in range(count)]
    captions = [
        "".join(stream_text(model, tokenizer, prompt_ids(tokenizer, build_prompt(f).text), sampling=Sampling()))
        for f in features
    ]
    result = score(captions, features)
    return {"clean": round(result.clean, 4), **{kind: round(result.agreed(kind), 4) for kind in STATED_BY}}


def _embed(
    model: MistralForCausalLM, soft_tags: SoftTags, ids: torch.Tensor, soft: list[Soft], noise: torch.Generator
) -> torch.Tensor:
    """Token embeddings (batch, length, width), with soft tokens where they belong."""
    table: Any = model.get_input_embeddings()
    embeddings: torch.Tensor = table(ids)
    if soft:
        size = float(table.weight.detach().square().mean().sqrt())
        rows = torch.tensor([row for row, _, _ in soft])
        places = torch.tensor([place for _, place, _ in soft])
        vectors = soft_tags([tags for _, _, tags in soft], size, noise)
        embeddings = embeddings.index_put((rows, places), vectors)
    return embeddings


def _loss(
    model: MistralForCausalLM, embeddings: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model.model(inputs_embeds=embeddings, attention_mask=mask).last_hidden_state[:, :-1]
        wanted = labels[:, 1:]
        # Logits only where the loss looks (half of the positions are prompt), in a few fixed sizes: every new
        # shape costs the CPU kernels a new plan, in time and in memory.
        rows = (wanted != IGNORED).flatten().nonzero()[:, 0]
        # (Row 0 is a prompt position, whose label is ignored.)
        rows = torch.cat([rows, rows.new_zeros(-len(rows) % ROUND_ROWS)])
        logits = model.lm_head(hidden.flatten(0, 1)[rows])
    return torch.nn.functional.cross_entropy(logits.float(), wanted.flatten()[rows], ignore_index=IGNORED)


def _batches(
    tokenizer: Any, source: Iterator[Any], batch_size: int, pad_id: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor, list[Soft]]]:
    """Endless batches of like lengths, padded on the right: ids, mask and labels, each (batch, length), and where
    soft tokens go."""
    shuffle = random.Random(0)
    while True:
        pool = sorted((encode(tokenizer, pair) for pair in islice(source, 16 * batch_size)), key=lambda e: len(e.ids))
        groups = [pool[start : start + batch_size] for start in range(0, len(pool), batch_size)]
        shuffle.shuffle(groups)
        for group in groups:
            yield _collate(group, pad_id)


def _collate(group: list[Example], pad_id: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, list[Soft]]:
    length = max(len(example.ids) for example in group)
    length += -length % ROUND_LENGTH
    ids = torch.full((len(group), length), pad_id)
    mask = torch.zeros((len(group), length), dtype=torch.long)
    labels = torch.full((len(group), length), IGNORED)
    soft: list[Soft] = []
    for row, (tokens, caption_start, soft_start, positions) in enumerate(group):
        soft += [(row, soft_start + place, tags) for place, tags in enumerate(positions)]
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
        labels[row, caption_start : len(tokens)] = torch.tensor(tokens[caption_start:])
    return ids, mask, labels, soft


def _schedule(step: int, share_done: float, config: MiniConfig) -> float:
    warm = min(1.0, step / config.warmup_steps)
    left = max(0.0, (1.0 - share_done) / config.decay_share)
    return warm * (1.0 if left >= 1.0 else 0.5 - 0.5 * math.cos(math.pi * left))


def _write(log: RunLog, record: dict[str, Any]) -> None:
    narrate(json.dumps(record))
    log.write(**record)
