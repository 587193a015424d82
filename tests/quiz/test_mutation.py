"""Each mutant is wrong where it says, and by what it says: the operator's own code gives the right number."""

from __future__ import annotations

import doctest
import json
import re
import shutil
import subprocess
from collections import defaultdict
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from classroom.quiz.mutation import (
    RULES,
    can_be_marked,
    changed_place,
    marked,
    mutant,
    mutants,
    parts,
    proof,
    rewrite,
    words,
)
from classroom.quiz.mutation.proof import counterexample
from classroom.quiz.mutation.rewrite import put, untagged
from normlib import NORMS
from normlib.derivations.standardized import eps, mean, var, x_hat
from normlib.evaluation import Evaluation
from normlib.nodes import HERE, add, k, mul, neg, over, root, x
from normlib.symbolic import Formula

KATEX = Path(__file__).parents[2] / "assets" / "katex" / "katex.min.js"
BatchNorm = NORMS["batch_norm"]
every_operator = pytest.mark.parametrize("norm", [kind() for kind in NORMS.values()], ids=NORMS.keys())

# What formulas leave open, so that no two of them agree by chance: a window of both kinds, an eps that counts.
OPEN = {"eps": 0.5, "alpha": 0.75, "beta": 1.25, "k": 1.5, "groups": 2}
LENGTHS = ({"size": 2, "height": 2, "width": 3}, {"size": 3, "height": 3, "width": 2})


def of_code(norm, inputs, changed):
    """What the operator's own forward or backward makes of the inputs."""
    params = {name: value.astype(float) for name, value in inputs.items()}
    dy = params.pop("dy", None)
    y, cache = norm.forward(**params)
    return y if dy is None else norm.backward(dy, cache)[changed.removeprefix("d ")]


def output(derivation, inputs, dy, changed):
    evaluation = Evaluation(derivation, inputs, dy)
    return evaluation.gradient(changed.removeprefix("d ")) if changed.startswith("d ") else evaluation.y


def settings_for(norm, lengths):
    fields = norm.hypers()
    return {name: value for name, value in {**OPEN, **lengths}.items() if name in fields}


@every_operator
def test_each_fails_by_what_it_says_and_the_code_gives_what_it_calls_right(norm):
    for m in mutants(norm):
        found = m.differs()
        used = replace(norm, layout="NCHW", **found.settings)
        right = of_code(used, found.inputs, m.changed)[found.place]
        assert np.isclose(right, found.right, rtol=1e-9, atol=1e-12), (m.tag, m.changed)
        inputs = {name: value.astype(float) for name, value in found.inputs.items()}
        dy = inputs.pop("dy", np.zeros(inputs["x"].shape))
        with np.errstate(all="ignore"):  # a gradient may be undefined where y is asked for
            y, grads = replace(m.derivation, of=used).evaluate(inputs, dy)
        wrong = (grads[m.changed[2:]] if m.changed.startswith("d ") else y)[found.place]
        assert np.isclose(wrong, found.wrong, rtol=1e-9, atol=1e-12), (m.tag, m.changed)
        assert abs(wrong - right) > 1e-4
        assert all(str(value) not in found.sentence for value in ("nan", "inf"))


@every_operator
def test_no_two_of_one_formula_say_the_same_in_letters_or_in_numbers(norm):
    of = defaultdict(list)
    for m in mutants(norm):
        of[m.changed].append(m)
    for changed, alike in of.items():
        shown = [alike[0].right.latex(), *(m.wrong.latex() for m in alike)]
        assert len(set(shown)) == len(shown)
        values = [[] for _ in range(len(alike) + 1)]
        for seed, lengths in enumerate(LENGTHS):
            used = replace(norm, layout="NCHW", **settings_for(norm, lengths))
            rng = np.random.default_rng(seed)
            shape = used.pool.fit((3, 4, 3, 2))
            inputs = {name: rng.uniform(0.4, 1.6, p.shape) for name, p in used.init(shape).items()}
            inputs["x"] = rng.normal(0.1, 0.5, shape)  # a position's length is now above eps and now below
            dy = rng.normal(0.2, 1.0, shape)
            for n, derivation in enumerate([norm.derive(), *(m.derivation for m in alike)]):
                values[n].append(output(replace(derivation, of=used), inputs, dy, changed).ravel())
        for (one, first), (two, second) in combinations(enumerate(map(np.concatenate, values)), 2):
            same = np.allclose(first, second, rtol=1e-7, atol=1e-7, equal_nan=True)
            assert not same, f"{changed}: {shown[one]} and {shown[two]}"


def test_every_operator_has_enough_and_batch_normalization_more():
    for key, kind in NORMS.items():
        assert len(mutants(kind())) >= 3, key
    assert all(len(mutants(BatchNorm(), changed)) >= 4 for changed in ("mean", "var", "x_hat", "y", "d x"))
    assert mutants(BatchNorm(), "no such formula") == ()


def test_mutants_are_made_once_and_stay_in_order():
    assert mutants(BatchNorm()) is mutants(BatchNorm())
    tags = list(RULES)
    places = [tags.index(m.tag) for m in mutants(BatchNorm(), "d x")]
    assert places == sorted(places)


def test_every_rule_is_of_use_and_says_a_sentence():
    norms = [*(kind() for kind in NORMS.values()), BatchNorm(training=False)]
    assert {m.tag for norm in norms for m in mutants(norm)} == set(RULES)
    assert len({rule.title for rule in RULES.values()}) > 0.9 * len(RULES)  # two may be called alike: of two formulas
    for tag, rule in RULES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", tag), tag
        assert rule.tag == tag
        assert rule.says.endswith("."), tag
        assert not rule.title.endswith("."), tag


# What is known by hand.


def of_batch_norm(changed, tag):
    return next(m for m in mutants(BatchNorm(), changed) if m.tag == tag)


def test_two_cells_are_one_apart_and_so_have_no_gradient():
    # Two values always come out as -1 and 1: nothing is gained by moving one.
    found = of_batch_norm("d x", "variance-path-ignored").differs()
    assert found.inputs["x"].ravel().tolist() == [0, 1]
    assert (found.wrong, found.right) == (-1.0, 0.0)
    assert found.sentence == (
        "With 2 samples, x = (0, 1), dy = (0, 1), γ = 1, ε = 0, the formula gives −1 for the first dx; right is 0."
    )


def test_the_unbiased_variance_of_two_values_is_twice_the_biased_one():
    found = of_batch_norm("var", "unbiased-for-biased").differs()
    assert found.right == -1.0
    assert found.wrong == pytest.approx(-(0.5**0.5))


def test_a_changed_definition_changes_y_and_leaves_the_claimed_gradients():
    changed = of_batch_norm("var", "sum-for-mean")
    values = np.arange(6.0).reshape(3, 2, 1, 1)
    given = {"x": values, "gamma": np.array([1.0, 2.0]), "beta": np.array([0.0, 1.0])}
    centred = values - values.mean(0)
    by_hand = np.array([1, 2]).reshape(1, 2, 1, 1) * centred / np.sqrt((centred**2).sum(0) + 1e-5)
    assert np.allclose(Evaluation(changed.derivation, given).y, by_hand + np.array([0, 1]).reshape(1, 2, 1, 1))
    assert changed.derivation.closed_form == BatchNorm().derive().closed_form


def test_a_statistic_of_other_cells_is_used_with_its_own_indices():
    over = of_batch_norm("mean", "over-channels")
    assert over.wrong.latex() == r"\mu_{m} = \frac{1}{N} \sum_{ijk} x_{ijkm}"
    assert r"\left(x_{ijkm} - \mu_{m}\right)^{2}" in over.derivation.definition[1].latex()


def test_an_equal_formula_has_no_counterexample():
    std = root(add(var[k], eps))
    apart = Formula(x_hat[HERE], add(over(x[HERE], std), neg(over(mean[k], std))))
    with pytest.raises(ValueError, match="must differ from the right formula"):
        counterexample(BatchNorm(), "x_hat", apart)


def test_a_formula_that_merely_looks_other_is_no_mutant(monkeypatch):
    def turned(target):
        if target.changed == "y":
            scaled, shift = target.rhs.args
            yield target.with_right(add(shift, mul(*reversed(scaled.args))))

    rule = RULES["beta-forgotten"]
    monkeypatch.setattr(mutant, "RULES", {"turned": replace(rule, tag="turned", rewrite=turned), rule.tag: rule})
    made = mutant._mutants.__wrapped__(BatchNorm())
    assert [m.tag for m in made] == ["beta-forgotten"]


# Parts.


@every_operator
def test_only_the_wrong_part_differs(norm):
    blank = sp.Symbol("blank")
    for m in filter(can_be_marked, mutants(norm)):
        latex, shown, wrong = marked(m)
        assert 3 <= len(shown) <= 6
        assert re.findall(r"_\{\\text\{([A-F])\}\}", latex) == list("ABCDEF"[: len(shown)])  # in the order of reading
        one, other = (untagged(f.rhs) for f in (m.right, m.wrong))
        places = parts(m.wrong, changed_place(m))
        assert put(one, places[wrong], blank) == put(other, places[wrong], blank), m.tag
        assert all(put(one, path, blank) != put(other, path, blank) for path in places if path != places[wrong]), m.tag


def test_the_gradient_of_batch_normalization_has_four_parts():
    latex, shown, wrong = marked(of_batch_norm("d x", "variance-path-sign"))
    assert latex == (
        r"\frac{\partial l}{\partial x_{ijkm}} = "
        r"\underbrace{\frac{\gamma_{k}}{N\,\sqrt{\sigma_{k}^{2} + \epsilon}}}_{\text{A}} "
        r"\left(\underbrace{N\,\mathrm{d}y_{ijkm}}_{\text{B}} "
        r"\underbrace{{} - \sum_{i'j'm'} \mathrm{d}y_{i'j'km'}}_{\text{C}} "
        r"\underbrace{{} + \hat{x}_{ijkm} \sum_{i'j'm'} \mathrm{d}y_{i'j'km'}\,\hat{x}_{i'j'km'}}_{\text{D}}\right)"
    )
    assert wrong == 3
    assert shown[0] == r"\frac{\gamma_{k}}{N\,\sqrt{\sigma_{k}^{2} + \epsilon}}"


def test_what_has_too_few_parts_is_refused():
    short = of_batch_norm("d beta", "gradient-averaged")
    assert not can_be_marked(short)
    with pytest.raises(ValueError, match="3 parts"):
        marked(short)


def test_a_missing_factor_is_missing_in_its_whole_product():
    norm = NORMS["cross_channel_norm"]()
    two = next(m for m in mutants(norm, "d x") if m.tag == "two-forgotten")
    _, shown, wrong = marked(two)
    assert shown[wrong].startswith(r"-\alpha \beta x_{ijk} \sum")  # not in one of its factors


# LaTeX.


@pytest.fixture(scope="module")
def every_latex():
    every = [m for kind in NORMS.values() for m in mutants(kind())]
    braced = [marked(m) for m in every if can_be_marked(m)]
    return [*(m.wrong.latex() for m in every), *(text for whole, shown, _ in braced for text in (whole, *shown))]


def test_latex_is_balanced(every_latex):
    for text in every_latex:
        depths = np.cumsum([{"{": 1, "}": -1}.get(c, 0) for c in text])
        assert depths.min() >= 0, text
        assert depths[-1] == 0, text
        assert text.count(r"\left") == text.count(r"\right"), text


@pytest.mark.skipif(shutil.which("node") is None, reason="KaTeX needs Node.js")
def test_katex_sets_every_formula(every_latex):
    script = """
        const katex = require(process.argv[1]);
        const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
        const refused = texts.filter((text) => {
            try { katex.renderToString(text, {displayMode: true, throwOnError: true, strict: "error"}); return false; }
            catch (error) { return true; }
        });
        console.log(JSON.stringify(refused));
    """
    texts = [*every_latex, r"\frac{1"]  # the last cannot be set
    run = subprocess.run(
        ["node", "-e", script, str(KATEX)], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    assert json.loads(run.stdout) == [r"\frac{1"]


@pytest.mark.parametrize("module", [mutant, proof, rewrite, words])
def test_examples_in_the_docs(module):
    assert doctest.testmod(module).failed == 0
