"""The compiled parts of the fast engine against the same in NumPy, written out plainly."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from j2a.features.fast import bars, recurrent, spectra, tempo
from j2a.features.fast.filters import filterbank
from j2a.features.madmom_door import SAMPLE_RATE

UNITS = recurrent.UNITS
KINDS = spectra._kinds()


def sounds(seed: int, samples: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(0, 0.2, samples) * rng.choice([0.0, 1e-6, 1.0], samples)).astype(np.float32)


def together(kind: Any, stretch: np.ndarray) -> np.ndarray:
    return np.hstack(list(kind.spectra(stretch).values()))


def plain_spectra(kind: Any, samples: np.ndarray) -> np.ndarray:
    """In float64: NumPy's transform, the whole filter matrix, the library's logarithm."""
    around = np.pad(samples.astype(np.float64), spectra._MARGIN)[spectra._MARGIN - kind.size // 2 :]
    hop = SAMPLE_RATE // kind.fps
    framed = np.lib.stride_tricks.sliding_window_view(around, kind.size)[::hop][: -(-len(samples) // hop)]
    magnitudes = np.abs(np.fft.rfft(framed * np.hanning(kind.size))[:, :-1])
    return np.log10(magnitudes @ np.hstack([filterbank(kind.size, *bank) for bank in kind.banks]).astype(float) + 1)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.size))
@given(seed=st.integers(0, 2**32), samples=st.integers(1, 20_000))
@settings(max_examples=20, deadline=None)
def test_spectra_are_those_of_numpys_transform(kind, seed, samples):
    sound = sounds(seed, samples)
    found = together(kind, np.pad(sound, spectra._MARGIN))
    assert found.shape == (-(-samples // (SAMPLE_RATE // kind.fps)), len(kind.starts))
    assert np.abs(found - plain_spectra(kind, sound)).max() < 2e-6


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.size))
def test_a_tone_is_found_in_its_band(kind):
    bank = filterbank(kind.size, *kind.banks[0])
    band = bank.shape[1] // 2
    hertz = bank[:, band].argmax() * SAMPLE_RATE / kind.size
    sound = np.sin(2 * np.pi * hertz * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    found = kind.spectra(np.pad(sound, spectra._MARGIN))[kind.banks[0]]
    assert found[len(found) // 2].argmax() == band


def test_silence_gives_zeros_and_what_is_no_number_stays_none():
    kind = KINDS[0]
    sound = np.zeros(10 * 441 + 2 * spectra._MARGIN, np.float32)
    assert not together(kind, sound).any()
    sound[spectra._MARGIN] = np.nan
    found = together(kind, sound)
    assert np.isnan(found[0]).all()
    assert not found[-1].any()


def gate(rng: np.random.Generator, inputs: int, *, peeps: bool) -> SimpleNamespace:
    made = SimpleNamespace(
        weights=rng.normal(0, 0.5, (inputs, UNITS)).astype(np.float32),
        bias=rng.normal(0, 0.5, UNITS).astype(np.float32),
        recurrent_weights=rng.normal(0, 0.4, (UNITS, UNITS)).astype(np.float32),
    )
    if peeps:
        made.peephole_weights = rng.normal(0, 0.5, UNITS).astype(np.float32)
    return made


def layer(seed: int, inputs: int) -> SimpleNamespace:
    rng = np.random.default_rng(seed)
    directions = [
        SimpleNamespace(**{name: gate(rng, inputs, peeps=name != "cell") for name in recurrent._GATES}) for _ in "ab"
    ]
    return SimpleNamespace(fwd_layer=directions[0], bwd_layer=directions[1])


def plain_cells(direction: SimpleNamespace, inputs: np.ndarray) -> np.ndarray:
    """The equations of Gers et al. in float64, frame by frame."""
    def sigmoid(x: np.ndarray) -> np.ndarray:
        return 0.5 + 0.5 * np.tanh(x / 2)

    state, hidden, out = np.zeros(UNITS), np.zeros(UNITS), []
    for seen in inputs.astype(np.float64):
        entering, staying, cell, shown = (
            seen @ gate.weights + hidden @ gate.recurrent_weights + gate.bias
            for gate in (getattr(direction, name) for name in recurrent._GATES)
        )
        enters = sigmoid(entering + state * direction.input_gate.peephole_weights)
        stays = sigmoid(staying + state * direction.forget_gate.peephole_weights)
        state = np.tanh(cell) * enters + state * stays
        hidden = np.tanh(state) * sigmoid(shown + state * direction.output_gate.peephole_weights)
        out.append(hidden)
    return np.array(out)


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 60), st.sampled_from([0.1, 1, 50]))
@settings(max_examples=40, deadline=None)
def test_cells_are_those_of_the_equations(seed, frames, inputs, loud):
    made = layer(seed, inputs)
    seen = np.random.default_rng(seed).normal(0, loud, (frames, inputs)).astype(np.float32)
    found = recurrent._Layer.of(made).run(seen, lambda: None)
    assert np.abs(found[:, :UNITS] - plain_cells(made.fwd_layer, seen)).max() < 1e-5 * max(1, loud)
    assert np.abs(found[::-1, UNITS:] - plain_cells(made.bwd_layer, seen[::-1])).max() < 1e-5 * max(1, loud)


def test_layers_of_another_size_are_refused():
    made = layer(0, 3)
    made.fwd_layer.cell.recurrent_weights = np.zeros((24, 24), np.float32)
    with pytest.raises(ValueError, match="24 units"):
        recurrent._Layer.of(made)


@given(seed=st.integers(0, 2**32), frames=st.integers(0, 400))
@settings(max_examples=20, deadline=None)
def test_comb_filters_are_those_of_the_recurrence(seed, frames):
    activations = np.random.default_rng(seed).uniform(0, 1, frames).round(1)  # equal numbers: many share the largest
    filtered = np.zeros((frames, 127))
    for at, delay in enumerate(range(24, 151)):
        for frame in range(frames):
            filtered[frame, at] = activations[frame] + (
                tempo.RESONANCE * filtered[frame - delay, at] if frame >= delay else 0
            )
    bins = (filtered * (filtered == filtered.max(axis=1, keepdims=True))).sum(axis=0) if frames else np.zeros(127)
    np.testing.assert_allclose(tempo.histogram(activations, 24, 127), bins, rtol=1e-12)


@pytest.mark.parametrize("activations", [np.zeros((0, 2)), np.zeros((500, 2)), np.full((500, 2), 0.049)])
def test_nothing_above_the_threshold_is_no_beat(activations):
    assert bars.decode(activations.astype(np.float32), (bars.Bars(3), bars.Bars(4))).shape == (0, 2)


def test_activations_that_no_path_explains():
    activations = np.full((300, 2), 0.3, np.float32)
    activations[100] = (0.0, 0.0)
    activations[50] = (0.5, 0.5)  # surely a beat and surely a downbeat: no state may be neither
    activations[51] = (0.5, 0.5)
    activations[52:90] = (0.5, 0.5)
    with pytest.raises(IndexError, match="no path"):
        bars.decode(activations, (bars.Bars(3), bars.Bars(4)))


def test_a_steady_beat_is_counted():
    activations = np.full((1000, 2), 0.01, np.float32)
    activations[::50, 0] = 0.9
    activations[::150] = (0.03, 0.95)
    found = bars.decode(activations, (bars.Bars(3), bars.Bars(4)))
    np.testing.assert_allclose(np.diff(found[:, 0]), 0.5, atol=0.011)
    assert found[:6, 1].tolist() == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize("work", [
    lambda check: bars.Bars(3).search(np.full((50_000, 2), 0.1, np.float32), check),
    lambda check: tempo.candidates(np.full(500_000, 0.1, np.float32), check),
    lambda check: recurrent._Layer.of(layer(0, 3)).run(np.zeros((50_000, 3), np.float32), check),
])  # fmt: skip
def test_work_can_be_stopped_all_along(work):
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        work(check)


def test_matrix_products_take_one_thread_within():
    from j2a.compiled import blas

    controls = blas._controls()
    if controls is None:
        pytest.skip("NumPy has another library here")
    get, put = controls
    before = get()
    try:
        put(2)
        with blas.one_thread():
            assert get() == 1
            with blas.one_thread():
                assert get() == 1
            assert get() == 1
        assert get() == 2
        with pytest.raises(KeyError), blas.one_thread():
            raise KeyError
        assert get() == 2
    finally:
        put(before)
