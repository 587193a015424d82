r"""Derive switchable normalization: a mean and a variance that are mixed from those of three pools.

An instance is a map, a layer all maps of a sample, a batch all maps of a channel. The gradient reaches x along three
paths: term1 directly, term2 through the means, term3 through the variances; and each of the last two through all pools.
At inference running statistics stand for the batch's: no path leads through those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from normlib.derivations.inference import running_mean, running_var
from normlib.derivations.standardized import beta, eps, gamma, mean, var, x_hat
from normlib.nodes import (
    HERE,
    THERE,
    Length,
    Partial,
    PoolSum,
    Same,
    Tagged,
    add,
    apply,
    dy,
    i,
    ip,
    j,
    jp,
    k,
    kp,
    loss,
    m,
    mp,
    mul,
    neg,
    over,
    root,
    x,
    y,
)
from normlib.symbolic import Derivation, Formula, Indices, Step

if TYPE_CHECKING:
    from normlib.core import Norm

KINDS = ("in", "ln", "bn")  # an instance, a layer, a batch
MAP = (k, m)
LEFT: dict[str, Indices] = {"in": MAP, "ln": (m,), "bn": (k,)}  # the indices of a pool's statistic
MAPS = {"ln": k, "bn": m}  # what counts the maps of a pool
SUMMED: dict[str, Indices] = {"in": (ip, jp), "ln": (ip, jp, kp), "bn": (ip, jp, mp)}  # its cells, beside this one
H, W = Length(i), Length(j)


def switched(norm: Norm, *, unbiased: bool, training: bool) -> Derivation:
    """Derive it.

    unbiased: a map's variance divides by one less than its number of cells.  training: the batch's statistics are its
    own, and move with x.
    """
    moving = KINDS if training else ("in", "ln")
    gathering = {kind: a for kind, a in MAPS.items() if kind in moving}
    area = mul(H, W)
    divisor = add(area, -1) if unbiased else area
    means, variances = ({kind: _statistic(name, kind) for kind in KINDS} for name in ("mean", "var"))
    if not training:
        means["bn"], variances["bn"] = running_mean[k], running_var[k]
    w, v = ({kind: sp.Symbol(f"{name}_share_{kind}") for kind in KINDS} for name in ("mean", "var"))
    mu, s2, std = mean[MAP], var[MAP], root(add(var[MAP], eps))

    definition = (
        Formula(means["in"], mul(over(1, area), PoolSum(x[HERE], (i, j)))),
        Formula(variances["in"], mul(over(1, divisor), PoolSum(add(x[HERE], neg(means["in"])) ** 2, (i, j)))),
        *(Formula(means[kind], mul(over(1, Length(a)), PoolSum(means["in"], (a,)))) for kind, a in gathering.items()),
        *(
            Formula(
                variances[kind],
                mul(
                    over(1, Length(a)),
                    PoolSum(add(variances["in"], add(means["in"], neg(means[kind])) ** 2), (a,)),
                ),
            )
            for kind, a in gathering.items()
        ),
        *(_softmax(name, kind) for name in ("mean", "var") for kind in KINDS),
        Formula(mu, add(*(mul(w[kind], means[kind]) for kind in KINDS))),
        Formula(s2, add(*(mul(v[kind], variances[kind]) for kind in KINDS))),
        Formula(x_hat[HERE], over(add(x[HERE], neg(mu)), std)),
        Formula(y[HERE], add(mul(gamma[k], x_hat[HERE]), beta[k])),
    )

    by, mu_, s2_ = x[HERE], mean[kp, mp], var[kp, mp]
    std_ = root(add(s2_, eps))
    dx, dy_dx = Partial(loss, by), Partial(y[THERE], by)
    same = {"in": Same(MAP, (kp, mp)), "ln": Same((m,), (mp,)), "bn": Same((k,), (kp,))}
    maps = {"in": (), "ln": (Length(k),), "bn": (Length(m),)}
    in_map = over(add(by, neg(means["in"])), divisor)

    def slope(kind: str) -> sp.Expr:
        """Half of how the variance of a pool moves with a value, times its number of maps."""
        return in_map if kind == "in" else add(in_map, over(add(means["in"], neg(means[kind])), area))

    d_mean = add(*(over(mul(w[kind], same[kind]), mul(*maps[kind], area)) for kind in moving))
    d_var = mul(
        2,
        add(
            mul(v["in"], same["in"], in_map),
            *(mul(over(mul(v[kind], same[kind]), *maps[kind]), slope(kind)) for kind in gathering),
        ),
    )

    def gathered(kind: str, body: sp.Expr) -> sp.Expr:
        """Sum a body over the pool of this cell."""
        primed = dict(zip(HERE, THERE, strict=True))
        return PoolSum(_at(body, {a: p for a, p in primed.items() if p in SUMMED[kind]}), SUMMED[kind])

    pull = over(mul(gamma[k], dy[HERE]), std)
    push = over(mul(gamma[k], dy[HERE], x_hat[HERE]), add(s2, eps))
    through_means = (mul(over(w[kind], mul(*maps[kind], area)), gathered(kind, pull)) for kind in moving)
    through_variances = (
        mul(v["in"], in_map, gathered("in", push)),
        *(mul(over(v[kind], *maps[kind]), slope(kind), gathered(kind, push)) for kind in gathering),
    )
    claim = Formula(
        dx,
        add(
            Tagged(pull, "term1"),
            *(Tagged(neg(term), "term2") for term in through_means),
            *(Tagged(neg(term), "term3") for term in through_variances),
        ),
    )
    weights = {
        **{
            f"mean_weight_{kind}": neg(mul(w[kind], PoolSum(mul(pull, add(means[kind], neg(mu))), HERE)))
            for kind in KINDS
        },
        **{
            f"var_weight_{kind}": neg(mul(over(v[kind], 2), PoolSum(mul(push, add(variances[kind], neg(s2))), HERE)))
            for kind in KINDS
        },
    }
    places = (i, j, m)
    affine = {
        "gamma": Formula(Partial(loss, gamma[k]), PoolSum(mul(dy[HERE], x_hat[HERE]), places)),
        "beta": Formula(Partial(loss, beta[k]), PoolSum(dy[HERE], places)),
    }
    switches = {name: Formula(Partial(loss, sp.Symbol(name)), rhs) for name, rhs in weights.items()}
    if training:
        fixed = {}
        pools = "its map, its sample and its channel"
        counts = (
            "A value counts in its own map, in all maps of its sample, and in all maps of its channel; "
            "the weights say how much of each."
        )
    else:
        fixed = {
            "running_mean": Formula(Partial(loss, running_mean[k]), neg(mul(w["bn"], PoolSum(pull, places)))),
            "running_var": Formula(Partial(loss, running_var[k]), neg(mul(over(v["bn"], 2), PoolSum(push, places)))),
        }
        pools = "its map and its sample"
        counts = "A value counts in its own map and in all maps of its sample; the running statistics do not move."
    steps: tuple[Step, ...] = (
        Step(
            "Chain rule",
            f"One value moves the statistics of {pools}: sum over all cells.",
            (Formula(dx, PoolSum(mul(Partial(loss, y[THERE]), dy_dx), THERE)),),
        ),
        Step(
            "Three paths",
            "An output depends on a value directly, through the mixed mean, and through the mixed variance; "
            "delta is 1 where the primed and the unprimed indices agree, else 0.",
            (
                Formula(
                    dy_dx,
                    mul(
                        gamma[kp],
                        add(
                            Tagged(over(Same(HERE, THERE), std_), "term1"),
                            Tagged(neg(mul(over(1, std_), Partial(mu_, by))), "term2"),
                            Tagged(
                                neg(
                                    mul(
                                        over(1, 2),
                                        add(x[THERE], neg(mu_)),
                                        sp.Pow(add(s2_, eps), -sp.Rational(3, 2)),
                                        Partial(s2_, by),
                                    )
                                ),
                                "term3",
                            ),
                        ),
                    ),
                ),
            ),
        ),
        Step(
            "Through each pool",
            counts,
            (Formula(Partial(mu_, by), d_mean), Formula(Partial(s2_, by), d_var)),
        ),
        Step(
            "Closed form",
            f"Put both in and sum: for each path a sum over each of {pools}. dy is short for the derivative of l by y.",
            (claim,),
        ),
        Step("Scale and shift", "Each gathers a sum over its channel.", tuple(affine.values())),
        Step(
            "The weights",
            "A statistic gains weight where it lies on the better side of the mixture; the three gains sum to 0.",
            tuple(switches.values()),
        ),
    )
    if fixed:
        text = "Each gathers a sum over its channel; nothing is learned from it."
        steps = (*steps, Step("The running statistics", text, tuple(fixed.values())))
    inputs: dict[str, Indices] = {"x": HERE, "gamma": (k,), "beta": (k,)} | dict.fromkeys(switches, ())
    inputs |= dict.fromkeys(fixed, (k,))
    return Derivation(norm, (1, 2, 1, 2), inputs, definition, steps, {"x": claim, **affine, **switches, **fixed})


def _statistic(name: str, kind: str) -> sp.Expr:
    return sp.IndexedBase(f"{name}_{kind}")[LEFT[kind]]


def _softmax(name: str, kind: str) -> Formula:
    powers = {each: apply(sp.exp, sp.Symbol(f"{name}_weight_{each}")) for each in KINDS}
    return Formula(sp.Symbol(f"{name}_share_{kind}"), over(powers[kind], add(*powers.values())))


def _at(body: sp.Expr, moved: dict[sp.Symbol, sp.Symbol]) -> sp.Expr:
    """Write a body at other indices, and leave the rest as written."""
    if isinstance(body, sp.Indexed):
        return body.base[tuple(moved.get(a, a) for a in body.indices)]
    if not body.args:
        return body
    arguments = [_at(a, moved) for a in body.args]
    return (
        body.func(*arguments, evaluate=False) if isinstance(body, sp.Add | sp.Mul | sp.Pow) else body.func(*arguments)
    )
