"""What the loss looks at."""

from __future__ import annotations

import torch

from j2a.models.language.chat import caption_ids
from j2a.models.language.sequence import IGNORED, Sequence, sequence
from tests.models.tiny import tiny_mistral, tiny_tokenizer
from training.fit.loss import answers, cross_entropy


def test_the_loss_is_the_cross_entropy_of_caption_and_eos_alone():
    model, tokenizer = tiny_mistral(), tiny_tokenizer()
    soft = torch.randn(3, 5, 64)
    texts = ["A slow piece.", "The chords Am, F, C and G repeat.", "x"]
    made = [sequence(model, tokenizer, "Describe.", one, text) for one, text in zip(soft, texts, strict=True)]
    given = answers(model, made, 99)
    wanted = [caption_ids(tokenizer, text) for text in texts]
    assert given.tokens.tolist() == [token for ids in wanted for token in ids]
    each = []
    for one, ids in zip(made, wanted, strict=True):  # alone, without padding, all logits
        logits = model(inputs_embeds=one.embeddings[None]).logits[0, -len(ids) - 1 : -1]
        each.append(torch.nn.functional.cross_entropy(logits, torch.tensor(ids), reduction="sum"))
    assert torch.allclose(cross_entropy(given), sum(each), rtol=1e-5)


def test_a_caption_is_cut_and_then_has_no_end():
    model, tokenizer = tiny_mistral(), tiny_tokenizer()
    long = sequence(model, tokenizer, "Describe.", torch.randn(2, 64), "A slow piece in A minor at 72 BPM.")
    ids = caption_ids(tokenizer, "A slow piece in A minor at 72 BPM.")
    given = answers(model, [long, Sequence(long.embeddings[:-3], long.labels[:-3])], 4)
    assert given.tokens.tolist() == ids[:4] * 2
    assert tokenizer.eos_token_id not in given.tokens


def test_labels_mark_only_what_is_learned():
    made = sequence(tiny_mistral(), tiny_tokenizer(), "Describe.", torch.zeros(2, 64), "x")
    assert int((made.labels != IGNORED).sum()) == len(caption_ids(tiny_tokenizer(), "x"))
