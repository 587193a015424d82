"""Slides as values, and the deck: a sequence of them read from a folder of Markdown files.

`assets/slides/NNN-id.md` holds one slide: front matter (names only, no code), then the lede, a line `{formula}`,
and the caption. NNN sets the order; `000-cover.md` is the cover, which is not counted.
"""

from classroom.deck.deck import Chapter, Deck
from classroom.deck.front_matter import FORMULAS, FrontMatter
from classroom.deck.problem import DeckError, Problem
from classroom.deck.slide import Slide

__all__ = ["FORMULAS", "Chapter", "Deck", "DeckError", "FrontMatter", "Problem", "Slide"]
