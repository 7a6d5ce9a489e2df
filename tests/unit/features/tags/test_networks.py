"""Our networks against a plain port of their authors' code in torch: on made-up tensors, and on the published ones."""

from __future__ import annotations

import numpy as np
import pytest

from bench.plain_tags import PlainNetwork
from j2a.audio import decode
from j2a.clip import Clip
from j2a.features.tags import front_end, wheel
from j2a.features.tags.networks import Network
from tests.places import DEMO
from tests.unit.features.tags.made_up import tensors

needs_wheel = pytest.mark.skipif(wheel.find_folder() is None, reason="the networks of musicnn are not here")


@pytest.mark.parametrize("count", [1, 3])
def test_the_same_answers_with_made_up_tensors(count: int) -> None:
    made = tensors(count)
    patches = np.random.default_rng(0).uniform(0, 4, (count, front_end.PATCH_FRAMES, front_end.BANDS))
    found, wanted = Network(made)(patches.astype(np.float32)), PlainNetwork(made)(patches.astype(np.float32))
    assert wanted[0].std() > 0.05  # they say something
    for ours, plain in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours, plain, atol=1e-4)


@needs_wheel
@pytest.mark.parametrize("name", wheel.NETWORKS)
def test_the_same_probabilities_with_the_published_tensors(name: str) -> None:
    made = wheel.tensors(name)
    ours, plain = Network(made), PlainNetwork(made)
    for path in sorted(DEMO.glob("*.ogg"))[:3]:
        patches = front_end.patches(decode.load(Clip(path, 0, 10), front_end.SAMPLE_RATE))
        assert len(patches) == 3
        for found, wanted in zip(ours(patches), plain(patches), strict=True):
            np.testing.assert_allclose(found, wanted, atol=2e-4)


def test_patches_do_not_touch_each_other() -> None:
    network = Network(tensors(0))
    patches = np.random.default_rng(1).uniform(0, 4, (2, front_end.PATCH_FRAMES, front_end.BANDS)).astype(np.float32)
    np.testing.assert_allclose(network(patches)[0][1], network(patches[1:])[0][0], atol=1e-5)
