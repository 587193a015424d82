"""Which operators mind which change of their input: what the papers say, by hand, and what the algebra finds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import sympy as sp

from normlib import NORMS
from normlib.expansion import vanishes
from normlib.gradcheck import random_inputs
from normlib.invariance import WAYS, invariances
from normlib.nodes import HERE, add, x
from normlib.symbolic import Formula

LayerNorm, BatchNorm, InstanceNorm = (NORMS[key] for key in ("layer_norm", "batch_norm", "instance_norm"))
SCALES = ("scale", "scale by sample", "scale by channel")
SHIFTS = ("shift", "shift by sample", "shift by channel")
BATCH = ("order of the batch", "size of the batch")
OUTPUTS = ("scale by output channel", "shift by output channel")
ZERO, YES, NO, NONSENSE = "for eps = 0", "exactly", "fails", "makes no sense"

# Of activations: scale of tensor, sample, channel; shift of the same; order and size of the batch.
ACTIVATIONS = {
    BatchNorm(): (ZERO, NO, ZERO, YES, NO, YES, YES, NO),  # Ioffe & Szegedy 2015, section 3.3
    BatchNorm(training=False): (NO, NO, NO, NO, NO, NO, YES, YES),
    LayerNorm(): (ZERO, ZERO, NO, YES, YES, NO, YES, YES),  # Ba et al. 2016, section 5.1
    LayerNorm(over="channels"): (ZERO, ZERO, NO, YES, YES, NO, YES, YES),
    InstanceNorm(): (ZERO, ZERO, ZERO, YES, YES, YES, YES, YES),  # Ulyanov et al. 2016, section 2
    NORMS["group_norm"](): (ZERO, ZERO, NO, YES, YES, NO, YES, YES),
    NORMS["group_norm"](groups=2): (ZERO, ZERO, NO, YES, YES, NO, YES, YES),
    NORMS["rms_norm"](): (ZERO, ZERO, NO, NO, NO, NO, YES, YES),  # Zhang & Sennrich 2019, table 1
    NORMS["lp_norm"](): (ZERO, ZERO, NO, NO, NO, NO, YES, YES),
    NORMS["switchable_norm"](): (ZERO, NO, NO, YES, NO, NO, YES, NO),
    NORMS["filter_response_norm"](): (ZERO, ZERO, ZERO, NO, NO, NO, YES, YES),
    NORMS["mean_variance_norm"](): (ZERO, ZERO, ZERO, YES, YES, YES, YES, YES),
    NORMS["mean_variance_norm"](normalize_variance=False): (NO, NO, NO, YES, YES, YES, YES, YES),
    NORMS["mean_variance_norm"].onnx(): (ZERO, NO, ZERO, YES, NO, YES, YES, NO),
    **{
        NORMS[key](): (NO, NO, NO, NO, NO, NO, YES, YES)
        for key in ("local_response_norm", "cross_channel_norm", "spatial_norm", "dynamic_tanh")
    },
}
# Of weights: scale and shift of all; scale and shift of an output channel's.
WEIGHTS = {
    NORMS["weight_norm"](eps=1e-3): (ZERO, NO, ZERO, NO),  # Salimans & Kingma 2016, section 2
    NORMS["weight_norm"](): (YES, NO, YES, NO),
    NORMS["weight_standardization"](): (ZERO, YES, ZERO, YES),  # Qiao et al. 2019, section 2
    NORMS["spectral_norm"](): (YES, NO, NO, NO),  # Miyato et al. 2018, equation 8, at given u and v
}
named = {"ids": lambda value: type(value).__name__ if hasattr(value, "pool") else ""}


@pytest.mark.parametrize(("norm", "verdicts"), ACTIVATIONS.items(), **named)
def test_what_an_operator_on_activations_minds(norm, verdicts):
    found = {key: finding.verdict for key, finding in invariances(norm).items()}
    assert found == dict(zip((*SCALES, *SHIFTS, *BATCH), verdicts, strict=True)) | dict.fromkeys(OUTPUTS, NONSENSE)


@pytest.mark.parametrize(("norm", "verdicts"), WEIGHTS.items(), **named)
def test_what_an_operator_on_weights_minds(norm, verdicts):
    found = {key: finding.verdict for key, finding in invariances(norm).items()}
    meaningful = dict(zip(("scale", "shift", *OUTPUTS), verdicts, strict=True))
    assert found == dict.fromkeys(found, NONSENSE) | meaningful


EVERY = {f"{key}: {name}": norm for key, cls in NORMS.items() for name, norm in {"": cls(), **cls.presets()}.items()}
every = pytest.mark.parametrize("norm", EVERY.values(), ids=EVERY.keys())


@every
def test_every_question_that_makes_sense_is_answered(norm):
    for way, (key, finding) in zip(WAYS, invariances(norm).items(), strict=True):
        assert key == way.key
        assert finding.verdict != "undecided"
        assert (finding.counter_example is not None) == (finding.verdict == "fails") == (finding.holds is False)
        assert finding.why.endswith(".")


@every
def test_a_counter_example_is_of_small_whole_numbers_and_the_operator_agrees_with_it(norm):
    for finding in invariances(norm).values():
        if (found := finding.counter_example) is not None:
            assert set(found.x.ravel()) <= {0, 1, 2}
            assert found.x.size <= 6
            y, _ = found.norm.forward(found.changed, **found.norm.init(found.changed.shape))
            np.testing.assert_array_equal(y, found.output)
            assert np.abs(found.output - found.expected).max() > 1e-6
            assert type(found.norm) is type(norm)


# Numbers of their own: the changes written out, on a larger tensor.

CHANGES = {
    "scale": lambda v: 2.5 * v,
    "scale by sample": lambda v: v * np.array([0.5, 2.0, 3.0, 7.0])[:, None, None, None],
    "scale by channel": lambda v: v * np.linspace(0.5, 3, v.shape[1])[:, None, None],
    "shift": lambda v: v + 1.5,
    "shift by sample": lambda v: v + np.array([0.5, -2.0, 3.0, 1.0])[:, None, None, None],
    "shift by channel": lambda v: v + np.linspace(-1, 3, v.shape[1])[:, None, None],
}
CHANGES |= {f"{kind} by output channel": CHANGES[f"{kind} by sample"] for kind in ("scale", "shift")}


@every
def test_numbers_bear_the_verdicts_out(norm):
    for key, finding in invariances(replace(norm, layout="NCHW")).items():
        if finding.holds is None:
            continue
        settled = replace(
            norm, layout="NCHW", **({"eps": 0.0} if finding.verdict != YES and hasattr(norm, "eps") else {})
        )
        inputs = random_inputs(settled, norm.pool.fit((4, 33, 3, 2)), np.random.default_rng(1))
        y, _ = settled._forward(**inputs)
        if key in CHANGES:
            changed, expected = CHANGES[key](inputs["x"]), y
        else:
            which = [2, 0, 3, 1] if key == "order of the batch" else [0]
            changed, expected = inputs["x"][which], y[which]
        output, _ = settled._forward(**inputs | {"x": changed})
        assert (np.abs(output - expected).max() < 1e-9) == finding.holds, key


# Planted operators.


@dataclass(frozen=True, kw_only=True)
class LouderWithTheMean(LayerNorm):
    """The code adds a hundredth of each sample's mean; the formula does not say so."""

    def _forward(self, x, **params):
        y, cache = super()._forward(x, **params)
        return y + 0.01 * x.mean((1, 2, 3), keepdims=True), cache


@dataclass(frozen=True, kw_only=True)
class Residual(InstanceNorm):
    """The input added to the output, in code and formula."""

    def _forward(self, x, **params):
        y, cache = super()._forward(x, **params)
        return y + x, cache

    def _derive(self):
        right = super()._derive()
        last = right.definition[-1]
        return replace(right, definition=(*right.definition[:-1], Formula(last.lhs, add(last.rhs, x[HERE]))))


def test_an_operator_whose_code_breaks_an_invariance_of_its_formula_is_caught():
    found = invariances(LouderWithTheMean())
    assert invariances(LayerNorm())["shift by sample"].holds
    for key in (*SHIFTS[:2], *SCALES[:2]):
        assert found[key].verdict == "fails"
    assert found["order of the batch"].holds


def test_an_operator_whose_formula_breaks_an_invariance_is_caught():
    found = invariances(Residual())
    assert {found[key].verdict for key in (*SHIFTS, *SCALES)} == {"fails"}


def test_the_smallest_counter_example_of_layer_normalizations_shift_by_channel_by_hand():
    """Of 0, 0 in two channels there is no deviation; 0, 1 plus 1, 2 is 1, 3: still -1 and 1. 1, 0 becomes 2, 2."""
    found = invariances(LayerNorm())["shift by channel"].counter_example
    smaller = [np.array([0.0, 1.0]), np.array([1.0, 0.0])]
    assert found.x.size > 2
    assert not any(np.array_equal(found.x.ravel(), v) for v in smaller)
    centred, changed = found.x - found.x.mean(), found.changed - found.changed.mean()
    np.testing.assert_allclose(found.expected, centred / centred.std())
    np.testing.assert_allclose(found.output, changed / changed.std())


def test_the_layout_does_not_matter_and_findings_are_kept():
    assert invariances(LayerNorm()) is invariances(LayerNorm())
    verdicts = [
        {key: finding.verdict for key, finding in invariances(LayerNorm(layout=layout)).items()}
        for layout in ("NCHW", "NLC", "NDHWC")
    ]
    assert verdicts[0] == verdicts[1] == verdicts[2]


# The algebra below.


def test_what_vanishes_and_what_does_not():
    a, b, c = sp.symbols("a b c", real=True)
    total = sp.exp(a) + sp.exp(b) + sp.exp(c)
    assert vanishes(sp.exp(a) / total + sp.exp(b) / total + sp.exp(c) / total - 1)
    assert not vanishes(sp.exp(a) / total + sp.exp(b) / total - 1)
    assert vanishes(sp.tanh(a * (b + c)) - sp.tanh(a * b + a * c))
    assert vanishes(a * sp.Abs(a) - a**2 * sp.sign(a))
    assert vanishes(sp.exp(a + b) - sp.exp(a) * sp.exp(b))
    power = sp.Symbol("beta", positive=True)
    assert vanishes((a + b) ** (-power - 1) * c - (b + a) ** -power * c / (a + b))
    assert not vanishes((a + 1) ** (-power - 1) - (a + 1) ** -power)
