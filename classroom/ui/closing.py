"""The closing slide: the score, what was missed, and where each miss is explained."""

from __future__ import annotations

import html

from classroom.content import content
from classroom.prose import phrase
from classroom.quiz import Score, score
from classroom.ui import memory

NAMED = 4  # missed questions that the slide has room to quote
MARKS = {"right": "✓", "missed": "✕", "open": "○"}


def points() -> str:
    """Return the reader's score over all questions, as HTML."""
    bank = content().bank
    result = score(bank, memory.answers())
    whole = sum(question.points for question in bank.values())
    return (
        f'<p class="score">{result.points:.3g} <span class="of">of {whole}</span></p>'
        f"<p>points; {result.answered} of {len(bank)} questions answered. The first answer counts.</p>"
    )


def board() -> str:
    """Return what to look at again, and the slides that ask something with a mark for every question, as HTML."""
    bank = content().bank
    result = score(bank, memory.answers())
    missed = ""
    if result.missed:
        rows = [
            f'<li><a href="?slide={link.slide}">{html.escape(_title(link.slide))}</a>: {phrase(bank[link.id].ask)}</li>'
            for link in result.missed
        ]
        if len(rows) > NAMED:
            rows[NAMED:] = [f"<li>and {len(rows) - NAMED} more, marked ✕ below</li>"]
        missed = f'<div class="missed"><p><b>Look at again</b></p><ul>{"".join(rows)}</ul></div>'
    elif not result.unanswered:
        missed = '<p class="verdict yes">Nothing missed.</p>'
    return missed + _card(result)


def _card(result: Score) -> str:
    missed, unanswered = ({link.id for link in links} for links in (result.missed, result.unanswered))
    rows = []
    for slide in content().deck:
        states = ["missed" if name in missed else "open" if name in unanswered else "right" for name in slide.quiz]
        if states:
            marks = "".join(f'<i class="{state}">{MARKS[state]}</i>' for state in states)
            words = ", ".join(f"{states.count(state)} {state}" for state in MARKS if state in states)
            rows.append(
                f'<li><a href="?slide={slide.id}">{html.escape(slide.title)}</a>'
                f'<span role="img" aria-label="{words}">{marks}</span></li>'
            )
    return f'<p><b>All questions</b>: ✓ right, ✕ missed, ○ open</p><ul class="scorecard">{"".join(rows)}</ul>'


def _title(name: str) -> str:
    slide = content().deck.find(name)
    return slide.title if slide else name
