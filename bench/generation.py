"""What a token of the built-in model costs, side by side in one process, one thread, greedy.

    python bench/generation.py [--prompts 15] [--json results.json]

Ours (compiled, on weights of 16 bits, without torch); in torch, our decoder; the same loop on the model's own forward;
``transformers``' ``generate()``; a loop without KV cache, which is what the 2024 project did; and the own forward on
weights in 8 bits, with how many captions stay the same. All include the prompt's prefill. The prompts are those of
clips rendered with known truth (tests/data/rendered50.json). A row's time is the median over the prompts; the ratio is
the median of the ratios.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from j2a import paths
from j2a.caption import Sampling
from j2a.features.record import Features
from j2a.models.language import decoder
from j2a.models.language.chat import prompt_ids
from j2a.models.language.generation import eos_ids, generate_tokens
from j2a.models.language.llm import load_llm
from j2a.models.light import llm as light
from j2a.models.light.generation import generate as generate_lightly
from j2a.models.light.mistral import Mistral
from j2a.models.prompts import build_prompt

RENDERED = Path(__file__).parents[1] / "tests" / "data" / "rendered50.json"
LONGEST = 200  # tokens
Way = Callable[[list[int]], list[int]]


def main() -> None:
    """Measure, print a table, and write the numbers where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prompts", type=int, default=15)
    parser.add_argument("--json", type=Path, help="write the rows here too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    llm = light.load(paths.builtin_model_dir() / "llm")
    assert llm is not None
    whole = load_llm(str(llm.folder))
    general, ends = whole.model, eos_ids(whole.model, whole.tokenizer)  # as transformers has it
    clips = json.loads(RENDERED.read_text(encoding="utf-8"))["clips"][: options.prompts]
    prompts = [prompt_ids(llm.tokenizer, build_prompt(Features.from_json(clip["features"])).text) for clip in clips]
    ways: dict[str, Way] = {
        "ours": compiled(llm.model, ends),
        "torch, our decoder": in_torch(general, ends),
        "the model's own forward": without_decoder(in_torch(general, ends)),
        "transformers generate()": generate(general, ends),
        "no KV cache": without_cache(general, ends),
        "the model's own forward, 8 bits": in_torch(in_8_bits(general), ends),
    }
    rows = measure(ways, prompts)
    print("| way | ms a token | times as long as ours | captions that are the same |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row['way']} | {row['ms_a_token']:.2f} | {row['ratio']:.2f} | {row['same']} of {len(prompts)} |")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def measure(ways: dict[str, Way], prompts: list[list[int]]) -> list[dict[str, Any]]:
    """Each prompt goes through every way before the next one: a busy moment of the machine meets them all."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    answers: dict[str, list[list[int]]] = {name: [] for name in ways}
    for way in ways.values():
        way(prompts[0])  # warm
    for prompt in prompts:
        for name, way in ways.items():
            started = time.perf_counter()
            answer = way(prompt)
            times[name].append((time.perf_counter() - started) / len(answer) * 1000)
            answers[name].append(answer)
    return [
        {
            "way": name,
            "ms_a_token": statistics.median(times[name]),
            "ratio": statistics.median(one / our for one, our in zip(times[name], times["ours"], strict=True)),
            "same": sum(one == our for one, our in zip(answers[name], answers["ours"], strict=True)),
        }
        for name in ways
    ]


def compiled(model: Mistral, ends: list[int]) -> Way:
    """J2A's generation, prefill included."""

    def way(prompt: list[int]) -> list[int]:
        prompts, sampling = [model.embed(prompt)], Sampling(max_new_tokens=LONGEST)
        return [found[0] for found in generate_lightly(model, prompts, sampling=sampling, eos_ids=ends)]

    return way


def in_torch(model: Any, ends: list[int]) -> Way:
    """J2A's generation for larger models, prefill included."""

    def way(prompt: list[int]) -> list[int]:
        tokens = generate_tokens(
            model, input_ids=torch.tensor([prompt]), sampling=Sampling(max_new_tokens=LONGEST), eos_ids=ends
        )
        return [token for (token,) in tokens]

    return way


def without_decoder(way: Way) -> Way:
    """The same with the model's own forward for every token."""

    def slower(prompt: list[int]) -> list[int]:
        with mock.patch.object(decoder, "supports", return_value=False):
            return way(prompt)

    return slower


def generate(model: Any, ends: list[int]) -> Way:
    """What ``transformers`` offers."""

    def way(prompt: list[int]) -> list[int]:
        ids = torch.tensor([prompt])
        out = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=LONGEST,
            eos_token_id=ends,
            pad_token_id=0,
        )
        answer: list[int] = out[0, len(prompt) :].tolist()
        return answer

    return way


def without_cache(model: Any, ends: list[int]) -> Way:
    """The whole text through the model for every token."""

    @torch.inference_mode()
    def way(prompt: list[int]) -> list[int]:
        ids = list(prompt)
        while len(ids) < len(prompt) + LONGEST and (len(ids) == len(prompt) or ids[-1] not in ends):
            ids.append(int(model(torch.tensor([ids]), use_cache=False, logits_to_keep=1).logits[0, -1].argmax()))
        return ids[len(prompt) :]

    return way


class _Int8Linear(torch.nn.Linear):
    """Weights in 8 bits, a scale for each output; what goes in is quantised on the fly."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__(linear.in_features, linear.out_features, bias=False)
        self.weight = linear.weight
        scales = linear.weight.detach().abs().amax(dim=1).double() / 127
        quantised = torch.quantize_per_channel(
            linear.weight.detach(), scales, torch.zeros_like(scales, dtype=torch.long), 0, torch.qint8
        )
        self._packed = torch.ops.quantized.linear_prepack(quantised, None)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = torch.ops.quantized.linear_dynamic(inputs, self._packed)
        return out


def in_8_bits(model: Any) -> Any:
    """A copy of the model whose matrix products run in 8 bits."""
    model = copy.deepcopy(model)
    warnings.filterwarnings("ignore", message=".*quantize_per_channel.*")
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is torch.nn.Linear:
                setattr(parent, name, _Int8Linear(child))
    return model


if __name__ == "__main__":
    main()
