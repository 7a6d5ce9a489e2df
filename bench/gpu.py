"""A randomly initialised full-size J2A-2.1 on a GPU: first token, tokens a second against the memory's speed, memory.

    python bench/gpu.py [--json results.json]           # the 7B stack, bfloat16, on CUDA
    python bench/gpu.py --small --device cpu            # the same script on a toy of the same shape, to try it out

Random weights cost what trained ones cost. For each batch: seconds to the first token of ten-second clips (encode,
project, prefill), then decoding in two ways, our loop and ``generate()`` with a static cache (compiled on CUDA). The
bound is what the memory allows: every token of a batch reads all weights of the language model once; the memory's speed
is measured by copying. Last the training of the projector, with the language model in bfloat16 and in 4 bit:
positions a second, and their share of the arithmetic that a large matrix product reaches.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, MistralConfig

from j2a.caption import Sampling
from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.mwmae import MWMAE
from j2a.models.audio.projector import Projector
from j2a.models.audio.projector_config import ProjectorConfig
from j2a.models.language.generation import generate_tokens

BATCHES = (1, 16, 64)
PROMPT_TOKENS, NEW_TOKENS, CAPTION_TOKENS = 24, 64, 60
CLIPS = 5500  # MusicCaps
SECONDS = 10


def main() -> None:
    """Build, measure, and print each number when it is there; write all of them where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="a toy of the same shape")
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES, help="clips at once")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    options = parser.parse_args()
    device = torch.device(options.device)
    torch.manual_seed(0)
    encoder, projector, llm = build(device, small=options.small)
    weights = sum(weight.numel() * weight.element_size() for weight in llm.parameters())
    memory = memory_bytes_per_s(device, small=options.small)
    result: dict[str, Any] = {}

    def add(**numbers: Any) -> None:
        print(json.dumps(numbers, indent=2), flush=True)
        result.update(numbers)
        if options.json:
            options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")

    add(
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        llm_gb=weights / 1e9,
        memory_gb_per_s=memory / 1e9,
    )
    size = 4 if options.small else 16
    add(training=train(projector, llm, device, batch=size, small=options.small))
    for batch in options.batches[:2] if options.small else options.batches:
        add(**{f"batch {batch}": measure(encoder, projector, llm, batch, memory / weights, device)})
    if importlib.util.find_spec("bitsandbytes") is None:
        print("Without bitsandbytes there are no numbers of 4 bits.")
        return
    llm = in_4_bit(llm, device)
    add(**{"training, 4 bit": train(projector, llm, device, batch=size, small=options.small)})


def build(device: torch.device, *, small: bool) -> tuple[MWMAE, Projector, Any]:
    """Encoder, projector and language model, frozen but for the projector."""
    sizes = {"hidden_size": 128, "num_hidden_layers": 2, "intermediate_size": 256} if small else {}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2} if small else {}
    config = MistralConfig(vocab_size=1000 if small else 32_002, sliding_window=None, **sizes, **heads)
    with device:
        llm = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).eval().requires_grad_(False)
        heard = MWMAEConfig(width=32, depth=1, heads=2, mlp_width=64) if small else MWMAEConfig()
        encoder = MWMAE(heard, torch.bfloat16).to(device).eval().requires_grad_(False)  # its filters, too
        projector = Projector(
            ProjectorConfig("2.1", 250, "random", "", heard.features, "random", "", config.hidden_size)
        )
    projector.match_scale(llm.get_input_embeddings().weight)
    return encoder, projector, llm


def in_4_bit(llm: Any, device: torch.device) -> Any:
    """The same model by way of the disk, which is how bitsandbytes takes it."""
    config = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    with tempfile.TemporaryDirectory() as folder:
        llm.save_pretrained(folder)
        llm.to("meta")  # its memory first
        loaded = AutoModelForCausalLM.from_pretrained(folder, quantization_config=config, device_map=str(device))
    return loaded.eval().requires_grad_(False)


@torch.inference_mode()
def measure(
    encoder: MWMAE, projector: Projector, llm: Any, batch: int, bound: float, device: torch.device
) -> dict[str, Any]:
    """One batch size. ``bound``: how often a second the memory can deliver all weights."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    sound = torch.randn(batch, SECONDS * encoder.config.sample_rate, device=device) * 0.1
    words = llm.get_input_embeddings()(torch.randint(5, 900, (batch, PROMPT_TOKENS), device=device))

    def prompt() -> torch.Tensor:
        return torch.cat([words[:, :12], projector(encoder(sound)[0]).to(words), words[:, 12:]], dim=1)

    def ours(tokens: int) -> None:
        for _ in generate_tokens(llm, inputs_embeds=prompt(), sampling=Sampling(max_new_tokens=tokens), eos_ids=[-1]):
            pass

    def static(tokens: int) -> None:
        embeddings = prompt()
        llm.generate(
            inputs_embeds=embeddings,
            attention_mask=torch.ones(embeddings.shape[:2], dtype=torch.long, device=device),
            do_sample=False,
            min_new_tokens=tokens,
            max_new_tokens=tokens,
            cache_implementation="static",
            pad_token_id=0,
        )

    row: dict[str, Any] = {"batch": batch, "first_token_s": timed(lambda: ours(1), device)}
    for name, way in (("ours", ours), ("static", static)):
        # Two lengths, so that what comes before the second token falls out. The static cache is compiled for each size.
        long, short = timed(lambda: way(NEW_TOKENS), device), timed(lambda: way(2), device)  # noqa: B023
        steps_per_s = (NEW_TOKENS - 2) / max(long - short, 1e-9)
        row[name] = {
            "tokens_per_s": steps_per_s * batch,
            "share_of_bound": steps_per_s / bound,
            "minutes_for_5500_clips": CLIPS / batch * long / 60,
        }
    if device.type == "cuda":
        row["peak_gb"] = torch.cuda.max_memory_allocated(device) / 1e9
    return row


def train(projector: Projector, llm: Any, device: torch.device, *, batch: int, small: bool) -> dict[str, float]:
    """Steps of the projector's training through the frozen language model: forward, and backward to the soft tokens."""
    config = projector.config
    heard = torch.randn(batch, 251, config.encoder_width, device=device)
    text = llm.get_input_embeddings()(torch.randint(5, 900, (batch, PROMPT_TOKENS + CAPTION_TOKENS), device=device))
    wanted = torch.randint(5, 900, (batch, CAPTION_TOKENS), device=device)
    optimizer = torch.optim.AdamW(projector.parameters(), lr=1e-4)

    def step() -> None:
        embeddings = torch.cat([projector(heard).to(text), text], dim=1)
        logits = llm(inputs_embeds=embeddings, logits_to_keep=CAPTION_TOKENS + 1).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), wanted.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    seconds = timed(step, device)
    positions = batch * (config.soft_tokens + PROMPT_TOKENS + CAPTION_TOKENS)
    operations = 4 * llm.num_parameters() * positions  # 2 forward, 2 back to the inputs
    return {
        "positions_per_s": positions / seconds,
        "share_of_peak_flops": operations / seconds / peak_flops(device, small=small),
    }


def timed(work: Callable[[], None], device: torch.device, runs: int = 3) -> float:
    """The shortest of a few runs, in seconds, after one that warms and compiles."""
    times = []
    for _ in range(runs + 1):
        _wait(device)
        started = time.perf_counter()
        work()
        _wait(device)
        times.append(time.perf_counter() - started)
    return min(times[1:])


def memory_bytes_per_s(device: torch.device, *, small: bool) -> float:
    """By copying: each byte is read once and written once."""
    source = torch.empty((64 if small else 2048) << 20, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * source.numel() / timed(lambda: _do(target.copy_(source)), device)


def peak_flops(device: torch.device, *, small: bool) -> float:
    """Of a large bfloat16 matrix product."""
    size = 512 if small else 8192
    left, right = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    out = torch.empty(size, size, device=device, dtype=torch.bfloat16)
    return 2 * size**3 / timed(lambda: _do(torch.matmul(left, right, out=out)), device)


def _do(_: torch.Tensor) -> None:
    """For its effect alone."""


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


if __name__ == "__main__":
    main()
