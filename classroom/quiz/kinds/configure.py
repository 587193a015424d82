"""Set an exhibit's controls so that its picture measures what is asked for; whatever settings do it are right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, PlainSerializer, ValidationInfo
from pydantic import field_validator as check

from classroom.exhibit import Control, Exhibit, Pick, Range, SettingsError
from classroom.exhibits import EXHIBITS
from classroom.quiz.asked import Asked, Reason, Verdict
from classroom.quiz.fields import Exact, Name, Texts
from classroom.quiz.frozen import Frozen
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import nearest, show, unmet
from classroom.typeset import number, short

ROUNDING = 1e-9  # what floating point may move a measure that is just so far from its target

Targets = Annotated[
    Mapping[str, Exact],
    Field(min_length=1, max_length=4),
    AfterValidator(Frozen),
    PlainSerializer(lambda targets: {name: str(value) for name, value in targets.items()}),
]


class Measured(NamedTuple):
    """One target, and what the settings give instead."""

    name: str
    wanted: float
    got: float
    met: bool


class Configure(Asked):
    """Set the named controls of an exhibit; the others stay as `state` has them, or as they usually are.

    targets: what `Exhibit.measures` is to give, by name.  within: how far from a target is still right.
    answer: some right settings, proved right when the file is read.  explain: for a target, what missing it means.

    Partial credit: the share of the targets that are met.
    """

    how = "Move the controls until the picture shows what is asked for, then answer with these settings."

    type: Literal["configure"]
    exhibit: str
    controls: Annotated[tuple[Name, ...], Field(min_length=1, max_length=4)]
    state: Texts[Name] = Frozen()
    targets: Targets
    within: Exact
    answer: Texts[Name]
    explain: Texts[str] = Frozen()

    @check("exhibit")
    @classmethod
    def _exists(cls, key: str) -> str:
        if key not in EXHIBITS:
            raise unmet(
                "must be a known exhibit", show(key), nearest(key, EXHIBITS, f"Write one of {', '.join(EXHIBITS)}")
            )
        return key

    @check("controls")
    @classmethod
    def _can_be_moved(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if "exhibit" in info.data:
            movable = {n: c for n, c in _controls(info.data["exhibit"]).items() if _is_quick(c)}
            if stray := [name for name in names if name not in movable]:
                todo = nearest(stray[0], movable, "Write one of them")
                raise unmet(f"must be among {', '.join(movable)}", show(stray[0]), todo)
        return names

    @check("state")
    @classmethod
    def _is_a_start(cls, state: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        if "exhibit" in info.data:
            _typed(info.data["exhibit"], state)
        return state

    @check("targets")
    @classmethod
    def _are_measured(cls, targets: Mapping[str, Fraction], info: ValidationInfo) -> Mapping[str, Fraction]:
        if {"exhibit", "controls", "state"} <= info.data.keys():  # an exhibit may take seconds
            known = _measures(_typed(info.data["exhibit"], info.data["state"]))
            if stray := [name for name in targets if name not in known]:
                must = f"must be what the exhibit measures: {', '.join(known) or 'nothing'}"
                raise unmet(must, show(stray[0]), nearest(stray[0], known, "Write another exhibit"), at=stray[0])
        return targets

    @check("within")
    @classmethod
    def _is_a_distance(cls, within: Fraction) -> Fraction:
        if within <= 0:
            raise unmet(
                "must be more than 0", show(within), "Write how far from the targets is still right, such as 0.05"
            )
        return within

    @check("answer")
    @classmethod
    def _is_right(cls, answer: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        given = info.data
        if not {"exhibit", "controls", "state", "targets", "within"} <= given.keys():
            return answer
        if set(answer) != set(given["controls"]):
            raise unmet(f"must set {', '.join(given['controls'])}", ", ".join(answer) or "nothing", "Give each a value")
        proof = _judged(_typed(given["exhibit"], {**given["state"], **answer}), given["targets"], given["within"])
        if wrong := [each for each in proof if not each.met]:
            must = f"must give {wrong[0].name} {short(wrong[0].wanted)}"
            raise unmet(must, short(wrong[0].got, 4), "Correct the settings or the target")
        if all(
            each.met for each in _judged(_typed(given["exhibit"], given["state"]), given["targets"], given["within"])
        ):
            raise unmet("must differ from the start", "a start that is right already", "Change 'state'")
        return answer

    @check("explain")
    @classmethod
    def _explains_targets(cls, explain: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        targets = info.data.get("targets")
        if targets is not None and (stray := [name for name in explain if name not in targets]):
            raise unmet(f"must explain targets: {', '.join(targets)}", show(stray[0]), "Write one of them", at=stray[0])
        return explain

    @property
    def start(self) -> Exhibit:
        """The exhibit as it is first seen."""
        return _typed(self.exhibit, self.state)

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer: which exhibit, and where it starts."""
        shown = {"exhibit": self.exhibit, "controls": list(self.controls), "state": self.start.state()}
        return {**super().public(), **shown}

    def grade(self, given: Any) -> Verdict:
        """Judge settings by what the exhibit then measures."""
        met = [each.met for each in self.measured(given)]
        return Verdict(all(met), sum(met) / len(met))

    def reason(self, given: Any) -> Reason:
        """Say why, and what is behind each target that was missed."""
        missed = [each.name for each in self.measured(given) if not each.met]
        return Reason(self.why, Frozen({name: self.explain[name] for name in missed if name in self.explain}))

    def key(self) -> str:
        """Write the settings that are known to be right."""
        labels = {name: control.label for name, control in _controls(self.exhibit).items()}
        return f"one right setting is {', '.join(f'{labels[n]} {self.answer[n]}' for n in self.controls)}"

    def solution(self) -> dict[str, Any]:
        """Return settings that are right."""
        state = _typed(self.exhibit, {**self.state, **self.answer}).state()
        return {name: state[name] for name in self.controls}

    def said(self, given: Any) -> str:
        """Write the settings in a row."""
        state = self.set(given).state()
        return ", ".join(f"{name} = {_shown(state[name])}" for name in self.controls)

    def revealed(self, given: Any) -> dict[str, Any]:
        """Give what the settings measure, target by target."""
        rows = [
            {**each._asdict(), "wanted": short(each.wanted), "got": number(each.got)} for each in self.measured(given)
        ]
        return {"rows": rows}

    def set(self, given: object) -> Exhibit:
        """Return the exhibit at settings that were given. Raises `AnswerError` where they are none."""
        if not isinstance(given, Mapping) or set(given) != set(self.controls):
            names = ", ".join(self.controls)
            raise AnswerError(f"The answer must set {names}, got {show(given)}: give each of them a value.")
        known = _controls(self.exhibit)
        start = self.start
        return replace(
            start, **{name: _legal(known[name], getattr(start, name), given[name]) for name in self.controls}
        )

    def measured(self, given: Any) -> tuple[Measured, ...]:
        """Return what the exhibit measures at settings that were given."""
        try:
            return _judged(self.set(given), self.targets, self.within)
        except SettingsError as error:
            raise AnswerError(f"The answer must be settings that give a picture, got others: {error}") from None


def _controls(key: str) -> Mapping[str, Control]:
    return EXHIBITS[key].controls()


def _is_quick(control: Control) -> bool:
    return isinstance(control, Range | Pick) and not control.slow


def _typed(key: str, values: Mapping[str, str]) -> Exhibit:
    """Return an exhibit at settings as text. Raises what `unmet` makes where they are no legal ones."""
    known = _controls(key)
    if stray := [name for name in values if name not in known]:
        raise unmet(f"must be among {', '.join(known)}", show(stray[0]), nearest(stray[0], known, "Write one of them"))
    exhibit, notices = EXHIBITS[key].from_state(values)
    for name, text in values.items():
        control, legal = known[name], getattr(exhibit, name)
        if isinstance(control, Range) and (notices or abs(float(text) - legal) > ROUNDING):
            must = f"must be from {control.low:g} to {control.high:g} in steps of {control.step:g}"
            raise unmet(must, f"{name}: {text}", "Write a value that the slider has", at=name)
        if isinstance(control, Pick) and text != legal:
            raise unmet(f"must be one of {', '.join(control.options)}", f"{name}: {text}", "Write one of them", at=name)
    return exhibit


def _legal(control: Control, usual: object, value: object) -> object:
    """Return the value of a control as its slider has it. Raises `AnswerError` for what the control cannot say."""
    if isinstance(control, Range):
        if isinstance(value, bool) or not isinstance(value, int | float) or not control.low <= value <= control.high:
            ends = f"{control.low:g} to {control.high:g}"  # nan is in no range
            raise AnswerError(f"The answer must have {control.label} from {ends}, got {show(value)}: move its slider.")
        nearest = control.nearest(value)
        return int(nearest) if isinstance(usual, int) else nearest
    if not isinstance(control, Pick) or not isinstance(value, str) or value not in control.options:
        options = ", ".join(control.options) if isinstance(control, Pick) else "nothing"
        raise AnswerError(f"The answer must have {control.label} among {options}, got {show(value)}: choose one.")
    return value


@lru_cache(maxsize=512)
def _measures(exhibit: Exhibit) -> Mapping[str, float]:
    return Frozen(exhibit.measures(exhibit.compute()))


def _judged(exhibit: Exhibit, targets: Mapping[str, Fraction], within: Fraction) -> tuple[Measured, ...]:
    found = _measures(exhibit)
    return tuple(
        Measured(name, float(wanted), found[name], abs(found[name] - float(wanted)) <= float(within) + ROUNDING)
        for name, wanted in targets.items()
    )


def _shown(value: object) -> str:
    return short(value) if isinstance(value, int | float) else str(value)
