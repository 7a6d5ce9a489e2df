"""Two real servers that take sound, with tiny models that are made here: llama.cpp's and ``transformers serve``.

Run as a program it is llama.cpp's server: ``python sound_servers.py TEXT.gguf [EAR.gguf]`` says its address, and ends
with its standard input.
"""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

WRITTEN = "A fast piece at 97 BPM in F# major."  # all that the model of llama.cpp knows to say
_WORDS = ["A", " fast", " piece", " at", " 97", " BPM", " in", " F", "#", " major", "."]
_WIDTH, _EAR_WIDTH, _MELS = 32, 16, 128
_START, _END = "<|im_start|>", "<|im_end|>"
_CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_HEARING_CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for c in m['content'] %}"
    "{% if c['type'] == 'audio' or 'audio' in c %}<|audio_bos|><|AUDIO|><|audio_eos|>\n"
    "{% elif 'text' in c %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_SPECIAL = ["<|pad|>", _START, _END, "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"]


@contextmanager
def llama_server(folder: Path, *, hears: bool) -> Iterator[str]:
    """llama.cpp's server with a model that writes ``WRITTEN``, with an ear or without; its address up to ``/v1``."""
    text, ear = folder / "text.gguf", folder / "ear.gguf"
    _save_text_model(text)
    _save_ear(ear)
    command = [sys.executable, __file__, str(text), *([str(ear)] if hears else [])]
    with (folder / "log").open("wb") as log, subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        assert address.startswith("http://127.0.0.1:"), (folder / "log").read_text(errors="replace")[-2000:]
        yield f"{address}/v1"
        process.kill()


@contextmanager
def transformers_server(model: Path) -> Iterator[str]:
    """``transformers serve`` with a model loaded; its address up to ``/v1``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = str(Path(sys.executable).parent / "transformers")
    command = [program, "serve", str(model), "--host", "127.0.0.1", "--port", str(port), "--dtype", "float32"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 100
        while True:
            assert process.poll() is None
            assert time.monotonic() < deadline
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/v1"
        process.kill()


def save_qwen_audio(folder: Path) -> Path:
    """A Qwen2-Audio of a hundred thousand random parameters, as the hub would hold it."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import (
        PreTrainedTokenizerFast,
        Qwen2AudioConfig,
        Qwen2AudioEncoderConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        Qwen2Config,
        WhisperFeatureExtractor,
    )

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator(
        [WRITTEN] * 3,
        trainers.BpeTrainer(vocab_size=320, special_tokens=_SPECIAL, show_progress=False, initial_alphabet=letters),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token=_SPECIAL[0], eos_token=_END, additional_special_tokens=_SPECIAL[3:],
        chat_template=_HEARING_CHATML,
    )  # fmt: skip
    torch.manual_seed(0)
    model = Qwen2AudioForConditionalGeneration(
        Qwen2AudioConfig(
            audio_config=Qwen2AudioEncoderConfig(
                num_mel_bins=_MELS, d_model=_WIDTH, encoder_layers=1, encoder_attention_heads=2,
                encoder_ffn_dim=_WIDTH, initializer_range=0.3,
            ),
            text_config=Qwen2Config(
                vocab_size=len(tokenizer), hidden_size=_WIDTH, intermediate_size=_WIDTH, num_hidden_layers=1,
                num_attention_heads=2, num_key_value_heads=2, initializer_range=0.3, bos_token_id=None,
                eos_token_id=_SPECIAL.index(_END), pad_token_id=0,
            ),
            audio_token_index=_SPECIAL.index("<|AUDIO|>"),
        )
    ).eval()  # fmt: skip
    model.save_pretrained(folder)
    extractor = WhisperFeatureExtractor(feature_size=_MELS)
    Qwen2AudioProcessor(extractor, tokenizer, chat_template=_HEARING_CHATML).save_pretrained(folder)
    return folder


def _save_text_model(path: Path) -> None:
    """A Qwen2 of one block that adds nothing: each word of ``WRITTEN`` only knows which comes after it."""
    import gguf

    letters = _byte_letters()
    words = ["".join(letters[byte] for byte in word.encode()) for word in _WORDS]
    # llama.cpp wants at least one merge.
    vocabulary = [*letters, "th", *(word for word in words if len(word) > 1), _START, _END]
    ids = {token: number for number, token in enumerate(vocabulary)}
    embedding = np.random.default_rng(0).normal(0, 0.01, (len(vocabulary), _WIDTH)).astype(np.float32)
    output = np.zeros((len(vocabulary), _WIDTH), np.float32)
    chain = [ids[letters[ord("\n")]], *(ids[word] for word in words), ids[_END]]
    for place, (now, following) in enumerate(itertools.pairwise(chain)):
        embedding[now] = np.eye(_WIDTH, dtype=np.float32)[place]
        output[following, place] = 10.0

    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_context_length(4096)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(_WIDTH)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(vocabulary)
    writer.add_token_types([1] * (len(vocabulary) - 2) + [3, 3])  # ordinary ones, and two for control
    writer.add_token_merges(["t h"])
    writer.add_eos_token_id(ids[_END])
    writer.add_chat_template(_CHATML)
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", output)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(_WIDTH, np.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros((_WIDTH, _WIDTH), np.float32))
    for name in ("attn_q", "attn_k", "attn_v"):
        writer.add_tensor(f"blk.0.{name}.bias", np.zeros(_WIDTH, np.float32))
    _close(writer)


def _save_ear(path: Path) -> None:
    """Qwen2-Audio's encoder, one block wide as a hand, with random weights."""
    import gguf

    rng = np.random.default_rng(0)

    def add(name: str, *shape: int) -> None:
        writer.add_tensor(name, rng.normal(0, 0.1, shape).astype(np.float32))

    writer = gguf.GGUFWriter(path, "clip")
    writer.add_clip_has_audio_encoder(True)
    writer.add_clip_projector_type("qwen2a")
    writer.add_audio_num_mel_bins(_MELS)
    writer.add_audio_embedding_length(_EAR_WIDTH)
    writer.add_audio_feed_forward_length(_EAR_WIDTH)
    writer.add_audio_block_count(1)
    writer.add_audio_head_count(2)
    writer.add_audio_attention_layernorm_eps(1e-5)
    writer.add_audio_projection_dim(_WIDTH)
    writer.add_bool("clip.use_gelu", True)
    add("a.position_embd.weight", 1500, _EAR_WIDTH)
    for number, inputs in ((1, _MELS), (2, _EAR_WIDTH)):
        add(f"a.conv1d.{number}.weight", _EAR_WIDTH, inputs, 3)
        add(f"a.conv1d.{number}.bias", _EAR_WIDTH, 1)
    for name in ("attn_q", "attn_k", "attn_v", "attn_out", "ffn_up", "ffn_down"):
        add(f"a.blk.0.{name}.weight", _EAR_WIDTH, _EAR_WIDTH)
        if name != "attn_k":
            add(f"a.blk.0.{name}.bias", _EAR_WIDTH)
    for name in ("a.blk.0.ln1", "a.blk.0.ln2", "a.post_ln"):
        add(f"{name}.weight", _EAR_WIDTH)
        add(f"{name}.bias", _EAR_WIDTH)
    add("mm.a.fc.weight", _WIDTH, _EAR_WIDTH)
    add("mm.a.fc.bias", _WIDTH)
    _close(writer)


def _close(writer: object) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _byte_letters() -> list[str]:
    """GPT-2's letter for each byte."""
    shown = {*range(33, 127), *range(161, 173), *range(174, 256)}
    hidden = [byte for byte in range(256) if byte not in shown]
    return [chr(byte) if byte in shown else chr(256 + hidden.index(byte)) for byte in range(256)]


def _serve(text: str, ear: str = "") -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = text
    params.mmproj.path = ear
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 8192
    params.n_parallel = 2
    params.warmup = False
    params.cpuparams.n_threads = 1
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
