"""The keys in quizzes.yaml, computed again: by the operators they are about, or by arithmetic from the sources."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from classroom.content import SLIDES
from classroom.deck import Deck, Slide
from classroom.quiz import Bank, Choice, Number
from normlib import NORMS, Norm
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.spectral_norm import SpectralNorm
from normlib.variance import textbook, welford

EXACT = 1e-3  # what an epsilon that the question neglects may move


def column(*values: float) -> np.ndarray:
    """One feature map whose values are so many samples: N x 1 x 1 x 1."""
    return np.array(values, dtype=float).reshape(-1, 1, 1, 1)


def channels(*values: float) -> np.ndarray:
    """One position of one sample: 1 x C x 1 x 1."""
    return np.array(values, dtype=float).reshape(1, -1, 1, 1)


def assert_key(bank: Bank, name: str, value: float, slips: dict[str, float] | None = None) -> None:
    """Hold the key, and what each explained slip claims to come from, against a value computed elsewhere."""
    question = bank[name]
    assert isinstance(question, Number)
    assert float(question.answer) == pytest.approx(value, abs=max(EXACT, float(question.within)))
    for text, slip in (slips or {}).items():
        found = [said for wrong, said in question.explain.items() if abs(float(wrong) - slip) < EXACT]
        assert found, f"{name}: {slip} is not explained"
        assert text in found[0], f"{name}: {slip}: {found[0]}"
    assert len(slips or {}) == len(question.explain), f"{name}: {dict(question.explain)}"


def test_lrn_is_cross_channel(bank: Bank) -> None:
    x = np.random.default_rng(0).normal(size=(2, 8, 3, 3))
    theirs, _ = NORMS["cross_channel_norm"](size=5, alpha=0.2, beta=0.75).forward(x)
    factors = {"A": 1, "B": 1 / 5, "C": 25, "D": 5}
    agree = []
    for letter, factor in factors.items():
        ours = NORMS["local_response_norm"](mode="across_channels", size=5, alpha=0.2 * factor, beta=0.75, k=1)
        if np.allclose(ours.forward(x)[0], theirs):
            agree.append(letter)
    assert agree == [bank["lrn-is-cross-channel"].answer]


@pytest.mark.parametrize(("name", "size", "channel"), [("cross-channel-border", 5, 1), ("cross-channel-even", 4, 4)])
def test_cross_channel_windows(bank: Bank, name: str, size: int, channel: int) -> None:
    mask = NORMS["cross_channel_norm"](size=size).pooled((1, 8, 1, 1), (0, channel - 1, 0, 0))
    window = ", ".join(str(index + 1) for index in np.flatnonzero(mask))
    assert bank[name].options[bank[name].answer] == window


def test_spatial_or_within_channel(bank: Bank) -> None:
    x = np.random.default_rng(1).normal(size=(1, 2, 7, 7))
    y, _ = NORMS["spatial_norm"](height=3, width=3, alpha=1, beta=0.75).forward(x)
    z, _ = NORMS["local_response_norm"](mode="within_channel", size=3, alpha=1, beta=0.75, k=1).forward(x)
    differ = ~np.isclose(y, z)[0, 0]
    assert not differ[1:-1, 1:-1].any()
    assert differ.sum() == 7 * 7 - 5 * 5
    assert "borders" in bank["spatial-or-within-channel"].options[bank["spatial-or-within-channel"].answer]


def test_mvn_modes(bank: Bank) -> None:
    shape, cell = (2, 3, 4, 4), (0, 1, 2, 2)
    mvn = NORMS["mean_variance_norm"]
    alone, across = np.zeros(shape, bool), np.zeros(shape, bool)
    alone[0, 1], across[0] = True, True
    x = np.random.default_rng(5).normal(size=shape)
    centred, _ = mvn(normalize_variance=False).forward(x)
    wide = mvn(across_channels=True).pooled(shape, cell)
    holds = {
        "A": (mvn().pooled(shape, cell) == alone).all(),
        "B": not wide[0].all(),
        "C": (wide == across).all(),
        "D": mvn().pooled(shape, cell)[1].any() or wide[1].any(),
        "E": np.allclose(centred, x - x.mean(axis=(2, 3), keepdims=True)),
    }
    assert tuple(k for k, held in holds.items() if held) == bank["mvn-modes"].answer


def test_quiz_picture_which(bank: Bank) -> None:
    names = ["cross_channel_norm", "spatial_norm", "batch_norm", "local_response_norm", "mean_variance_norm"]
    shape = (3, 4, 6, 6)
    painted = np.zeros(shape, bool)
    painted[:, 1] = True  # all positions of one feature map, in every sample
    same = [
        k
        for k, name in zip("ABCDE", names, strict=True)
        if (NORMS[name]().pooled(shape, (0, 1, 2, 2)) == painted).all()
    ]
    assert same == [bank["quiz-picture-which"].answer]


def test_forward_undo(bank: Bank) -> None:
    x = np.random.default_rng(2).normal(3, 2, size=(4, 1, 3, 3))
    mean, var = x.mean(), x.var() + 1e-5
    root = np.sqrt(var)
    pairs = {"A": (root, mean), "B": (1, 0), "C": (var, mean), "D": (1 / root, -mean)}
    norm = NORMS["batch_norm"](eps=1e-5)
    undone = [
        letter
        for letter, (gamma, beta) in pairs.items()
        if np.allclose(norm.forward(x, gamma=np.array([float(gamma)]), beta=np.array([float(beta)]))[0], x)
    ]
    assert undone == [bank["forward-undo"].answer]


def test_forward_mean_and_variance_and_convolution_bias(bank: Bank) -> None:
    rng = np.random.default_rng(3)
    x = np.where(rng.random((8, 1, 16, 16)) < 0.5, rng.normal(-5, 0.1, (8, 1, 16, 16)), 5.0) + column(*range(8))
    norm = NORMS["batch_norm"]()
    params = {"gamma": np.array([3.0]), "beta": np.array([2.0])}
    y, _ = norm.forward(x, **params)
    holds = {
        "A": np.isclose(y.mean(), 2),
        "B": abs(((y - y.mean()) ** 4).mean() / y.var() ** 2 - 3) < 0.5,  # a Gaussian's kurtosis is 3
        "C": np.isclose(y.var(), 9, rtol=1e-4),
        "D": np.allclose(y.mean(axis=(1, 2, 3)), 2),
        "E": bool((np.abs(y - 2) <= 3).all()),
    }
    assert tuple(k for k, held in holds.items() if held) == bank["forward-mean-and-variance"].answer
    assert np.allclose(norm.forward(x + 100, **params)[0], y)
    assert "no effect" in bank["forward-convolution-bias"].options[bank["forward-convolution-bias"].answer]


def test_gamma_count_and_single_value(bank: Bank) -> None:
    norm = NORMS["batch_norm"]()
    assert norm.init((16, 5, 7, 7))["gamma"].size == 5
    assert bank["quiz-gamma-count"].options[bank["quiz-gamma-count"].answer] == "The number of feature maps"
    x, dy = channels(3, -7), channels(1, 2)
    y, cache = norm.forward(x, gamma=np.array([2.0, 3.0]), beta=np.array([0.5, -4.0]))
    assert y.ravel().tolist() == [0.5, -4.0]
    assert not norm.backward(dy, cache)["x"].any()
    assert bank["forward-steps-single-value"].options[bank["forward-steps-single-value"].answer] == r"$y=\beta$"


def test_forward_steps_inference(bank: Bank) -> None:
    rng = np.random.default_rng(6)
    norm = NORMS["batch_norm"](training=False)
    params = {"gamma": rng.normal(size=2), "beta": rng.normal(size=2)}
    params |= {"running_mean": rng.normal(size=2), "running_var": rng.uniform(1, 2, size=2)}
    x = rng.normal(size=(4, 2, 3, 3))
    y, _ = norm.forward(x, **params)
    first, _ = norm.forward(x[:1], **params)
    doubled, _ = norm.forward(x, **params | {"gamma": 2 * params["gamma"]})
    slope = params["gamma"] / np.sqrt(params["running_var"] + norm.eps)
    shift = params["beta"] - slope * params["running_mean"]
    affine = x * slope[:, None, None] + shift[:, None, None]
    holds = {
        "A": not norm.pooled(x.shape, (0, 0, 0, 0)).any(),
        "B": np.allclose(doubled, y),
        "C": np.allclose(first, y[:1]),
        "D": np.allclose(affine, y),
        "E": np.allclose(y.mean(axis=(0, 2, 3)), params["beta"]),
    }
    assert tuple(k for k, held in holds.items() if held) == bank["forward-steps-inference"].answer


def test_backward_input_delta(bank: Bank) -> None:
    rng = np.random.default_rng(7)
    x, dy = rng.normal(size=(2, 1, 2, 2)), rng.normal(size=(2, 1, 2, 2))
    norm = NORMS["batch_norm"](eps=1e-5)
    _, cache = norm.forward(x, **norm.init(x.shape))
    d, var, n = (x - x.mean()).ravel(), x.var() + 1e-5, x.size
    deltas = {
        "A": np.ones((n, n)),
        "B": np.eye(n),
        "C": np.kron(np.eye(2), np.ones((4, 4))),
        "D": np.full((n, n), 1 / n),
    }
    exact = norm.backward(dy, cache)["x"].ravel()
    agree = []
    for letter, delta in deltas.items():
        jacobian = (delta - 1 / n) * var**-0.5 - 0.5 * np.outer(d, 2 / n * d) * var**-1.5
        if np.allclose(dy.ravel() @ jacobian, exact):
            agree.append(letter)
    assert agree == [bank["backward-input-delta"].answer]


def test_paper_experiments_speed(bank: Bank) -> None:
    steps = {"Inception": 31.0, "BN-Baseline": 13.3, "BN-x5": 2.1}  # millions, Figure 3 of arXiv 1502.03167
    question = bank["paper-experiments-speed"]
    assert isinstance(question, Number)
    assert question.grade(f"{steps['Inception'] / steps['BN-x5']:.1f}").right
    for other, said in [(("Inception", "BN-Baseline"), "is BN-Baseline"), (("BN-Baseline", "BN-x5"), "against")]:
        given = f"{steps[other[0]] / steps[other[1]]:.1f}"
        assert said in question.reason(given).this[given]
    assert all(f"{number}\\cdot 10^6" in question.ask for number in steps.values())


def test_lr_init_table_difference(bank: Bank) -> None:
    with_bn = {"sn01": 0.984, "sn02": 0.991167, "tn03": 0.989, "tn01": 0.992667, "tn04": 0.990167}
    np04 = 0.9905
    question = bank["lr-init-table-difference"]
    assert isinstance(question, Number)
    assert question.grade(f"{100 * (with_bn['tn01'] - np04):.2f}").right
    spread = f"{100 * (max(with_bn.values()) - min(with_bn.values())):.2f}"
    assert spread in question.why
    assert "spread" in question.reason(spread).this[spread]


def test_forward_tensor_small_batches(bank: Bank) -> None:
    bn, gn = [23.6, 23.7, 24.8, 27.3, 34.7], [24.1, 24.2, 24.0, 24.2, 24.1]  # %, Table 2 of arXiv 1803.08494
    question = bank["forward-tensor-small-batches"]
    assert all(", ".join(map(str, errors)) + " %" in question.ask for errors in (bn, gn))
    assert [a < b for a, b in zip(bn, gn, strict=True)] == [True, True, False, False, False]
    assert "better with large batches and much worse with small" in question.options[question.answer]
    assert f"{bn[-1] - gn[-1]:.1f} points worse" in question.explain["C"]
    assert f"within {max(gn) - min(gn):.1f} points" in question.explain["B"]


def test_precision_digits(bank: Bank) -> None:
    x = np.random.default_rng(0).normal(1e4, 1.0, (128, 200)).astype(np.float32)
    right = x.astype(float).var(axis=0)  # 16 digits less 8
    digits = [-np.log10(np.median(np.abs(of(x) / right - 1))) for of in (textbook, welford)]
    assert digits[0] < 0
    assert 2.5 < digits[1] < 4.5
    question = bank["precision-digits"]
    assert (question.options["C"], question.answer) == ("None", "C")
    assert question.options["B"] == "3 or 4"
    assert "Welford" in question.explain["B"]


def test_layer_rms_l2(bank: Bank) -> None:
    x = np.random.default_rng(3).normal(1, 2, (2, 9, 3, 3))
    rms, l2 = NORMS["rms_norm"](eps=0, affine=False).forward(x)[0], NORMS["lp_norm"]().forward(x)[0]
    agree = [letter for letter, factor in {"A": 1, "B": 3, "C": 9, "D": 1 / 3}.items() if np.allclose(rms, factor * l2)]
    assert agree == [bank["layer-rms-l2"].answer]


def test_no_batch_louder(bank: Bank) -> None:
    x = np.random.default_rng(6).normal(1, 2, (3, 4, 5, 5))
    louder = np.concatenate([2 * x[:1], x[1:]])
    norms = {
        "A": NORMS["layer_norm"](eps=0),
        "B": NORMS["rms_norm"](eps=0, over="sample"),
        "C": NORMS["filter_response_norm"](eps=0),
        "D": NORMS["dynamic_tanh"](),
        "E": BatchNorm(eps=0),
    }
    outputs = {key: [norm.forward(v, **norm.init(x.shape))[0][0] for v in (x, louder)] for key, norm in norms.items()}
    assert tuple(key for key, (y, z) in outputs.items() if np.allclose(y, z)) == bank["no-batch-louder"].answer


def test_weights_shift(bank: Bank) -> None:
    w = np.random.default_rng(0).normal(size=(4, 3, 2, 2))
    norms = {
        "A": NORMS["weight_norm"](),
        "B": NORMS["weight_standardization"](),
        "C": NORMS["spectral_norm"](iterations=200),
    }

    def after(norm: Norm, x: np.ndarray) -> np.ndarray:
        params = norm.init(x.shape)
        return norm.forward(x, **(norm.power_iteration(x, **params) if isinstance(norm, SpectralNorm) else params))[0]

    def same(norm: Norm, other: np.ndarray) -> bool:
        return np.allclose(after(norm, w), after(norm, other), atol=1e-4)

    assert [letter for letter, norm in norms.items() if same(norm, w + 0.1)] == [bank["weights-shift"].answer]
    assert [letter for letter, norm in norms.items() if same(norm, 5 * w)] == ["A", "B", "C"]


def test_after_bn_batch_of_one(bank: Bank) -> None:
    letters = dict(zip("ABCDE", ("batch", "layer", "instance", "group", "filter_response"), strict=True))
    norms = {letter: NORMS[f"{name}_norm"] for letter, name in letters.items()}
    x = np.random.default_rng(3).normal(1, 2, (64, 32, 4, 4))
    outputs = {
        letter: [norm().forward(v, **norm().init(v.shape))[0][0] for v in (x[:1], x)] for letter, norm in norms.items()
    }
    same = tuple(letter for letter, (y, z) in outputs.items() if np.allclose(y, z))
    assert same == bank["after-bn-batch-of-one"].answer


def test_same_tensor_fog(bank: Bank) -> None:
    other, clear = np.random.default_rng(5).normal(0.2, 1, (2, 1, 12, 6, 6))
    norms = {
        "A": NORMS["batch_norm"](eps=0),
        "B": NORMS["instance_norm"](eps=0),
        "C": NORMS["local_response_norm"](),
    }
    batches = [np.concatenate([other, view]) for view in (clear, clear / 3)]
    outputs = {letter: [norm.forward(x, **norm.init(x.shape))[0][1] for x in batches] for letter, norm in norms.items()}
    assert [letter for letter, y in outputs.items() if np.allclose(*y)] == [bank["same-tensor-fog"].answer]


def test_invariances_scale(bank: Bank) -> None:
    x = np.random.default_rng(7).normal(1, 1, (4, 6, 5, 5))
    norms = {
        "A": NORMS["batch_norm"](eps=0),
        "B": NORMS["layer_norm"](eps=0),
        "C": NORMS["instance_norm"](eps=0),
        "D": NORMS["rms_norm"](eps=0),
        "E": NORMS["local_response_norm"](),
    }
    scaled = x * np.array([0.5, 1, 3, 4]).reshape(4, 1, 1, 1)
    same = {
        letter: np.allclose(*(norm.forward(v, **norm.init(v.shape))[0] for v in (x, scaled)))
        for letter, norm in norms.items()
    }
    assert tuple(letter for letter, holds in same.items() if holds) == bank["invariances-scale"].answer


def test_invariances_louder(bank: Bank) -> None:
    x, norm = np.random.default_rng(7).normal(1, 1, (4, 3, 5, 5)), NORMS["batch_norm"](eps=0)
    by_channel, order = np.array([0.5, 2, 3]).reshape(3, 1, 1), [2, 0, 3, 1]

    def after(v: np.ndarray) -> np.ndarray:
        return norm.forward(v, **norm.init(v.shape))[0]

    y = after(x)
    pairs = {
        "A": (after(x * by_channel), y),
        "B": (after(x + by_channel), y),
        "C": (after(x[order]), y[order]),
        "D": (after(x[:1]), y[:1]),
    }
    changes = [letter for letter, pair in pairs.items() if not np.allclose(*pair)]
    assert changes == [bank["invariances-louder"].answer]


def test_who_differs_eps(bank: Bank) -> None:
    channels_of = {"A": (100.0, 1.0), "B": (0.0, 1e-3), "C": (0.0, 1.0)}
    larger = {}
    for letter, (mean, var) in channels_of.items():
        x = column(mean + var**0.5, mean - var**0.5)
        large, small = (BatchNorm(eps=eps, affine=False).forward(x)[0].max() for eps in (1e-3, 1e-5))
        larger[letter] = small / large
    assert [letter for letter, factor in larger.items() if factor > 1.1] == [bank["who-differs-eps"].answer]
    assert (larger["B"], larger["C"]) == pytest.approx((1.41, 1.0005), abs=5e-3)


def test_same_tensor_order(bank: Bank) -> None:
    norms = {
        "A": NORMS["layer_norm"](),
        "B": NORMS["batch_norm"](),
        "C": NORMS["rms_norm"](),
        "D": NORMS["dynamic_tanh"](),
        "E": NORMS["instance_norm"](),
        "F": NORMS["group_norm"](groups=3),
    }
    shared = {letter: int(norm.pooled((16, 12, 5, 5), (2, 3, 1, 4)).sum()) for letter, norm in norms.items()}
    assert tuple(sorted(shared, key=lambda letter: shared[letter])) == bank["same-tensor-order"].answer
    assert sorted(shared.values()) == [0, 12, 25, 100, 300, 400]


def test_statements_after_batch_normalization(bank: Bank) -> None:
    rng = np.random.default_rng(8)
    w, dy = rng.normal(size=(3, 2, 3, 3)), rng.normal(size=(3, 2, 3, 3))
    weight = NORMS["weight_norm"]()
    gradient = weight.backward(dy, weight.forward(w, **weight.init(w.shape))[1])["x"]
    lengths = [(each**2).sum(axis=(1, 2, 3)) for each in (w, w - 0.5 * gradient, w + 0.5 * gradient)]
    rms, x = NORMS["rms_norm"](affine=False), rng.normal(size=(4, 5, 3, 3))
    switchable = NORMS["switchable_norm"]()
    params = switchable.init(x.shape)
    for of in ("mean", "var"):
        params |= {f"{of}_weight_{at}": np.log(share) for at, share in [("in", 0.5), ("ln", 0.4), ("bn", 0.1)]}
    together, other = (switchable.forward(each, **params)[0][:2] for each in (x, np.concatenate([x[:2], 3 * x[2:]])))
    holds = {
        "weights-orthogonal": bool((lengths[1] >= lengths[0]).all() and (lengths[2] >= lengths[0]).all()),
        "switchable-alone": not np.allclose(together, other),
        "invariances-rms-shift": np.allclose(rms.forward(x + 1)[0], rms.forward(x)[0]),
    }
    assert {name: "T" if held else "F" for name, held in holds.items()} == {name: bank[name].answer for name in holds}


def test_batch_size_imagenet(bank: Bank) -> None:
    errors = {"D": 23.6, "B": 24.1, "C": 25.3, "A": 28.4}  # %, Table 1 of arXiv 1803.08494
    question = bank["batch-size-imagenet"]
    assert tuple(sorted(errors, key=lambda letter: errors[letter])) == question.answer
    names = {letter: text.partition(" ")[0].lower() for letter, text in question.options.items()}
    assert all(f"{errors[letter]}" in question.why and names[letter] in question.why for letter in errors)


def test_who_differs_match(bank: Bank) -> None:
    x, kept = column(0, 4), {}
    for name, norm in BatchNorm.presets().items():
        start, cache = norm.start(1), norm.forward(x, **norm.init((2, 1, 1, 1)))[1]
        kept[name] = float(norm.update(start, cache).var[0])
    weighted = {
        "A": 0.99 * 1 + 0.01 * 4,
        "B": (0.1 * np.sqrt(4 + 1e-4)) ** 2 - 1e-4,  # which starts at 0
        "C": 0.9 * 1 + 0.1 * 8,
        "D": 8.0,  # after one batch the sum is that batch's own
    }
    question = bank["who-differs-match"]
    for item, letter in question.answer.items():
        framework = question.items[item].removesuffix(" 3")  # of Keras, which was another before
        assert kept[framework] == pytest.approx(weighted[letter]), framework


def test_precision_eps_lost(bank: Bank) -> None:
    x, eps = np.full(6, 3, np.float16), np.float16(1e-8)
    with np.errstate(invalid="ignore"):
        y = (x - x.mean()) / np.sqrt(x.var() + eps)
    assert y.dtype == np.float16
    assert np.isnan(y).all()
    assert bank["precision-eps-lost"].options[bank["precision-eps-lost"].answer] == "The output is not a number"
    assert f"{float(np.finfo(np.float16).smallest_subnormal):.0e}" == "6e-08"


def test_every_number_has_its_key_computed_here(bank: Bank) -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*keys.py"))
    numbers = [question.id for question in bank.values() if question.type == "number"]
    assert [name for name in numbers if f'"{name}"' not in source] == []


@pytest.mark.parametrize("slide", [slide for slide in Deck.read(SLIDES) if slide.layout == "quiz"], ids=lambda s: s.id)
def test_the_notes_of_a_quiz_name_none_of_its_options(bank: Bank, slide: Slide) -> None:
    """Everybody can open the presenter's view."""
    for name in slide.quiz:
        question = bank[name]
        assert isinstance(question, Choice)
        for text in question.options.values():
            for part in re.findall(r"\((.+?)\)", text) or [text]:  # a paper goes by its short name
                assert part.lower() not in slide.notes.lower()
