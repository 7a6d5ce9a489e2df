"""The generation loop against transformers' own, on a tiny real Mistral."""

from __future__ import annotations

import itertools

import pytest
import torch

from j2a.caption import Sampling
from j2a.models.language.generation import GenerationStats, choose, generate_tokens, left_pad, stream_text
from tests.models.tiny import tiny_mistral, tiny_tokenizer

GREEDY = Sampling(temperature=0.0, max_new_tokens=24)
NO_EOS = [10_000]


@pytest.fixture(scope="module")
def model():
    return tiny_mistral()


def prompt(length: int, seed: int = 1) -> list[int]:
    return torch.randint(3, 400, (length,), generator=torch.Generator().manual_seed(seed)).tolist()


def rows(model, ids, mask=None, **options) -> list[list[int]]:
    """Token ids of each row."""
    options = {"sampling": GREEDY, "eos_ids": NO_EOS, **options}
    return [
        list(row) for row in zip(*generate_tokens(model, input_ids=ids, attention_mask=mask, **options), strict=True)
    ]


def reference(model, ids, mask=None, **options) -> list[list[int]]:
    mask = mask if mask is not None else torch.ones_like(ids)
    options = {"do_sample": False, "max_new_tokens": 24, "eos_token_id": NO_EOS, "pad_token_id": 0, **options}
    return model.generate(ids, attention_mask=mask, **options)[:, ids.shape[1] :].tolist()


@pytest.mark.parametrize("length", [1, 5, 63, 64, 65, 200])
def test_greedy_ids_equal_generate(model, length):
    ids = torch.tensor([prompt(length)])
    ours = rows(model, ids)
    assert ours == reference(model, ids)
    assert len(set(ours[0])) > 5, "a model that repeats itself proves nothing"


def test_left_padded_batch_equals_generate_and_single_rows(model):
    prompts = [prompt(100, 1), prompt(7, 2), prompt(70, 3)]
    ids, mask = left_pad(prompts, pad_id=0)
    ours = rows(model, ids, mask)
    assert ours == reference(model, ids, mask)
    assert ours == [rows(model, torch.tensor([p]))[0] for p in prompts]


def test_embeddings_give_the_same_ids(model):
    ids = torch.tensor([prompt(90)])
    embeds = model.get_input_embeddings()(ids).detach()
    from_embeds = generate_tokens(model, inputs_embeds=embeds, sampling=GREEDY, eos_ids=NO_EOS)
    assert [t for (t,) in from_embeds] == rows(model, ids)[0]


def test_eos_ends_a_row_and_the_batch(model):
    ids, mask = left_pad([prompt(9, 4), prompt(12, 5)], pad_id=0)
    free = rows(model, ids, mask)
    eos = free[0][3]
    first_of_other = free[1].index(eos) if eos in free[1] else None
    stats = GenerationStats()
    stopped = rows(model, ids, mask, eos_ids=[eos], stats=stats)
    assert stopped[0][:4] == free[0][:4]
    assert set(stopped[0][4:]) <= {0}
    assert stopped == reference(model, ids, mask, eos_token_id=[eos])
    assert stats.stopped == ("eos" if first_of_other is not None else "length")


def test_sampling_is_seeded_and_does_not_depend_on_the_batch(model):
    sampling = Sampling(temperature=0.9, top_p=0.9, max_new_tokens=16)
    alone = rows(model, torch.tensor([prompt(20)]), sampling=sampling, seed=7)[0]
    again = rows(model, torch.tensor([prompt(20)]), sampling=sampling, seed=7)[0]
    other = rows(model, torch.tensor([prompt(20)]), sampling=sampling, seed=8)[0]
    ids, mask = left_pad([prompt(33, 9), prompt(20)], pad_id=0)
    batched = rows(model, ids, mask, sampling=sampling, seed=7)[1]
    assert alone == again == batched
    assert alone != other


def test_top_p_draws_from_the_nucleus_in_proportion():
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]])).repeat(4000, 1)
    generators = [torch.Generator().manual_seed(seed) for seed in range(4000)]
    drawn = choose(logits, Sampling(temperature=1.0, top_p=0.75), generators)
    shares = torch.bincount(drawn, minlength=4) / 4000
    assert shares[2] == shares[3] == 0
    assert shares[0].item() == pytest.approx(0.5 / 0.8, abs=0.03)
    assert (choose(logits, Sampling(temperature=1.0, top_p=1e-9), generators) == 0).all()


@pytest.mark.parametrize("after", [1, 2, 3])
def test_cancel_stops_between_prefill_chunks(model, after):
    calls = itertools.count(1)
    seen: list[int] = []
    handle = model.register_forward_hook(lambda *_: seen.append(1))
    stats = GenerationStats()
    out = list(
        generate_tokens(
            model,
            input_ids=torch.tensor([prompt(400)]),
            sampling=GREEDY,
            eos_ids=NO_EOS,
            cancelled=lambda: next(calls) > after,
            stats=stats,
        )
    )
    handle.remove()
    assert out == []
    assert len(seen) == after
    assert stats.stopped == "cancelled"


def test_cancel_stops_after_the_token_in_hand(model):
    out: list[int] = []
    for (token,) in generate_tokens(
        model, input_ids=torch.tensor([prompt(5)]), sampling=GREEDY, eos_ids=NO_EOS, cancelled=lambda: len(out) == 3
    ):
        out.append(token)
    assert len(out) == 3


def test_text_streams_without_special_tokens_or_broken_characters(model):
    tokenizer = tiny_tokenizer()
    pieces = list(stream_text(model, tokenizer, prompt(10), sampling=Sampling(max_new_tokens=60), seed=0))
    ids = rows(model, torch.tensor([prompt(10)]), sampling=Sampling(max_new_tokens=60), eos_ids=[2])[0]
    whole = tokenizer.decode(ids, skip_special_tokens=True)
    assert len(pieces) > 1
    assert whole.startswith("".join(pieces).rstrip("\ufffd"))
    assert "<|im_end|>" not in "".join(pieces)


def test_masks_that_models_accept_silently_are_refused(model):
    ids = torch.tensor([prompt(6)])
    with pytest.raises(ValueError, match="left"):
        rows(model, ids, torch.tensor([[1, 1, 1, 1, 1, 0]]))
    with pytest.raises(ValueError, match="shape"):
        rows(model, ids, torch.ones(1, 4, dtype=torch.long))
    with pytest.raises(ValueError, match="empty"):
        rows(model, torch.zeros(1, 0, dtype=torch.long))
    with pytest.raises(ValueError, match="either"):
        list(generate_tokens(model, sampling=GREEDY, eos_ids=NO_EOS))
