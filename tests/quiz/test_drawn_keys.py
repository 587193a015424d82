"""Keys of drawn questions after batch normalization, computed again from the numbers in the text that a reader sees.

By plain arithmetic where an operator made the key, and by the operator where arithmetic did.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import log, sqrt

import numpy as np
import pytest

from classroom.quiz import Bank, Number
from classroom.quiz.kinds import Choice, FindError
from classroom.quiz.template import Template
from normlib import NORMS
from normlib.norms.batch_norm import BatchNorm, Running
from normlib.norms.batch_renorm import BatchRenorm
from tests.quiz.test_keys import channels, column

SEEDS = range(6)
LATER = ("after-bn", "layer-rms", "instance-group", "weights", "batch-size", "no-batch", "switchable", "same-tensor")
LATER += ("invariances", "who-differs", "precision")

Known = tuple[float, dict[str, float]]  # the key; what each explained slip claims to come from


def numbers(text: str) -> list[float]:
    """Return the numbers of a text, in the order in which they stand there."""
    return [
        float(found.replace("\N{MINUS SIGN}", "-")) for found in re.findall(r"[-\N{MINUS SIGN}]?\d+(?:\.\d+)?", text)
    ]


def out(name: str, x: np.ndarray, **settings: object) -> np.ndarray:
    """Run an operator with its parameters as they are before training."""
    norm = NORMS[name](**settings)
    return norm.forward(x, **norm.init(x.shape))[0]


def learned(name: str, maps: float) -> int:
    """Count what an operator learns for so many feature maps."""
    shape = (2, int(maps), 3, 3)
    return sum(each.size for each in NORMS[name]().init(shape).values())


def cells(m: float, k: float, s: float, groups: float) -> dict[str, float]:
    """Return how many cells share a mean."""
    of = {"batch_norm": m * s * s, "layer_norm": k * s * s, "instance_norm": s * s, "group_norm": k / groups * s * s}
    return {**of, "rms_norm": k}


def lone_channel(k: float) -> float:
    """Return the one number of groups at which a doubled channel changes nothing."""
    x = np.random.default_rng(4).normal(1, 2, (1, int(k), 3, 3))
    louder = np.concatenate([2 * x[:, :1], x[:, 1:]], axis=1)
    divisors = [g for g in range(1, int(k) + 1) if k % g == 0]
    (found,) = (
        g
        for g in divisors
        if np.allclose(*(out("group_norm", each, groups=g, eps=0, affine=False) for each in (x, louder)))
    )
    return found


def after_bn_statistics(norm: str, m: float, k: float, s: float, groups: float) -> Known:
    count = cells(m, k, s, groups)[norm]
    return m * k * s * s / count, {"enter each": count, "whole block": 1}


def instance_group_cells(norm: str, m: float, k: float, s: float, groups: float) -> Known:
    count = cells(m, k, s, groups)[norm]
    return count, {"all": m * count, "Those are the channels": count / s**2}


def layer_rms_offset(a: float, b: float, mean: float, sd: float) -> Known:
    assert (np.mean([a, b]), np.std([a, b])) == (mean, sd)
    y = out("rms_norm", channels(a, b), eps=0)
    return y.mean(), {"layer": 0, "root mean square of $y$": sqrt(np.mean(y**2)), "by the standard": mean / sd}


def switchable_mean(means: tuple[float, float, float], w: float) -> Known:
    norm = NORMS["switchable_norm"](eps=0)
    instance, layer, batch = means
    x = np.random.default_rng(7).normal(0, 1, (2, 2, 4, 4))
    wanted = np.array([[instance, 2 * layer - instance], [2 * batch - instance, 0]])
    x += wanted[:, :, None, None] - x.mean((2, 3), keepdims=True)
    weights = {"mean_weight_in": 0.0, "mean_weight_ln": 0.0, "mean_weight_bn": log(w)}
    y, _ = norm.forward(x, **norm.init(x.shape) | {name: np.array(value) for name, value in weights.items()})
    slope = np.ptp(y[0, 0]) / np.ptp(x[0, 0])
    mixed = x[0, 0, 0, 0] - y[0, 0, 0, 0] / slope  # where the line crosses 0
    return mixed, {"plain average": sum(means) / 3, "softmax comes first": batch * log(w)}


def weights_spectral(a: float, c: float) -> Known:
    matrix = np.diag([a, c])
    largest = np.linalg.svd(matrix, compute_uv=False)[0]
    return a / largest, {"each row": 1, "root of all squares": a / np.linalg.norm(matrix)}


def batch_size_renorm_value(batch: float, spread: float, mean: float, sd: float, x: float) -> Known:
    running = Running(mean=np.array([mean]), var=np.array([sd**2]))
    corrections = BatchRenorm(eps=0).corrections(column(batch - spread, batch + spread), running)  # clipped as usual
    r, d = corrections["r"].item(), corrections["d"].item()
    x_hat = (x - batch) / spread
    return x_hat * r + d, {"as in batch": x_hat, r"$r$ only": x_hat * r}


def same_tensor_gap(a: float, b: float, c: float, d: float) -> Known:
    x = np.array([[[[a, b]], [[c, d]]]])
    means = out("layer_norm", x, eps=0, affine=False)[0].mean(axis=(1, 2))
    apart = (c + d - a - b) / 2
    return np.ptp(means), {"instance": 0, "before": apart, "by the variance": apart / x.var()}


def invariances_affine(y: float, a: float, b: float) -> Known:
    side = sqrt(5 - y**2 - y**2 / 4) / 2
    x = np.array([y, *(-y / 4 + side * np.array([-1, 1, -1, 1]))])  # five values with mean 0 and variance 1
    before, after = (out("layer_norm", channels(*each), eps=0, affine=False).ravel()[0] for each in (x, a * x + b))
    assert before == pytest.approx(y)
    return after, {"ay+b": a * y + b, "shift is gone": a * y, "never negative": -after}


def who_differs_running(x: float, other: float) -> Known:
    kept = {}
    for name, norm in [*BatchNorm.presets().items(), ("turned", BatchNorm(momentum=0.9))]:
        values = column(x, other)
        kept[name] = norm.update(norm.start(1), norm.forward(values, **norm.init(values.shape))[1]).var.item()
    assert kept["Keras"] == kept["Flax"]
    return kept["PyTorch"], {"ONNX": kept["ONNX"], "Keras 3 and Flax": kept["Keras"], "of the old": kept["turned"]}


def precision_float16(v: float) -> Known:
    total, count = np.float16(0), 0
    with np.errstate(over="ignore"):
        while np.isfinite(total):
            total, count = total + np.float16(v) * np.float16(v), count + 1
    return count, {"themselves": 65536 / v, "single square": 1}


def no_batch_threshold(x: float, other: float, gamma: float, beta: float, tau: float) -> Known:
    z = gamma * x / sqrt((x**2 + other**2) / 2) + beta
    centred = gamma * (x - (x + other) / 2) / (abs(x - other) / 2) + beta
    return max(z, tau), {"mean off": max(centred, tau)}


def same_tensor_numbers(norm: str, a: float, b: float, c: float, d: float) -> Known:
    four, two = np.array([a, b, c, d]), np.array([a, b])
    y = {
        "layer_norm": (a - four.mean()) / four.std(),
        "instance_norm": (a - two.mean()) / two.std(),
        "rms_norm": a / sqrt((a**2 + c**2) / 2),
        "filter_response_norm": max(0, a / sqrt((a**2 + b**2) / 2)),
    }[norm]
    return y, {"as it came": a}


# What a question's text says, by the order of its numbers, to the key and its slips.
KEYS: dict[str, Callable[..., Known]] = {
    "after-bn-groups": lambda _, m, k, s, __, g: (
        k / g * s * s,
        {"single": s * s, "That is the whole sample": k * s * s, "all": m * k / g * s * s, "There are": g * s * s},
    ),
    "after-bn-statistics": lambda norm, m, k, s, _, g: after_bn_statistics(norm, m, k, s, g),
    "layer-rms-offset": lambda _, a, b, mean, sd, *__: layer_rms_offset(a, b, mean, sd),
    "layer-rms-mean-square": lambda _, *x: (sum(v * v for v in x[:4]) / 4, {"of the mean": (sum(x[:4]) / 4) ** 2}),
    "instance-group-cells": lambda norm, m, k, s, _, g: instance_group_cells(norm, m, k, s, g),
    "instance-group-contrast": lambda _, k, *__: (lone_channel(k), {"all channels": 1, "two channels": k / 2}),
    "instance-group-parameters": lambda _, g, k: (
        learned("batch_norm", k),
        {"each group": 2 * g, "as many": k},
    ),
    "precision-one-value": lambda _, *n: (n[4], {"subtracted first": n[3] * n[2] + n[4], "as if": n[3] + n[4]}),
    "precision-float16": lambda _, *n: precision_float16(n[3]),
    "precision-eps-root": lambda _, ten, p: (sqrt(ten**p), {"outside": ten**p}),
    "no-batch-threshold": lambda _, x, other, gamma, beta, tau, __: no_batch_threshold(x, other, gamma, beta, tau),
    "switchable-mean": lambda _, a, b, c, __, ___, w: switchable_mean((a, b, c), w),
    "switchable-count": lambda _, k: (
        learned("switchable_norm", k),
        {"apart from": 2 * k + 3, "each map": 8 * k, r"$\gamma$ and $\beta$": 2 * k},
    ),
    "weights-length": lambda _, a, b, g: (g * a / sqrt(a * a + b * b), {"direction": a / sqrt(a * a + b * b)}),
    "weights-spectral": lambda _, a, __, ___, c: weights_spectral(a, c),
    "batch-size-renorm-value": lambda _, batch, spread, mean, sd, x: batch_size_renorm_value(
        batch, spread, mean, sd, x
    ),
    "same-tensor-gap": lambda _, a, b, c, d, *__: same_tensor_gap(a, b, c, d),
    "invariances-affine": lambda _, y, *n: invariances_affine(y, *n[-2:]),
    "who-differs-running": lambda _, start, x, other, rho: who_differs_running(x, other),
    "who-differs-momentum": lambda _, old: (1 - old, {"forget": old}),
    "same-tensor-numbers": lambda norm, a, b, c, d, *_: same_tensor_numbers(norm, a, b, c, d),
}


def test_every_drawn_number_after_batch_normalization_is_here(bank: Bank) -> None:
    drawn = {name for name, each in bank.items() if isinstance(each, Template) and each.slide in LATER}
    assert {name for name in drawn if bank[name].type == "number"} == set(KEYS)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", KEYS)
def test_key_and_slips_are_what_the_text_comes_to(bank: Bank, name: str, seed: int) -> None:
    question = bank[name].variant(seed)
    assert isinstance(question, Number)
    key, slips = KEYS[name](question.norm, *numbers(question.ask))
    assert float(question.answer) == pytest.approx(key, abs=1e-9)
    assert question.grade(question.solution()).right
    for wrong, text in question.explain.items():  # two slips that come to one number share a text
        assert [said for said, slip in slips.items() if said in text and slip == pytest.approx(float(wrong), abs=1e-9)]
    for slip in slips.values():
        assert any(slip == pytest.approx(float(wrong), abs=1e-9) for wrong in question.explain)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_part_is_wrong_as_the_slip_makes_it(bank: Bank, seed: int) -> None:
    question = bank["weights-find-error"].variant(seed)
    assert isinstance(question, FindError)
    puzzle, closed = question.puzzle, NORMS[str(question.norm)]().derive().closed_form["x"].latex()
    closed = closed.replace(r"\frac{g_{m}}{\nu_{m}}", r"g_{m} \frac{1}{\nu_{m}}")  # two of the parts
    # The formula is wrong, on numbers; what stands in the right one as it is, is not what is wrong with it.
    assert all(part.lstrip("+-") in closed for letter, part in puzzle.parts.items() if letter != puzzle.answer)
    assert [letter for letter in puzzle.parts if question.grade(letter).right] == [puzzle.answer]


@pytest.mark.parametrize("name", ["layer-rms-gradient", "no-batch-tanh-gradient", "after-bn-layer-gradient"])
def test_the_right_formula_stands_once_among_its_mutants(bank: Bank, name: str) -> None:
    for seed in SEEDS:
        question = bank[name].variant(seed)
        assert isinstance(question, Choice)
        closed = NORMS[str(question.norm)]().derive().closed_form["x"].latex().partition(" = ")[2]
        plain = {letter: text.strip("$").replace(r"\bigl", r"\left").replace(r"\bigr", r"\right")
                 for letter, text in question.options.items()}  # fmt: skip
        assert [letter for letter, text in plain.items() if text == closed] == [question.answer]
        assert set(question.explain) == set(question.options) - {question.answer}
