"""A slide as the browser paints it: one value, so that a slide changes as a whole.

What a sheet holds is HTML, settings and names. The browser sets its mathematics, builds its controls and fetches its
picture (slide.js); it gets the sheets of the neighbouring slides ahead, so that a key press waits for nobody.
"""

from __future__ import annotations

import html
from typing import NamedTuple

from classroom.content import content
from classroom.deck import Slide
from classroom.errata import ERRATA
from classroom.exhibit import acting_for, controls_for
from classroom.frames import at_hand
from classroom.prose import prose
from classroom.trained import Trained
from classroom.ui import citations, closing, memory
from classroom.ui.ask import Sheet, question_sheet
from classroom.ui.cover import cover
from classroom.ui.formulas import certificates, formula_text, operators_at_hand

PROOF, ERRATA_OF_TALK, START_OVER, SAVE = "proof", "errata", "start-over", "save"


class Item(NamedTuple):
    """A button of the row below a slide: what it opens, what it says, how it looks."""

    opens: str  # PROOF, ERRATA_OF_TALK, START_OVER, SAVE, or a question's id
    label: str
    kind: str
    help: str = ""


def sheet_of(slide: Slide) -> Sheet:
    """Return all that the hall sees of a slide, as this reader has set and answered it."""
    return _common(slide) | {"layout": slide.layout if slide.number else "cover"} | _layout(slide)


def _layout(slide: Slide) -> Sheet:
    if not slide.number:
        return {"head": "", "body": cover(slide)}
    row = {"items": [item._asdict() for item in items(slide)]}
    match slide.layout:
        case "quiz":
            return {"words": "", "caption": "", "questions": [question_sheet(name) for name in slide.quiz]}
        case "upload":
            return row | citations.chart(slide)
        case "score":
            return {"words": prose(slide.lede) + closing.points(), "body": closing.board()} | row
        case _:
            return row


def presenter_sheet_of(slide: Slide) -> Sheet:
    """Return what the presenter sees: the picture and its controls, the answers, the notes, and what comes next."""
    following = content().deck.step(slide, 1)
    words = prose(slide.lede) if not slide.exhibit else ""
    for name in slide.quiz:
        question = memory.question(name)
        words += prose(f"**Question.** {question.ask} *Answer: {question.key()}.*")
    after = f"Next: <b>{following.number}</b>&ensp;{html.escape(following.title)}" if following is not slide else ""
    notes = f'<p class="clock big" aria-hidden="true">00:00</p>{prose(slide.notes)}<p class="cap">{after}</p>'
    shown = {"layout": "presenter", "words": words, "caption": "", "notes": notes}
    return _common(slide) | shown | ({} if slide.number else {"head": head(slide)})


def _common(slide: Slide) -> Sheet:
    sheet: Sheet = {
        "id": slide.id,
        "epoch": memory.epoch(),
        "head": head(slide),
        "words": prose("\n\n".join(part for part in (slide.lede, formula_text(slide)) if part)),
        "steps": "steps" in slide.formulas,
        "dense": bool(slide.controls),  # few controls of many: the picture holds much
        "caption": prose(slide.caption) if slide.caption else "",
    }
    if slide.exhibit is not None:
        exhibit = memory.exhibit_of(slide)
        sheet["stage"] = {
            "exhibit": slide.exhibit,
            "slow": exhibit.slow,
            "controls": [c for c in controls_for(exhibit) if not slide.controls or c["name"] in slide.controls],
            "acting": acting_for(exhibit),
            "state": exhibit.state(),
            "seq": memory.moves(slide),
            "trains": isinstance(exhibit, Trained),
            "ready": not exhibit.trains() or at_hand(exhibit) is not None,
        }
        if slide.controls:  # an address of all the others would be long
            sheet["stage"]["usual"] = type(exhibit)(**slide.state).state()
    return sheet


def head(slide: Slide, level: int = 1) -> str:
    """Return the header of a slide: chapter, title, source."""
    source = html.escape(slide.source)
    chips = "".join(
        f'<a class="chip" href="ledger?of={slide.id}" data-mark="{mark}">{mark}</a> '
        for mark in (status.replace("-", " ") for status in slide.status if status in ("contested", "not-reproducible"))
    )
    return (
        f'<header class="head"><p><b>{slide.chapter_number}</b>&ensp;{html.escape(slide.chapter)}</p>'
        f'<h{level}>{html.escape(slide.title)}</h{level}><p class="src">{chips}{source}</p></header>'
    )


def items(slide: Slide) -> list[Item]:
    """Return the row below a slide: how its formulas were checked, what the talk misprinted, its questions."""
    if slide.layout == "score":
        if not memory.records():
            return []
        help = "Forgets your answers and settings in this tab."
        return [Item(SAVE, "Save your results", "asks"), Item(START_OVER, "Start over", "plain", help)]
    row = []
    if slide.formulas and operators_at_hand(slide):
        holds = all(proof.holds for proof in certificates(slide).values())
        label = "✓ Checked three ways" if holds else "✕ A check fails"
        row.append(Item(PROOF, label, "proof" if holds else "proof fails"))
    if slide.errata:
        first, count = ERRATA[slide.errata[0]].title, len(slide.errata)
        label = f"Erratum · {first}" if count == 1 else f"{count} errata in what the talk printed here"
        row.append(Item(ERRATA_OF_TALK, label, "errata"))
    for i, name in enumerate(slide.quiz, start=1):
        mark = {"right": " ✓", "missed": " ✕", "told": " ✓"}.get(memory.state_of(name), "")
        alone = "Check yourself" if memory.question(name).scored else "What do you think?"
        row.append(Item(name, f"{alone if len(slide.quiz) == 1 else f'Question {i}'}{mark}", "asks"))
    return row
