"""Slips in the gradient of x: a path that is left out, its sign, its size, what it sums.

term1 leads straight to the value's own output; where a mean is taken off term2 leads through it and term3 through the
variance; where none is, term2 leads through what is divided by.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from classroom.quiz.mutation.rewrite import Path, at, drop, is_inverse, is_quantity, is_root, moved, places, put
from classroom.quiz.mutation.rule import Rewrite, Rule, Target
from classroom.quiz.mutation.statistics import is_count
from normlib.derivations.standardized import eps, x_hat
from normlib.nodes import HERE, Above, PoolSize, PoolSum, add, mul, x
from normlib.symbolic import Formula

_VARIED = ("dy", "gamma")  # what stands at the value's own place in the direct path


def is_of_x(target: Target) -> bool:
    """Whether the formula is the gradient of x, by its paths."""
    return target.changed == "d x" and bool(target.terms("term1"))


def has_mean(target: Target) -> bool:
    """Whether a path leads through a mean."""
    return target.defines("mean")


def _without(*tags: str, through_mean: bool) -> Rewrite:
    def rewrite(target: Target) -> Iterator[Formula]:
        if is_of_x(target) and has_mean(target) == through_mean and all(target.terms(tag) for tag in tags):
            yield target.with_right(_cancelled(drop(target.rhs, *target.terms(*tags))))

    return rewrite


def _cancelled(rhs: sp.Expr) -> sp.Expr:
    """Leave N out where it stands above the line and below it, no bracket between."""
    counts = places(rhs, is_count)
    return drop(rhs, *counts) if len(counts) == 2 and not places(rhs, lambda node: isinstance(node, PoolSum)) else rhs


def _constant(target: Target) -> Iterator[Formula]:
    if is_of_x(target) and target.terms("term3"):
        yield target.with_right(_cancelled(drop(target.rhs, *target.terms("term2", "term3"))))


def _sign(tag: str, through_mean: bool) -> Rewrite:
    def rewrite(target: Target) -> Iterator[Formula]:
        if is_of_x(target) and has_mean(target) == through_mean:
            found = [(*path, 0, 0) for path in target.terms(tag) if at(target.rhs, (*path, 0, 0)) == -1]
            if found:
                yield target.with_right(drop(target.rhs, *found))

    return rewrite


def _delta_forgotten(target: Target) -> Iterator[Formula]:
    """Sum the direct path over the pool, as if every output depended directly on every value."""
    if not is_of_x(target) or target.defines("mean_in"):
        return
    (path,) = target.terms("term1")
    term = at(target.rhs, (*path, 0))
    for window in target.find(lambda node: isinstance(node, PoolSum) and node.args[3] == sp.true):
        _, bound, centre, _ = at(target.rhs, window).args
        there = moved(term, dict(zip(centre, bound, strict=True)))
        yield target.with_right(put(target.rhs, (*path, 0), PoolSum(there, tuple(bound), tuple(centre), adjoint=True)))
        return
    factors = list(term.args) if isinstance(term, sp.Mul) else [term]
    varied = [f for f in factors if is_quantity(f, *_VARIED) or isinstance(f, Above)]
    cells = target.cells
    primed = dict(zip(HERE, cells.there, strict=True))
    outside = [f for f in factors if f not in varied]
    body = mul(*varied) if len(varied) > 1 else varied[0]
    total = cells.sum_there(moved(body, primed))
    yield target.with_right(put(target.rhs, (*path, 0), mul(*outside, total) if outside else total))


def _own_count_forgotten(target: Target) -> Iterator[Formula]:
    if is_of_x(target):
        (path, *_) = target.terms("term1")
        for count in places(at(target.rhs, path), is_count):
            yield target.with_right(drop(target.rhs, (*path, *count)))


def _outer_count_forgotten(target: Target) -> Iterator[Formula]:
    if is_of_x(target) and isinstance(target.rhs, sp.Mul):
        for count in places(target.rhs.args[0], is_count):
            yield target.with_right(drop(target.rhs, (0, *count)))


def _share_forgotten(target: Target) -> Iterator[Formula]:
    if is_of_x(target):
        for path in target.terms("term2"):
            for share in places(at(target.rhs, path), lambda node: is_inverse(node) and is_count(node.args[0])):
                yield target.with_right(drop(target.rhs, (*path, *share)))
                return


def _deviation_forgotten(target: Target) -> Iterator[Formula]:
    if target.changed == "d x" and isinstance(target.rhs, sp.Mul):
        front = target.rhs.args[0]
        divisors = places(front, lambda node: is_inverse(node) and not node.has(PoolSize))
        for path in (places(front, is_root) or divisors)[:1]:
            yield target.with_right(drop(target.rhs, (0, *path)))


def _last(target: Target) -> Path | None:
    """Return the place of the single last path's sum, of the factors dy' and x_hat'."""
    if not is_of_x(target):
        return None
    paths = target.terms("term3") or ([] if has_mean(target) else target.terms("term2"))
    return paths[0] if len(paths) == 1 else None


def _is_own(node: sp.Expr) -> bool:
    return node == x_hat[HERE]


def _own_x_hat_forgotten(target: Target) -> Iterator[Formula]:
    path = _last(target)
    if path:
        for found in places(at(target.rhs, path), _is_own)[:1]:
            yield target.with_right(drop(target.rhs, (*path, *found)))


def _x_for_own_x_hat(target: Target) -> Iterator[Formula]:
    path = _last(target)
    if path:
        for found in places(at(target.rhs, path), _is_own)[:1]:
            yield target.with_right(put(target.rhs, (*path, *found), x[HERE]))


def _output_forgotten_in_sum(target: Target) -> Iterator[Formula]:
    path = _last(target)
    if not path:
        return
    for outer in places(at(target.rhs, path), lambda node: isinstance(node, PoolSum)):
        body = at(target.rhs, (*path, *outer, 0))
        for inner in (
            places(body, lambda node: is_quantity(node, "x_hat", "y", "x")) if isinstance(body, sp.Mul) else []
        ):
            yield target.with_right(drop(target.rhs, (*path, *outer, 0, *inner)))
            return


def _gamma_before_sums(target: Target) -> Iterator[Formula]:
    found = target.find(lambda node: is_quantity(node, "gamma"))
    if is_of_x(target) and len(found) > 1 and not target.defines("mean_in"):
        own = at(target.rhs, found[0])
        rhs = drop(target.rhs, *found)
        yield target.with_right(put(rhs, (0, 0), own))


def _same_deviation_twice(target: Target) -> Iterator[Formula]:
    """Divide by sigma + eps where the derivative of sigma has sigma alone."""
    path = _last(target)
    if path and any(f.rhs.has(eps) for f in target.derivation.definition if f.name == "y"):
        for found in places(at(target.rhs, path), lambda node: is_quantity(node, "sigma"))[:1]:
            sigma = at(target.rhs, (*path, *found))
            yield target.with_right(put(target.rhs, (*path, *found), add(sigma, eps)))


RULES = (
    Rule(
        "mean-path-ignored",
        "The path through the mean is ignored",
        "Every value moves the mean, and through it every output of its pool. Left out, the gradient keeps a common "
        "shift that can change nothing.",
        _without("term2", through_mean=True),
    ),
    Rule(
        "variance-path-ignored",
        "The path through the variance is ignored",
        "Every value moves the variance, and through it every output of its pool. Left out, the gradient keeps a part "
        "along x̂ that only stretches the values, which the division undoes.",
        _without("term3", through_mean=True),
    ),
    Rule(
        "length-path-ignored",
        "What is divided by is taken for a constant",
        "The value is itself part of what it is divided by. Each step of x moves that too, and with it other outputs.",
        _without("term2", through_mean=False),
    ),
    Rule(
        "statistics-constant",
        "The statistics are taken for constants",
        "That is right at inference, where mean and variance are fixed numbers. In training both are computed from the "
        "values, and move with each of them.",
        _constant,
    ),
    Rule(
        "mean-path-sign",
        "The path through the mean has the wrong sign",
        "The mean is taken off the value, so a larger mean makes every output smaller. That path must be subtracted.",
        _sign("term2", through_mean=True),
    ),
    Rule(
        "variance-path-sign",
        "The path through the variance has the wrong sign",
        "Outputs shrink as the variance grows, for it is divided by. That path must be subtracted.",
        _sign("term3", through_mean=True),
    ),
    Rule(
        "length-path-sign",
        "The path through what is divided by has the wrong sign",
        "Outputs shrink as what they are divided by grows. That path must be subtracted.",
        _sign("term2", through_mean=False),
    ),
    Rule(
        "delta-forgotten",
        "1 stands for Kronecker's δ",
        "An output depends directly on its own value alone. With 1 in place of δ every value collects the gradients of "
        "all outputs in its pool.",
        _delta_forgotten,
    ),
    Rule(
        "own-n-forgotten",
        "N before dy is forgotten",
        "With 1/N taken out in front, the direct path keeps a factor N. Without it dy counts N times too little next "
        "to the sums.",
        _own_count_forgotten,
    ),
    Rule(
        "outer-n-forgotten",
        "1/N in front is forgotten",
        "The bracket holds N dy and sums over N cells. Without 1/N in front the gradient is N times too large.",
        _outer_count_forgotten,
    ),
    Rule(
        "share-forgotten",
        "1/N before the sum is forgotten",
        "Each value has one N-th of the mean. Without 1/N the sum outweighs dy, and more so the larger the pool.",
        _share_forgotten,
    ),
    Rule(
        "deviation-forgotten",
        "The division is forgotten in the gradient",
        "What the value is divided by on the way forward, its gradient is divided by as well.",
        _deviation_forgotten,
    ),
    Rule(
        "own-x-hat-forgotten",
        "x̂ before the sum is forgotten",
        "A value moves what is divided by in proportion to where it lies. Without x̂ all values would get the same "
        "share.",
        _own_x_hat_forgotten,
    ),
    Rule(
        "x-for-own-x-hat",
        "x stands for x̂ before the sum",
        "What comes out of the derivative is the normalized value, x̂. With x in its place the term changes with the "
        "unit of x, which the output does not notice.",
        _x_for_own_x_hat,
    ),
    Rule(
        "output-forgotten-in-sum",
        "The last sum is over dy alone",
        "An output moves with what is divided by in proportion to its own size. So each dy in that sum must be "
        "multiplied by its output.",
        _output_forgotten_in_sum,
    ),
    Rule(
        "gamma-before-sums",
        "γ stands before the sums",
        "γ can be drawn out of a sum only if it is the same for the whole pool. Here it varies, and each dy needs "
        "the γ of its own cell.",
        _gamma_before_sums,
    ),
    Rule(
        "same-deviation-twice",
        "ε is added in the last path as well",
        "ε is added after the root, so it is not there in how the deviation moves: that has σ alone below the line.",
        _same_deviation_twice,
    ),
)
