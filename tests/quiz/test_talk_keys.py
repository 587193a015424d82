"""Keys of questions on the talk's own chapters, computed again from the numbers in the text that a reader sees.

By plain arithmetic where an operator made the key, and by the operator where arithmetic did.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, sqrt

import numpy as np
import pytest

from classroom.quiz import Bank, Number
from classroom.quiz.kinds import Choice
from classroom.quiz.template import Template
from normlib import NORMS
from normlib.norms.batch_norm import BatchNorm, Running
from tests.quiz.test_drawn_keys import LATER, SEEDS, Known, numbers, out
from tests.quiz.test_keys import channels, column


def one(value: float) -> np.ndarray:
    """Write a parameter of one feature map."""
    return np.array([value], dtype=float)


def lrn(alpha: float, *x: float) -> Known:
    def share(weight: float, *window: float) -> float:
        return x[0] / (1 + weight * sum(v * v for v in window))

    return share(alpha / 3, *x[:2]), {
        "You took": share(alpha, *x[:2]),
        "two channels": share(alpha / 2, *x[:2]),
        "all three": share(alpha / 3, *x),
        "left $x_1$ out": share(alpha / 3, x[1]),
    }


def mvn_denominator(*n: float) -> Known:
    values, x = np.array(n[:4]), n[4]
    away, squares = x - values.mean(), (values**2).sum()
    return away / values.std(), {
        "A sum stood": away / np.linalg.norm(values - values.mean()),
        "was not centred": away / sqrt(squares / 4),
        "neither centred": away / sqrt(squares),
    }


def mvn_count(text: str, samples: float, maps: float, side: float) -> Known:
    single, whole = side * side, maps * side * side
    count, other = (whole, single) if "channels: true" in text else (single, whole)
    return count, {"other mode": other, "all the samples": samples * count}


def idea_epsilon(v: float, p: float, e: float) -> Known:
    x = column(-1, 1) * sqrt(v * 10**p)
    x_hat = out("batch_norm", x, eps=e * 10**p)
    return x_hat.var(), {"The idea": 1, "standard deviation": x_hat.std(), "share of": 1 - x_hat.var()}


def forward_x_hat(*n: float) -> Known:
    values, x = np.array(n[:5]), n[5]
    away = x - values.mean()
    slips = {"$m-1$": away / values.std(ddof=1), "by the variance": away / values.var(), "did not divide": away}
    return away / values.std(), slips


def running_variance(old: float, m: int, var: float) -> Known:
    x = np.linspace(-1, 1, m)
    x *= sqrt(var) / x.std()
    norm, before = BatchNorm(momentum=0.1), Running(mean=one(0), var=one(old))
    after = norm.update(before, norm.forward(column(*x), **norm.init((m, 1, 1, 1)))[1]).var.item()
    unbiased = x.var(ddof=1)
    return after, {
        "stored the biased": 0.9 * old + 0.1 * var,
        "belongs to the new": 0.1 * old + 0.9 * unbiased,
        "larger of the two": 0.9 * old + 0.1 * var * (m - 1) / m,
        "alone": unbiased,
    }


def inference(mean: float, var: float, gamma: float, beta: float, x: float) -> Known:
    away = x - mean
    return gamma * away / sqrt(var) + beta, {
        "one value": beta,
        "by the variance": gamma * away / var + beta,
        r"left out $\beta": gamma * away / sqrt(var),
        r"left out $\gamma": away / sqrt(var) + beta,
    }


def params_gamma(*n: float) -> Known:
    x_hat, dy = np.array(n[:4]), np.array(n[4:])
    assert (x_hat.mean(), x_hat.var()) == (0, 1)
    return x_hat @ dy, {r"l/\partial\beta": dy.sum(), "the mean": x_hat @ dy / 4, "apart": 0}


def input_sum(*n: float) -> Known:
    """Differentiate along a shift of all of x: that is the sum of the gradient."""
    dy, gamma = np.array(n[:4]), n[4]
    norm, x = BatchNorm(eps=0), np.random.default_rng(4).normal(size=4)
    ahead, behind = (
        dy @ norm.forward(column(*each), gamma=one(gamma), beta=one(0))[0].ravel() for each in (x + 0.01, x - 0.01)
    )
    slips = {r"sum of $\partial l/\partial y": dy.sum(), r"\gamma\sum": gamma * dy.sum()}
    return (ahead - behind) / 0.02, slips


def frozen(var: float, gamma: float, dy: float) -> Known:
    return gamma * dy / sqrt(var), {
        "add up to 0": 0,
        r"left out $\gamma": dy / sqrt(var),
        "by the variance": gamma * dy / var,
        "Its slope": gamma * dy,
    }


def weight_gradient(c: float) -> Known:
    """Differentiate through a layer of one weight vector, before and after all its weights are multiplied."""
    rng, norm = np.random.default_rng(9), BatchNorm(eps=0)
    inputs, w, dy = rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=6)

    def gradient(weights: np.ndarray) -> np.ndarray:
        _, cache = norm.forward(column(*inputs @ weights), **norm.init((6, 1, 1, 1)))
        return norm.backward(column(*dy), cache)["x"].ravel() @ inputs

    ratio = gradient(c * w) / gradient(w)
    assert np.ptp(ratio) < 1e-9
    return ratio.mean(), {"its slope is not": 1, "other way round": c, "in proportion": 1 / c**2}


# What a question's text says, by the order of its numbers, to the key and its slips.
KEYS: dict[str, Callable[..., Known]] = {
    "spatial-corner-count": lambda _, h, w, *__: (
        (h // 2 + 1) * (w // 2 + 1),
        {"interior": h * w, "at an edge": h * (w // 2 + 1)},
    ),
    "spatial-constant-map": lambda _, x, __, ___, alpha, *____: (x / (1 + alpha * x * x), {"subtracted": 0}),
    "lrn-alpha-per-element": lambda _, n, alpha, beta, k, *x: lrn(alpha, *x[:3]),
    "mvn-denominator": lambda _, eps, *n: mvn_denominator(*n),
    "mvn-count": lambda text, samples, maps, side, __: mvn_count(text, samples, maps, side),
    "idea-epsilon": lambda _, __, v, ten, p, e, *___: idea_epsilon(v, p, e),
    "forward-x-hat": lambda _, m, *n: forward_x_hat(*n),
    "forward-tensor-pool": lambda _, m, k, h, w: (
        h * w * m,
        {"in one sample. The": h * w, "not only": m, "maps of one sample": k * h * w, "whole": m * k * h * w},
    ),
    "forward-tensor-dense": lambda _, units, m: (m, {"layer": units, "matrix": m * units, "One position": 1}),
    "forward-steps-running-variance": lambda _, old, m, var, __: running_variance(old, int(m), var),
    "forward-steps-inference-value": lambda _, mean, var, gamma, beta, __, x: inference(mean, var, gamma, beta, x),
    "backward-params-gamma": lambda _, *n: params_gamma(*n),
    "backward-input-sum": lambda _, *n: input_sum(*n),
    "bn-parameters-count": lambda _, a, b, side, __: (
        sum(each.size for k in (a, b) for each in BatchNorm().init((2, int(k), 3, 3)).values()),
        {"alone": a + b, "running": 4 * (a + b), "activations": 2 * (a + b) * side**2},
    ),
    "bn-parameters-2-threshold": lambda _, gamma, beta: (
        -beta / gamma,
        {"turned": beta / gamma, "holds for": 0, "too": -beta, r"for $\hat x$": -gamma / beta},
    ),
    "bn-parameters-2-frozen": lambda _, var, gamma, __, dy: frozen(var, gamma, dy),
    "lr-init-table-weight-gradient": lambda _, c, *__: weight_gradient(c),
}


def test_every_drawn_number_of_the_talks_chapters_is_here(bank: Bank) -> None:
    drawn = {name for name, each in bank.items() if isinstance(each, Template) and each.slide not in LATER}
    assert {name for name in drawn if bank[name].type == "number"} == set(KEYS)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", KEYS)
def test_key_and_slips_are_what_the_text_comes_to(bank: Bank, name: str, seed: int) -> None:
    question = bank[name].variant(seed)
    assert isinstance(question, Number)
    key, slips = KEYS[name](question.ask, *numbers(question.ask))
    assert float(question.answer) == pytest.approx(key, abs=1e-9)
    assert len(slips) == len(question.explain)
    for said, slip in slips.items():
        assert [text for wrong, text in question.explain.items() if abs(float(wrong) - slip) < 1e-9 and said in text]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_constant_gradient_moves_beta_alone(bank: Bank, seed: int) -> None:
    question = bank["backward-params-constant"].variant(seed)
    assert isinstance(question, Choice)
    m, h, w, c = numbers(question.ask)
    shape, norm = (int(m), 1, int(h), int(w)), BatchNorm()
    _, cache = norm.forward(np.random.default_rng(seed).normal(size=shape), **norm.init(shape))
    grads = norm.backward(np.full(shape, c), cache)
    gamma, beta = numbers(question.options[question.answer])
    assert (gamma, beta) == pytest.approx((grads["gamma"].item(), grads["beta"].item()), abs=1e-9)


RIGHT = {
    "lrn-formula": r"\kappa + \frac{\alpha}{n} \sum_{k'\in G(k)} x_{ijk'}^{2}",
    "bn-parameters-formula": r"\gamma_{k}\,\hat{x}_{ijkm} + \beta_{k}",
}


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_formula_stands_once_among_its_mutants(bank: Bank, name: str) -> None:
    for seed in SEEDS:
        question = bank[name].variant(seed)
        assert isinstance(question, Choice)
        assert [letter for letter, text in question.options.items() if text == f"${RIGHT[name]}$"] == [question.answer]
        assert len(question.options) == 4


def test_backward_input_formula(bank: Bank) -> None:
    x, dy = np.random.default_rng(14).normal(1, 2, (2, 3, 1, 2, 2))
    norm, gamma = BatchNorm(), 1.7
    _, cache = norm.forward(x, gamma=one(gamma), beta=one(0.3))
    x_hat, n = cache.x_hat, x.size
    ahead = gamma / np.sqrt(x.var() + norm.eps)
    along = x_hat * (dy * x_hat).sum()
    formulas = {
        "A": ahead * dy,
        "B": ahead / n * (n * dy - dy.sum() - along),
        "C": ahead / n * (n * dy.sum() - dy.sum() - along),
        "D": ahead / n * (n * dy - dy.sum()),
    }
    dx = norm.backward(dy, cache)["x"]
    assert [k for k, found in formulas.items() if np.allclose(found, dx)] == [bank["backward-input-formula"].answer]


def test_statements(bank: Bank) -> None:
    rng = np.random.default_rng(10)
    x, humps = rng.normal(1, 2, (4, 3, 5, 5)), np.where(rng.random((1, 1, 9, 9)) < 0.5, -1.0, 5.0)
    lone = channels(0, 3, 0)
    alone, together = (out("mean_variance_norm", each)[0] for each in (x[:1], x))
    normed = out("mean_variance_norm", humps + rng.normal(0, 0.1, humps.shape))
    norm = BatchNorm(eps=0)
    _, cache = norm.forward(column(3, 50), **norm.init((2, 1, 1, 1)))
    dx = norm.backward(column(1.3, -0.4), cache)["x"]

    def mean_loss(gamma: float) -> float:
        y, _ = norm.forward(x[:, :1], gamma=one(gamma), beta=one(0.5))
        return (y**2).sum(axis=(1, 2, 3)).mean()

    y, cache = norm.forward(x[:, :1], gamma=one(2), beta=one(0.5))
    summed = norm.backward(2 * y / len(x), cache)["gamma"].item()
    true = (mean_loss(2.001) - mean_loss(1.999)) / 0.002
    holds = {
        "what-normalization-shape": np.abs(normed).min() > 0.3,  # nothing lies between the humps
        "cross-channel-lone": np.allclose(out("cross_channel_norm", lone, size=3, alpha=0.1), lone),
        "mvn-test-time": not np.allclose(alone, together),
        "backward-params-mean-loss": not np.isclose(summed, true),
        "idea-two": np.abs(dx).max() < 1e-12,
        "paper-experiments-first-not-best": min((2.1, 73.0), (2.7, 74.8))[1] > 74.0,  # arXiv 1502.03167, figure 3
        "lr-init-table-scale": np.allclose(*(out("batch_norm", each, eps=0) for each in (10 * x, x))),
    }
    assert {name: "T" if held else "F" for name, held in holds.items()} == {name: bank[name].answer for name in holds}


def test_what_normalization_centres(bank: Bank) -> None:
    x = np.random.default_rng(11).normal(3, 1, (4, 3, 6, 6))
    norms = ("local_response_norm", "batch_norm", "spatial_norm", "mean_variance_norm")
    centred = tuple(k for k, name in zip("ABCD", norms, strict=True) if abs(out(name, x).mean()) < 1e-9)
    assert centred == bank["what-normalization-centres"].answer


def test_before_bn_sets(bank: Bank) -> None:
    shape, cell = (2, 9, 9, 9), (1, 4, 4, 4)
    norms = {"1": NORMS["local_response_norm"](mode="across_channels"), "2": NORMS["spatial_norm"](height=3, width=3)}
    norms |= {"3": NORMS["mean_variance_norm"](), "4": NORMS["cross_channel_norm"]()}
    along = {"A": "some rows, some columns", "B": "all rows, all columns", "C": "some channels"}
    for item, norm in norms.items():
        where = norm.pooled(shape, cell)
        extents = []
        for axis, name in enumerate(("samples", "channels", "rows", "columns")):
            reached = where.any(axis=tuple(other for other in range(4) if other != axis)).sum()
            extents += [f"{'all' if reached == shape[axis] else 'some'} {name}"] if reached > 1 else []
        assert along[bank["before-bn-sets"].answer[item]] == ", ".join(extents)


def test_idea_sigmoid(bank: Bank) -> None:
    far, middle = (s * (1 - s) for s in (1 / (1 + exp(-z)) for z in (6, 0)))
    assert (round(far, 4), middle) == (0.0025, 0.25)
    assert middle / far == pytest.approx(100, rel=0.05)
    assert "hundredfold" in bank["idea-sigmoid"].options[bank["idea-sigmoid"].answer]


def test_bn_parameters_gamma_zero(bank: Bank) -> None:
    x, dy = np.random.default_rng(12).normal(size=(2, 4, 1, 3, 3))
    norm = BatchNorm()
    y, cache = norm.forward(x, gamma=one(0), beta=one(0.7))
    grads = norm.backward(dy, cache)
    holds = {
        "A": np.allclose(y, 0.7),
        "B": not grads["x"].any(),
        "C": not grads["gamma"].any(),
        "D": not x.any(),
    }
    assert tuple(k for k, held in holds.items() if held) == bank["bn-parameters-gamma-zero"].answer


def test_bn_parameters_2_learned(bank: Bank) -> None:
    question, x = bank["bn-parameters-2-learned"], np.random.default_rng(13).normal(size=(3, 2, 4, 4))
    norm = BatchNorm()
    grads = norm.backward(x, norm.forward(x, **norm.init(x.shape))[1])
    names = {"A": "running_var", "B": "gamma", "C": "eps", "D": "beta", "E": "running_mean"}
    assert tuple(letter for letter, name in names.items() if name in grads) == question.answer
