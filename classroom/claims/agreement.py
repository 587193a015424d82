"""Holding the claims against the deck: neither says what the other does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from classroom.claims.ledger import Entry
from classroom.deck import Deck, DeckError, Problem, Slide
from classroom.deck.problem import no_such
from classroom.exhibit import Exhibit


def check(entries: Sequence[Entry], deck: Deck, exhibits: Mapping[str, type[Exhibit]]) -> None:
    """Raise a DeckError for every claim without its slide, and every slide whose status has no claim."""
    problems: list[Problem] = []
    for entry in entries:
        claim, slide = entry.claim, deck.find(entry.claim.slide)
        if slide is None:
            problems.append(entry.problem(no_such("slide", claim.slide, [slide.id for slide in deck]), "slide"))
        elif claim.status not in slide.status:
            say = f"the slide {slide.id} must have the status {claim.status}, got {', '.join(slide.status) or 'none'}."
            problems.append(entry.problem(f"{say} Add it to the slide, or correct the claim.", "status"))
        elif claim.status == "recomputed":
            problems += _unrun(entry, slide, exhibits)
    claimed = {(entry.claim.slide, entry.claim.status) for entry in entries}
    for slide in deck.pages:
        for status in slide.status:
            if status != "computed" and (slide.id, status) not in claimed:
                say = f"a slide that is {status} must have a claim that says so, got none. Add one to the claims."
                problems.append(slide.problem(("status",), say))
    if problems:
        raise DeckError(problems)


def _unrun(entry: Entry, slide: Slide, exhibits: Mapping[str, type[Exhibit]]) -> Iterator[Problem]:
    """Say why one click would not run the claim again; nothing if it would."""
    if slide.exhibit is None:
        say = f"the slide {slide.id} must have an exhibit that trains, got none. Name it on the slide."
        yield entry.problem(say, "slide")
        return
    kind, state = exhibits[slide.exhibit], entry.claim.state
    shown, notices = kind.from_state(state, base=slide.state)
    wrong = [(name, no_such("state", name, kind.controls())) for name in state if name not in kind.controls()]
    yield from (entry.problem(say, "state", name) for name, say in wrong)
    yield from (entry.problem(f"{notice} Correct it.", "state") for notice in notices)
    if not wrong and not notices and shown.run() is None:
        say = f"the exhibit {slide.exhibit} must train at this state, got {dict(state)}. Correct `state`."
        yield entry.problem(say, "state")
