"""The closing slide: the score, what was missed and where one sees it, and whether the reader knows what they know."""

from __future__ import annotations

import html
from urllib.parse import urlencode

from classroom.content import content
from classroom.prose import phrase
from classroom.quiz import Calibration, Link, calibration, score
from classroom.typeset import percent, short
from classroom.ui import memory

NAMED = 4  # missed questions that the slide has room to quote
MARKS = {"right": "✓", "missed": "✕", "told": "✓", "open": "○"}
SIDE, EDGE, TOP = 150, 26, 20  # of the plot, in pixels


def points() -> str:
    """Return the reader's score over all questions, as HTML."""
    questions = memory.questions()
    result = score(questions, memory.records())
    scored = [question for question in questions.values() if question.scored]
    whole = sum(question.points for question in scored)
    streak = f" Longest streak: {result.longest} right in a row." if result.longest > 1 else ""
    return (
        f'<p class="score">{short(round(result.points, 1))} <span class="of">of {whole}</span></p>'
        f"<p>points; {result.answered} of {len(scored)} questions answered.{streak}</p>" + _known()
    )


def board() -> str:
    """Return what to look at again, and the slides that ask something with a mark for every question, as HTML."""
    questions = memory.questions()
    result = score(questions, memory.records())
    missed = ""
    if result.missed:
        rows = [f"<li>{_link(link)}: {phrase(questions[link.id].ask)}</li>" for link in result.missed]
        if len(rows) > NAMED:
            rows[NAMED:] = [f"<li>and {len(rows) - NAMED} more, marked ✕ below</li>"]
        missed = f'<div class="missed"><p><b>Look at again</b></p><ul>{"".join(rows)}</ul></div>'
    elif not result.unanswered:
        missed = '<p class="verdict yes">Nothing missed.</p>'
    return missed + _card()


def _link(link: Link) -> str:
    """Link to the slide that explains a question, its controls set so that one sees it."""
    found = content().deck.find(link.slide)
    address = html.escape(urlencode({"slide": link.slide, **link.look}))
    return f'<a href="?{address}">{html.escape(found.title if found else link.slide)}</a>'


def _card() -> str:
    """Return a row for each chapter: its slides that ask something, with a mark for every question."""
    chapters: dict[str, list[str]] = {}
    for slide in content().deck:
        if states := [memory.state_of(name) for name in slide.quiz]:
            marks = "".join(f'<i class="{state}">{MARKS[state]}</i>' for state in states)
            title = html.escape(slide.title)
            words = ", ".join(f"{states.count(state)} {state}" for state in MARKS if state in states)
            link = f'<a href="?slide={slide.id}" title="{title}" aria-label="{title}: {words}">{marks}</a>'
            chapters.setdefault(slide.chapter, []).append(link)
    rows = "".join(
        f"<li><span>{html.escape(chapter)}</span><span>{''.join(links)}</span></li>"
        for chapter, links in chapters.items()
    )
    return f'<p><b>All questions</b>, slide by slide: ✓ right, ✕ missed, ○ open</p><ul class="scorecard">{rows}</ul>'


def _known() -> str:
    """Return how sure the reader was beside how right, as a plot and in words; nothing if they never said."""
    found = calibration(memory.questions(), memory.records())
    if found is None:
        return ""
    words = "; ".join(f"{percent(level.sure)} sure: {level.right} of {level.answered} right" for level in found.levels)
    return (
        f'<figure class="calibration">{_plot(found)}<figcaption><b>How sure, how right.</b> {words}. '
        f"Brier score {found.brier:.2f}: 0 is perfect, a coin's 0.25.</figcaption></figure>"
    )


def _plot(found: Calibration) -> str:
    right, bottom = SIDE - 10, SIDE - EDGE

    dots = "".join(
        f'<circle cx="{EDGE + level.sure * (right - EDGE):.1f}" '
        f'cy="{bottom - level.right / level.answered * (bottom - TOP):.1f}" '
        f'r="{min(4 + level.answered, 10)}"/>'
        for level in found.levels
    )
    return (
        f'<svg viewBox="0 0 {SIDE} {SIDE}" aria-hidden="true">'
        f'<path class="axes" d="M{EDGE} {TOP}V{bottom}H{right}"/>'
        f'<path class="even" d="M{EDGE} {bottom}L{right} {TOP}"/>{dots}'
        f'<text x="{right}" y="{SIDE - 8}" text-anchor="end">sure</text><text x="4" y="12">right</text></svg>'
    )
