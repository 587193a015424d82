"""Certificates: the three laws, held against one operator with its very hyperparameters.

1. Algebra: chain rule minus claimed gradient is exactly zero.  2. The code computes the displayed formulas.
3. The code's gradient agrees with differences, for random dy and in random directions of every input. (With dy = 1
the gradient of a standardizing norm is 0 and proves nothing.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from normlib.core import Norm
from normlib.layout import to_nchw
from normlib.pool import ALL, Array

Method = Literal["complex step", "central differences"]
Inputs = Mapping[str, Array]
CODE_TOLERANCE = 1e-10
TOLERANCE: Mapping[Method, float] = {"complex step": 1e-9, "central differences": 1e-5}


class Certificate(NamedTuple):
    """What was checked, and how far off it was at most."""

    algebra: bool  # every displayed claim and step expands to zero
    code_error: float  # code against formulas, relative to the largest value
    code_cases: int
    difference_error: float  # gradient against differences, relative to the norm of the summed terms
    difference_cases: int
    method: Method

    @property
    def holds(self) -> bool:
        """Whether all three laws hold."""
        return self.algebra and self.code_error <= CODE_TOLERANCE and self.difference_error <= TOLERANCE[self.method]


def central_difference(f: Callable[[Array], Any], at: Array, direction: Array, step: float = 1e-6) -> Any:
    """Return the slope of f at `at` along `direction`, to second order in the step.

    >>> round(central_difference(lambda v: float(v[0] ** 2), np.array([3.0]), np.array([1.0])), 6)
    6.0
    """
    return (f(at + step * direction) - f(at - step * direction)) / (2 * step)


def complex_step(f: Callable[[Array], Any], at: Array, direction: Array, step: float = 1e-30) -> Any:
    """Return the slope of an analytic f along `direction` with no subtraction, so to machine precision.

    Source: Squire & Trapp 1998, doi:10.1137/S003614459631241X.

    >>> float(complex_step(lambda v: v[0] ** 2, np.array([3.0]), np.array([1.0])))
    6.0
    """
    return np.imag(f(at + 1j * step * direction)) / step


_STEPS: Mapping[Method, Callable[[Callable[[Array], Any], Array, Array], Any]] = {
    "complex step": complex_step,
    "central differences": central_difference,
}


def certify(
    norm: Norm,
    x: Array | None = None,
    *,
    params: Mapping[str, Array] | None = None,
    cases: int = 20,
    seed: int = 0,
) -> Certificate:
    """Hold the three laws against `norm`.

    x: where the differences are taken, in the norm's layout; random where not given.  params: at x; random too.
    cases: random inputs of law 2, borders and several examples and channels among them.
    """
    rng = np.random.default_rng(seed)
    if x is None:
        inputs = random_inputs(norm, norm.pool.fit((2, 5, 3, 4)), rng)
    else:
        norm.forward(x, **(params or norm.init(np.shape(x))))  # speaks up where x or params are wrong
        nchw = to_nchw(np.asarray(x, dtype=float), norm.layout)
        inputs = random_inputs(norm, nchw.shape, rng) | {"x": nchw}
        given = norm._inward(np.shape(x), params) if params else {}
        inputs |= {name: p.astype(float) for name, p in given.items()}
    method: Method = "complex step" if norm.analytic else "central differences"
    difference_error, difference_cases = _difference_error(norm, inputs, rng, method)
    return Certificate(
        algebra=proved(norm),
        code_error=float(np.max([_code_error(norm, rng) for _ in range(cases)])),
        code_cases=cases,
        difference_error=difference_error,
        difference_cases=difference_cases,
        method=method,
    )


def proved(norm: Norm) -> bool:
    """Whether every claimed gradient and every step of the derivation expands to zero."""
    derivation = norm.derive()
    formulas = [*derivation.closed_form.values(), *(f for step in derivation.steps for f in step.formulas)]
    return all(residue == 0 for formula in formulas for residue in derivation.residue_of(formula))


def random_inputs(norm: Norm, shape: tuple[int, ...], rng: np.random.Generator) -> dict[str, Array]:
    """Return x of an (N, C, H, W) shape, off centre, and positive parameters, none of them 1; as `_forward` takes."""
    params = norm._init(shape)
    return {"x": rng.normal(1.0, 2.0, shape)} | {name: rng.uniform(0.5, 1.5, p.shape) for name, p in params.items()}


def _code_error(norm: Norm, rng: np.random.Generator) -> float:
    # At least 3 values in every whole-axis pool: with 2, dx is 0.
    low, high = (2, 3 if norm.pool.c is ALL else 1, 1, 3), (4, 7, 5, 6)
    n, c, h, w = map(int, rng.integers(low, high))
    shape = norm.pool.fit((n, c, h, w))
    inputs = random_inputs(norm, shape, rng)
    dy = rng.normal(size=shape)
    y, cache = norm._forward(**inputs)
    grads = norm._backward(dy, cache)
    y_shown, grads_shown = norm.derive().evaluate(inputs, dy)
    pairs = [(y, y_shown), *((grads[name], shown) for name, shown in grads_shown.items())]
    return float(np.max([np.abs(code - shown).max() / (np.abs(shown).max() or 1.0) for code, shown in pairs]))


def _difference_error(norm: Norm, inputs: Inputs, rng: np.random.Generator, method: Method) -> tuple[float, int]:
    """Compare <gradient, direction> with <dy, slope of y>, for each input, along random directions."""
    y, cache = norm._forward(**inputs)
    errors = []
    for _ in range(2):
        dy = rng.normal(size=y.shape)
        for name, grad in norm._backward(dy, cache).items():
            direction = rng.normal(size=grad.shape)
            slope = _STEPS[method](_output_of(norm, inputs, name), inputs[name], direction)
            terms = np.concatenate([(dy * slope).ravel(), -(grad * direction).ravel()])
            errors.append(abs(terms.sum()) / (np.linalg.norm(terms) or 1.0))
    return float(np.max(errors)), len(errors)  # np.max, unlike max, hands on a nan


def _output_of(norm: Norm, inputs: Inputs, name: str) -> Callable[[Array], Array]:
    """Return y as a function of one input, the others kept; all in the dtype of that one."""

    def output(value: Array) -> Array:
        return norm._forward(**{other: a.astype(value.dtype) for other, a in {**inputs, name: value}.items()})[0]

    return output
