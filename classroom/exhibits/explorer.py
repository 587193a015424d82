"""Any operator on any input: maps, statistics, a cell's own arithmetic, the gradient, two to four side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, Self

import numpy as np

from classroom.exhibit import Control, Exhibit, Pick, Range, SettingsError, Text
from classroom.explorer import graph, script
from classroom.explorer.backward import Backward, backward
from classroom.explorer.bugs import BUGS, Bug, bugs_for
from classroom.explorer.compare import Compare
from classroom.explorer.forward import Forward, forward
from classroom.explorer.graph import Steps, stepped
from classroom.explorer.operators import CHOICES, parameters
from classroom.explorer.scene import (
    PAINT,
    PAINTED,
    RANDOM,
    REACHES,
    UPSTREAM,
    Cell,
    Scene,
    changed,
    nice_limit,
    upstream_of,
)
from classroom.explorer.tensors import OWN, SOURCES, Tensor, tensor
from classroom.explorer.uploads import KEY, kept
from classroom.picture import Picture, Values
from normlib import Norm

FORWARD, BACKWARD, GRAPH, COMPARE = "forward", "backward", "graph", "compare"
RIGHT, NOBODY = "as_it_is", "none"
OPERATORS = tuple(CHOICES)
OTHERS = (NOBODY, *OPERATORS)
HYPER = "its numbers"  # the group of the operator's own controls


@dataclass(frozen=True, kw_only=True)
class Explorer(Exhibit):
    """Point at a number: what it was computed from lights up. Change anything: everything follows."""

    title = "The explorer: any operator on any input"

    view: Annotated[str, Pick("view", (FORWARD, BACKWARD, GRAPH, COMPARE), group="view")] = FORWARD
    source: Annotated[str, Pick("input", SOURCES, group="input")] = SOURCES[0]
    own: Annotated[str, Text("your file", KEY, "file", group="input")] = ""
    times: Annotated[float, Range("input times", 0.0, 3.0, 0.1, group="input")] = 0.5
    plus: Annotated[float, Range("input plus", -3.0, 3.0, 0.1, group="input")] = 1.0
    reach: Annotated[str, Pick("times and plus act on", REACHES, group="input")] = REACHES[0]
    seed: Annotated[int, Range("seed", 0, 9, 1, group="input")] = 0
    operator: Annotated[str, Pick("operator", OPERATORS, group="operator")] = "batch"
    second: Annotated[str, Pick("beside", OTHERS, group="operator")] = "layer"
    third: Annotated[str, Pick("and", OTHERS, group="operator")] = "instance"
    fourth: Annotated[str, Pick("and also", OTHERS, group="operator")] = NOBODY
    bug: Annotated[str, Pick("its formula", (RIGHT, *BUGS), group="operator")] = RIGHT
    eps_power: Annotated[float, Range("ε: power of 10", -9.0, 1.0, 0.5, group=HYPER)] = -5.0
    gamma: Annotated[float, Range("scale γ", -2.0, 2.0, 0.1, group=HYPER)] = 1.0
    beta: Annotated[float, Range("shift β", -2.0, 2.0, 0.1, group=HYPER)] = 0.0
    apart: Annotated[float, Range("spread of γ", 0.0, 1.0, 0.1, group=HYPER)] = 0.0
    size: Annotated[int, Range("window size", 1, 9, 1, group=HYPER)] = 5
    strength: Annotated[float, Range("strength α", 0.0, 10.0, 0.05, group=HYPER)] = 1.0
    power: Annotated[float, Range("power β", 0.0, 2.0, 0.05, group=HYPER)] = 0.75
    offset: Annotated[float, Range("offset κ", 0.1, 5.0, 0.1, group=HYPER)] = 1.0
    groups: Annotated[int, Range("groups, at most", 1, 32, 1, group=HYPER)] = 4
    p: Annotated[float, Range("p of the length", 1.0, 8.0, 0.5, group=HYPER)] = 2.0
    r_max: Annotated[float, Range("r at most", 1.0, 10.0, 0.5, group=HYPER)] = 3.0
    d_max: Annotated[float, Range("d at most", 0.0, 10.0, 0.5, group=HYPER)] = 5.0
    iterations: Annotated[int, Range("power iterations", 0, 20, 1, group=HYPER)] = 3
    upstream: Annotated[str, Pick("upstream gradient", UPSTREAM, group="gradient")] = RANDOM
    paint: Annotated[str, Text("painted gradient", PAINT, "paint", group="gradient")] = ""
    step: Annotated[int, Range("step", 1, 30, 1, play=True, group="gradient")] = 5
    sample: Annotated[int, Range("sample m", 1, 16, 1, group="cell")] = 1
    channel: Annotated[int, Range("channel k", 1, 16, 1, group="cell")] = 4
    row: Annotated[int, Range("row i", 1, 64, 1, group="cell")] = 30
    column: Annotated[int, Range("column j", 1, 64, 1, group="cell")] = 22

    @classmethod
    def from_state(cls, state: Mapping[str, Any], base: Mapping[str, Any] | None = None) -> tuple[Self, list[str]]:
        """Return the explorer for a state, as every exhibit; a file that the server has forgotten is left out."""
        explorer, notices = super().from_state(state, base)
        if explorer.own and kept(explorer.own) is None:
            notices.append(f"{cls.controls()['own'].label}: it is not here any more; open it again.")
            explorer = replace(explorer, own="")
        return explorer, notices

    def norm(self) -> Norm:
        """Return the chosen operator at its settings."""
        return self._norm_of(self.operator)

    def _norm_of(self, name: str) -> Norm:
        return CHOICES[name].norm(self._numbers(), self._tensor().x.shape[1])

    def _numbers(self) -> Mapping[str, float]:
        return {**self.state(), "eps_power": 10.0**self.eps_power}

    def _tensor(self) -> Tensor:
        return tensor(self.source, self.own, self.seed)

    def _bug(self, norm: Norm) -> Bug | None:
        """Return the erroneous twin that was chosen, where it shows in this view and the operator can have it."""
        bug = BUGS.get(self.bug)
        return bug if bug in self._bugs(norm) else None

    def _bugs(self, norm: Norm) -> tuple[Bug, ...]:
        """Return the bugs that this view shows: going forward, those of the forward; going back, all."""
        wheres = {FORWARD: ("forward",), BACKWARD: ("forward", "backward")}.get(self.view, ())
        return tuple(bug for bug in bugs_for(norm) if bug.where in wheres)

    def _cell(self) -> Cell:
        """Return the asked cell; a place beyond the tensor's end becomes its end."""
        asked = (self.sample, self.channel, self.row, self.column)
        return Cell(*(min(at, n) - 1 for at, n in zip(asked, self._tensor().x.shape, strict=True)))

    def explored(self) -> str:
        """Return nothing: this is the explorer."""
        return ""

    def acting(self) -> Mapping[str, Control]:
        """Leave out what the view, the input or the operator does not have; end the axes where the tensor ends."""
        declared = self.controls()
        shape = self._tensor().x.shape
        params = self.norm().init(shape)
        compares, scales = self.view == COMPARE, [params[name] for name in ("gamma", "g") if name in params]
        hides = {
            "own": self.source != OWN,
            "seed": self.source != "random" and (self.upstream != RANDOM or self.view in (FORWARD, COMPARE)),
            "second": not compares,
            "third": not compares,
            "fourth": not compares,
            "bug": compares or self.view == GRAPH,
            "gamma": not scales and not compares,
            "apart": not any(np.size(scale) > 1 for scale in scales) and not compares,
            "beta": "beta" not in params and not compares,
            "upstream": self.view in (FORWARD, COMPARE),
            "paint": self.view != BACKWARD or self.upstream != PAINTED,
            "step": self.view != GRAPH,
        }
        shown = {name for name in declared if not hides.get(name, False)}
        of_operators = {name for one in self._names() for name in CHOICES[one].controls}
        shown -= {
            name
            for name, c in declared.items()
            if c.group == HYPER and name not in of_operators | {"gamma", "beta", "apart"}
        }
        found = {name: control for name, control in declared.items() if name in shown}
        for name, most in zip(("sample", "channel", "row", "column"), shape, strict=True):
            found[name] = _upto(found[name], most)
        if "groups" in found:
            found["groups"] = _upto(found["groups"], shape[1])
        if "step" in found:
            found["step"] = _upto(found["step"], graph.steps(self.norm()))
        if "bug" in found:
            keys = (bug.key for bug in self._bugs(self.norm()))
            found["bug"] = Pick(declared["bug"].label, (RIGHT, *keys), group=declared["bug"].group)
        return found

    def _names(self) -> tuple[str, ...]:
        """Return the operators of the view."""
        if self.view != COMPARE:
            return (self.operator,)
        return tuple(dict.fromkeys(n for n in (self.operator, self.second, self.third, self.fourth) if n != NOBODY))

    def norms(self) -> tuple[Norm, ...]:
        """Return the operators of the view."""
        return tuple(self._norm_of(name) for name in self._names())

    def compute(self) -> Forward | Backward | Steps | Compare:
        """Run the operator on the input, as far as the view needs it. Raises SettingsError where numbers fail."""
        with np.errstate(all="ignore"):  # what is no number is refused
            if self.view == COMPARE:
                return Compare({name: self._scene(name) for name in self._names()})
            scene = self._scene(self.operator)
            if self.view == FORWARD:
                return forward(scene)
            dy = upstream_of(self.upstream, scene.y, scene.cell, self.paint, self.seed)
            if self.view == BACKWARD:
                found = backward(scene, self.upstream, dy)
                self._must_be_finite(self.operator, found.dx, *found.paths.values())
                return found
            steps = stepped(scene, self.upstream, dy, self.step)
            self._must_be_finite(self.operator, *(np.array(node[-2:]) for node in steps.graph.nodes))
            return steps

    def _scene(self, name: str) -> Scene:
        given, norm, cell = self._tensor(), self._norm_of(name), self._cell()
        x = changed(given.x, cell, self.reach, self.times, self.plus)
        params = parameters(norm, x, given.x, self.gamma, self.beta, self.apart)
        bug = self._bug(norm)
        right_y, _ = norm.forward(x, **params)
        y = right_y if bug is None else bug.forward(norm, x, params)
        self._must_be_finite(name, y)
        return Scene(
            given.x, x, y, right_y, params, norm, cell, bug, given.title, _limit(self.source, self.own, self.seed)
        )

    @staticmethod
    def _must_be_finite(name: str, *arrays: Values) -> None:
        if not all(np.isfinite(array).all() for array in arrays):
            raise SettingsError(
                f"{name.replace('_', ' ')}: the numbers must be finite, got 0/0 or more than a number can hold. "
                "Change the input, or raise ε."
            )

    def picture(self, data: Forward | Backward | Steps | Compare) -> Picture:
        """Show the chosen view."""
        return data.picture()

    def code(self) -> str:
        """Return a script that gives the asked cell's numbers by normlib alone."""
        return script.script(
            self._scene(self.operator),
            arrays=f"scenes.{self.operator}.usual" if self.view == COMPARE else "scene.usual",
            source=self.source,
            own=self.own if self.source == OWN else "",
            seed=self.seed,
            change=(self.reach, self.times, self.plus),
            affine=(self.gamma, self.beta, self.apart),
            upstream=(self.upstream, self.paint),
        )

    def alt(self, data: Forward | Backward | Steps | Compare) -> str:
        """Say what the chosen view shows."""
        return data.alt()


@lru_cache(maxsize=64)
def _limit(source: str, own: str, seed: int) -> float:
    return nice_limit(tensor(source, own, seed).x)


def _upto(control: Control, most: float) -> Control:
    assert isinstance(control, Range)
    return control._replace(high=min(control.high, most))
