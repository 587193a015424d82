"""What the talk consists of, read and checked once: slides, questions, and every name between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from classroom import claims
from classroom.claims import Claim
from classroom.deck import Deck
from classroom.errata import ERRATA
from classroom.exhibits import EXHIBITS
from classroom.quiz import Bank, load
from normlib import NORMS

ROOT = Path(__file__).resolve().parent.parent
SLIDES = ROOT / "assets" / "slides"
QUESTIONS = ROOT / "quizzes.yaml"
CLAIMS = ROOT / "assets" / "claims.yaml"
DATA = ROOT / "assets" / "data"


@dataclass(frozen=True)
class Content:
    """The deck, the question bank and the claims, checked against each other."""

    deck: Deck
    bank: Bank
    claims: tuple[Claim, ...]


@cache
def content() -> Content:
    """Read slides, questions and claims. Raises DeckError or QuizError, which name file, line and remedy."""
    deck = Deck.read(SLIDES)
    bank = load(QUESTIONS, slides=[slide.id for slide in deck], norms=list(NORMS))
    deck.check(
        exhibits=EXHIBITS,
        controls={name: list(exhibit.controls()) for name, exhibit in EXHIBITS.items()},
        norms=NORMS,
        presets={name: list(norm.presets()) for name, norm in NORMS.items()},
        questions=bank,
        errata=ERRATA,
    )
    ledger = claims.read(CLAIMS)
    claims.check(ledger, deck, EXHIBITS)
    return Content(deck, bank, tuple(entry.claim for entry in ledger))
