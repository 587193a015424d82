"""The ledger: every claim of the deck with its grounds, and what is computed on the spot."""

from __future__ import annotations

import html
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from classroom.claims import STATUSES, Claim
from classroom.content import content
from classroom.deck import Slide
from classroom.exhibits import EXHIBITS
from classroom.prose import prose
from lab.experiment import RESULTS

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
    """Draw all claims, or those of the status that the address names."""
    both = content()
    wanted = st.query_params.get("status", "")
    shown = [status for status in HEADINGS if wanted not in HEADINGS or status == wanted]
    claims: dict[str, list[Claim]] = {status: [c for c in both.claims if c.status == status] for status in STATUSES}
    computed = [slide for slide in both.deck if COMPUTED in slide.status]
    counts = {status: len(computed) if status == COMPUTED else len(claims[status]) for status in HEADINGS}
    notice = ""
    if wanted and wanted not in HEADINGS:
        said = f"There is no status {html.escape(repr(wanted[:40]))} here. All are shown."
        notice = f'<p class="notice" role="status">{said}</p>'
    links = "".join(_filter(status, HEADINGS[status][0], counts[status], wanted) for status in HEADINGS)
    everything = _filter("", "All", sum(counts.values()), wanted if wanted in HEADINGS else "")
    sections = [
        f'<section aria-labelledby="{status}"><h2 id="{status}">{HEADINGS[status][0]}</h2>'
        f"<p>{html.escape(HEADINGS[status][1])}</p>"
        + (_slides(computed) if status == COMPUTED else "".join(map(_claim, claims[status])))
        + "</section>"
        for status in shown
    ]
    st.html(
        '<div class="ledger"><header class="head"><p><a href="overview">&#8592; the overview</a></p>'
        "<h1>What is claimed, and on what grounds</h1>"
        f'<p class="src">{len(both.claims)} claims, and {len(computed)} slides that compute</p></header>{notice}'
        f'<nav aria-label="Grounds"><ul>{everything}{links}</ul></nav>{"".join(sections)}</div>'
    )


def _filter(status: str, name: str, count: int, wanted: str) -> str:
    here = ' aria-current="true"' if status == wanted else ""
    return (
        f'<li><a href="ledger{f"?status={status}" if status else ""}"{here}>{html.escape(name)} <b>{count}</b></a></li>'
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
    verdict = "Not run on this server yet." if result is None else result.verdict()
    settings = "".join(
        f"<div><dt>{html.escape(name.replace('_', ' '))}</dt><dd>{html.escape(_value(value))}</dd></div>"
        for name, value in asdict(experiment).items()
    )
    title = html.escape(type(experiment).title)
    again = urlencode({"slide": slide.id, **claim.state})
    return (
        f'<p class="found">{html.escape(verdict)}</p>'
        f"<details><summary>Configuration: {title}</summary><dl>{settings}</dl></details>"
        f'<p class="to">{_link(slide)} <a class="run-it" href="./?{again}">Run it'
        f'<span class="sr-only">: {html.escape(claim.id.replace("-", " "))}</span></a></p>'
    )


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


def _slides(slides: list[Slide]) -> str:
    return f'<ul class="computed">{"".join(f"<li>{_link(slide)}</li>" for slide in slides)}</ul>'
