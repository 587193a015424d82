"""The ledger: every claim of the deck with its grounds, and what is computed on the spot."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import fields
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from classroom.claims import STATUSES, Claim, command
from classroom.content import content
from classroom.deck import Slide
from classroom.exhibits import EXHIBITS
from classroom.prose import prose
from lab.experiment import RESULTS, Choice, Experiment
from normlib.core import Hyper

COMPUTED = "computed"
HEADINGS = {
    "recomputed": ("Recomputed here", "Trained on this server when somebody asks; one click runs it."),
    "cited": ("Cited", "Numbers of others, each with its place."),
    "contested": ("Contested", "The literature disagrees; both sides."),
    "not-reproducible": ("Not reproducible", "Told because the talk told it. No evidence."),
    COMPUTED: (
        "Computed",
        "Pictures of normlib's own arrays, made as you move a slider; formulas proved against the code.",
    ),
}


def show() -> None:
    """Draw all claims, or those of the status or the slide that the address names.

    The slide's name is not `slide`: such a link would turn the deck.
    """
    both, notices = content(), []
    status, name = st.query_params.get("status", ""), st.query_params.get("of", "")
    if status and status not in HEADINGS:
        notices.append(f"There is no status {_quoted(status)} here. All are shown.")
        status = ""
    slide = both.deck.find(name) if name else None
    if name and slide is None:
        notices.append(f"There is no slide {_quoted(name)} in this talk. All claims are shown.")
    computed = [s for s in both.deck if COMPUTED in s.status]
    counts = {s: sum(claim.status == s for claim in both.claims) for s in STATUSES} | {COMPUTED: len(computed)}
    sections = []
    for each in [status] if status else HEADINGS:
        claims = [c for c in both.claims if c.status == each and slide in (None, both.deck.find(c.slide))]
        slides = [s for s in computed if each == COMPUTED and slide in (None, s)]
        if claims or slides or slide is None:
            sections.append(_section(each, "".join(map(_claim, claims)) + _slides(slides)))
    everything = _filter("", "All", sum(counts.values()), not status and slide is None)
    filters = [_filter(each, HEADINGS[each][0], counts[each], each == status) for each in HEADINGS]
    said = "".join(f'<p class="notice" role="status">{notice}</p>' for notice in notices)
    if slide is not None:
        said += f'<p class="to"><span>The claims of slide {_link(slide)}</span></p>'
    st.html(
        '<div class="ledger"><header class="head"><p><a href="overview">&#8592; the overview</a></p>'
        "<h1>What is claimed, and on what grounds</h1>"
        f'<p class="src">{len(both.claims)} claims, and {len(computed)} slides that compute</p></header>'
        f'<nav aria-label="Grounds"><ul>{everything}{"".join(filters)}</ul></nav>{said}{"".join(sections)}</div>'
    )


def _quoted(given: str) -> str:
    return html.escape(repr(given[:40]))


def _filter(status: str, name: str, count: int, here: bool) -> str:
    address = f"ledger?status={status}" if status else "ledger"
    current = ' aria-current="true"' if here else ""
    return f'<li><a href="{address}"{current}>{html.escape(name)} <b>{count}</b></a></li>'


def _section(status: str, body: str) -> str:
    name, about = HEADINGS[status]
    return (
        f'<section aria-labelledby="{status}"><h2 id="{status}">{html.escape(name)}</h2>'
        f"<p>{html.escape(about)}</p>{body}</section>"
    )


def _claim(claim: Claim) -> str:
    slide = content().deck.find(claim.slide)
    if slide is None:
        raise LookupError(f"ledger: the slide {claim.slide} must exist, got none. `content` checks it.")
    kind = claim.status.replace("-", " ")
    parts = [f'<div class="says"><span class="mark" data-mark="{kind}">{kind}</span>{prose(claim.says)}</div>']
    if claim.sides:
        sides = "".join(f"<li>{prose(side.says)}<small>{prose(side.source)}</small></li>" for side in claim.sides)
        parts.append(f'<ul class="sides">{sides}</ul>')
    if claim.source:
        parts.append(f"<small>{prose(claim.source)}</small>")
    parts.append(_run(claim, slide) if claim.status == "recomputed" else f'<p class="to">{_link(slide)}</p>')
    return f'<article id="{claim.id}">{"".join(parts)}</article>'


def _run(claim: Claim, slide: Slide) -> str:
    """Return configuration and verdict of a run, as far as it is at hand; nothing is trained for a list."""
    shown, _ = EXHIBITS[slide.exhibit or ""].from_state(claim.state, base=slide.state)
    experiment = shown.run()
    if experiment is None:
        raise LookupError(f"ledger: the claim {claim.id} must have a run, got none. `content` checks it.")
    result = RESULTS.at_hand(experiment)
    verdict, click = ("Not run on this server yet.", "Run it") if result is None else (result.verdict(), "Run it again")
    again = html.escape(urlencode({"slide": slide.id, **shown.state()}))  # all of it: a reader's own settings give way
    return (
        f'<p class="found">{html.escape(verdict)}</p>'
        f"<details><summary>{html.escape(type(experiment).title)} ({_seeds(experiment)})</summary>"
        f"{_configuration(experiment)}</details>"
        f'<p class="to">{_link(slide)} <a class="run-it" href="./?{again}">{click}'
        f'<span class="sr-only">: {html.escape(claim.id.replace("-", " "))}</span></a></p>'
    )


def _seeds(experiment: Experiment[Any]) -> str:
    seeds = getattr(experiment, "seeds", 1)
    return f"{seeds} seeds, 95 % interval" if seeds > 1 else "one seed, no interval"


def _configuration(experiment: Experiment[Any]) -> str:
    marks: dict[str, Hyper | Choice] = {**experiment.hypers(), **experiment.choices()}
    rows = "".join(
        f"<div><dt>{html.escape(marks[field.name].doc)}</dt>"
        f"<dd>{html.escape(_value(getattr(experiment, field.name)))}</dd></div>"
        for field in fields(experiment)
    )
    return f"<dl>{rows}</dl><p>On the command line: <code>{html.escape(command(experiment))}</code></p>"


def _value(value: Any) -> str:
    return (
        ", ".join(map(_value, value))
        if isinstance(value, tuple)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def _link(slide: Slide) -> str:
    return f'<a href="./?slide={slide.id}">{slide.number} {html.escape(slide.title)}</a>'


def _slides(slides: Sequence[Slide]) -> str:
    if not slides:
        return ""
    return f'<ul class="computed">{"".join(f"<li>{_link(slide)}</li>" for slide in slides)}</ul>'
