"""An operator put to work on drawn numbers: what the slides run computes the key, and its mutants the known slips."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from classroom.quiz.fields import Name, Texts
from classroom.quiz.frozen import Frozen
from classroom.quiz.mutation import Mutant, mutants
from classroom.quiz.operator import setting
from classroom.quiz.problems import unmet
from normlib import NORMS, Norm
from normlib.evaluation import Evaluation
from normlib.pool import Array

Values = Mapping[str, Any]  # by name: a number, a word, a row of numbers


class Work(BaseModel):
    """Run an operator on x of a shape; inputs and settings are what was drawn under their names, else as usual.

    shape: N, C, H, W, numbers or drawn names.  settings: fields of the operator, as text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    shape: Annotated[tuple[str, ...], Field(min_length=4, max_length=4)]
    settings: Texts[Name] = Frozen()


class Bench(NamedTuple):
    """One operator with all its inputs."""

    norm: Norm
    inputs: Mapping[str, Array]  # x, (N, C, H, W), and the parameters
    dy: Array | None

    def slips(self, name: str) -> Iterator[tuple[Mutant, Any]]:
        """Yield each mutant of the operator with what it makes of a value."""
        gradient = name[1:] if name.startswith("d") and name[1:] in self.inputs else None
        for mutant in mutants(self.norm):
            if mutant.changed.startswith("d ") != (gradient is not None):
                continue
            evaluation = Evaluation(mutant.derivation, self.inputs, self.dy)
            if gradient is not None and mutant.changed == f"d {gradient}":
                yield mutant, _row(evaluation.gradient(gradient))
            elif gradient is None and name in evaluation.lets:
                yield mutant, _row(evaluation.value(name))


class Results(Mapping[str, Any]):
    """What comes out of an operator, each computed when it is asked for: a number, or a row in the order of the cells.

    y, every quantity of the definition, y_mean, y_std, count (cells that share the first cell's statistic), and with dy
    the gradients dx, dgamma, ... Asking raises what `unmet` makes where the operator refuses its input.
    """

    def __init__(self, bench: Bench) -> None:
        """Take the operator; nothing is computed yet."""
        self._bench = bench
        self._evaluation = Evaluation(bench.norm.derive(), bench.inputs, bench.dy)
        outputs = ["y", "y_mean", "y_std", "count", *(name for name in self._evaluation.lets if name != "y")]
        self._names = dict.fromkeys([*outputs, *(f"d{name}" for name in bench.inputs if bench.dy is not None)])
        self._known: dict[str, Any] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._known:
            try:
                self._known[name] = _row(self._computed(name))
            except ValueError as error:
                todo = "Compare shape, settings and what is drawn"
                raise unmet("must fit the operator", str(error).rstrip("."), todo, at="run") from None
        return self._known[name]

    def _computed(self, name: str) -> Any:
        norm, x, dy = self._bench.norm, self._bench.inputs["x"], self._bench.dy
        if name == "count":
            return norm.pooled(x.shape, (0, 0, 0, 0)).sum()
        if name in self._evaluation.lets and name != "y":
            return self._evaluation.value(name)
        y, cache = norm.forward(x, **{key: value for key, value in self._bench.inputs.items() if key != "x"})
        if dy is not None and name.startswith("d"):
            return norm.backward(dy, cache)[name[1:]]
        return {"y": y, "y_mean": y.mean(), "y_std": y.std()}[name]


def bench(work: Work, norm: str, values: Mapping[str, Any]) -> Bench:
    """Make the operator and its inputs of what was drawn. Raises ValueError where they do not fit each other."""
    cls = NORMS[norm]
    sizes = tuple(int(float(values.get(each, each))) for each in work.shape)
    if min(sizes) < 1 or math.prod(sizes) > 10_000:
        raise ValueError(f"run: the shape must have 1 to 10,000 cells, got {sizes}. Make it smaller.")
    settings = {name: values.get(text, text) for name, text in work.settings.items()}
    inputs_of = cls().init(sizes)
    settings |= {name: values[name] for name in cls.hypers() if name in values and name not in inputs_of}
    operator = cls(**{name: setting(getattr(cls(), name, None), value) for name, value in settings.items()})
    inputs = {"x": _array(values["x"], sizes)}
    inputs |= {name: _array(values[name], p.shape) if name in values else p for name, p in operator.init(sizes).items()}
    return Bench(operator, inputs, _array(values["dy"], sizes) if "dy" in values else None)


def _array(value: Any, shape: tuple[int, ...]) -> Array:
    numbers = np.array([float(v) for v in value] if isinstance(value, tuple) else float(value))
    if numbers.ndim and numbers.size != math.prod(shape):
        raise ValueError(f"run: must have {math.prod(shape)} numbers for the shape {shape}, got {numbers.size}.")
    return np.array(np.broadcast_to(numbers, shape) if not numbers.ndim else numbers.reshape(shape))


def _row(value: Any) -> Any:
    numbers = np.asarray(value, dtype=float)
    return float(numbers.reshape(-1)[0]) if numbers.size == 1 else tuple(numbers.reshape(-1).tolist())
