"""Reading the claims with their lines, and holding them against the deck: neither says what the other does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from classroom.claims.claim import Claim
from classroom.deck import Deck, DeckError, Problem
from classroom.deck.problem import no_such
from classroom.exhibit import Exhibit


class Entry(NamedTuple):
    """A claim and where it stands."""

    claim: Claim
    path: Path
    line: int

    def problem(self, text: str) -> Problem:
        """Say `text` of the line where the claim begins."""
        return Problem(self.path, self.line, text)


def read(path: Path) -> tuple[Entry, ...]:
    """Read every claim. Raises a DeckError that names all problems with their lines."""
    text = path.read_text(encoding="utf-8")
    try:
        node, raw = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        say = f"the claims must be YAML, got: {getattr(error, 'problem', error)}. Quote a text that holds a colon."
        raise DeckError([Problem(path, mark.line + 1 if mark else 1, say)]) from error
    if not isinstance(raw, list) or not isinstance(node, yaml.SequenceNode):
        raise DeckError(
            [Problem(path, 1, f"the claims must be a list, got {type(raw).__name__}. Begin with `- id: ...`.")]
        )
    entries: list[Entry] = []
    problems: list[Problem] = []
    for given, place in zip(raw, node.value, strict=True):
        line = place.start_mark.line + 1
        try:
            entries.append(Entry(Claim.model_validate(given), path, line))
        except ValidationError as error:
            problems += [Problem(path, line, _say(dict(e))) for e in error.errors()]
    seen: set[str] = set()
    for entry in entries:
        if entry.claim.id in seen:
            problems.append(entry.problem(f"the id must be this claim's own, got {entry.claim.id!r} again. Rename it."))
        seen.add(entry.claim.id)
    if problems:
        raise DeckError(problems)
    return tuple(entries)


def check(entries: Sequence[Entry], deck: Deck, exhibits: Mapping[str, type[Exhibit]]) -> None:
    """Raise a DeckError for every claim without its slide, and every slide whose status has no claim."""
    problems = []
    for entry in entries:
        claim, slide = entry.claim, deck.find(entry.claim.slide)
        if slide is None:
            problems.append(entry.problem(no_such("slide", claim.slide, [slide.id for slide in deck])))
        elif claim.status not in slide.status:
            say = f"the slide {slide.id} must have the status {claim.status}, got {', '.join(slide.status) or 'none'}."
            problems.append(entry.problem(f"{say} Add it to the slide, or correct the claim."))
        elif claim.status == "recomputed":
            problems += [entry.problem(say) for say in _not_run(claim, slide.exhibit, slide.state, exhibits)]
    claimed = {(entry.claim.slide, entry.claim.status) for entry in entries}
    for slide in deck:
        for status in slide.status:
            if status != "computed" and (slide.id, status) not in claimed:
                say = f"a slide that is {status} must have a claim that says so, got none. Add one to the claims."
                problems.append(slide.problem(("status",), say))
    if problems:
        raise DeckError(problems)


def _not_run(
    claim: Claim, exhibit: str | None, state: Mapping[str, Any], exhibits: Mapping[str, type[Exhibit]]
) -> list[str]:
    """Say why one click would not run the claim again; nothing if it would."""
    if exhibit is None:
        return [f"the slide {claim.slide} must have an exhibit that trains, got none. Name it on the slide."]
    shown, notices = exhibits[exhibit].from_state(claim.state, base=state)
    unknown = [
        no_such("state", name, exhibits[exhibit].controls()) for name in claim.state.keys() - shown.state().keys()
    ]
    idle = (
        [] if shown.run() else [f"the exhibit {exhibit} must train at this state, got {claim.state}. Correct `state`."]
    )
    return [*unknown, *notices, *([] if unknown or notices else idle)]


def _say(error: dict[str, Any]) -> str:
    name, given = ".".join(map(str, error["loc"])), error["input"]
    match error["type"]:
        case "missing":
            return f"{name} must be given, got nothing. Add `{name}: ...`."
        case "extra_forbidden":
            return no_such("a key", name, Claim.model_fields)
        case "value_error":
            return f"{error['ctx']['error']}."
        case _:
            return f"{name}: {error['msg'].replace('Input should', 'the value should')}, got {given!r:.60}. Correct it."
