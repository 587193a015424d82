"""The deck: all slides in order, and the checks that need more than one of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import overload

from classroom.deck import slide as slide_file
from classroom.deck.front_matter import FrontMatter
from classroom.deck.lines import Key
from classroom.deck.problem import DeckError, Problem, no_such
from classroom.deck.slide import Page, Slide

COVER = "cover"


@dataclass(frozen=True)
class Chapter:
    """A run of slides under one heading."""

    number: int
    name: str
    first: Slide
    count: int


@dataclass(frozen=True)
class Deck(Sequence[Slide]):
    """The talk: slides 1 to n in order. The cover stands apart."""

    cover: Slide
    slides: tuple[Slide, ...]

    @classmethod
    def read(cls, folder: str | Path) -> Deck:
        """Read every `NNN-id.md` of `folder`; raise one DeckError that names all problems of all files."""
        folder = Path(folder)
        pages: list[Page] = []
        problems: list[Problem] = []
        for path in sorted(folder.glob("*.md")):
            try:
                pages.append(slide_file.read(path))
            except DeckError as error:
                problems += error.problems
        problems += _between(folder, pages, complete=not problems)
        if problems:
            raise DeckError(problems)
        cover, *slides = _numbered(pages)
        return cls(cover, tuple(slides))

    @overload
    def __getitem__(self, index: int) -> Slide: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Slide]: ...
    def __getitem__(self, index: int | slice) -> Slide | Sequence[Slide]:
        """Return a slide by its place: `deck[0]` is slide 1."""
        return self.slides[index]

    def __len__(self) -> int:
        return len(self.slides)

    @property
    def pages(self) -> tuple[Slide, ...]:
        """The cover and the slides, so that `deck.pages[slide.number] is slide`."""
        return (self.cover, *self.slides)

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters in order."""
        firsts = [s for s in self.slides if s.chapter_number != self.pages[s.number - 1].chapter_number]
        ends = [*(s.number for s in firsts[1:]), len(self) + 1]
        return tuple(
            Chapter(s.chapter_number, s.chapter, s, end - s.number) for s, end in zip(firsts, ends, strict=True)
        )

    def find(self, id: str) -> Slide | None:
        """Return the slide (or the cover) with this id; None if there is none."""
        return next((slide for slide in self.pages if slide.id == id), None)

    def step(self, slide: Slide, by: int) -> Slide:
        """Return the slide `by` places further on, no further than the cover and the last slide."""
        return self.pages[min(max(slide.number + by, 0), len(self))]

    def check(
        self,
        *,
        exhibits: Collection[str] | None = None,
        controls: Mapping[str, Collection[str]] | None = None,
        norms: Collection[str] | None = None,
        presets: Mapping[str, Collection[str]] | None = None,
        questions: Collection[str] | None = None,
        errata: Collection[str] | None = None,
    ) -> None:
        """Raise a DeckError for every name on a slide that stands for nothing; what is None is not checked.

        `controls` are the fields of each exhibit, `presets` the preset names of each operator.
        """
        problems = []
        for slide in self.pages:
            named: list[tuple[Key, str, Collection[str] | None]] = []
            if slide.exhibit is not None:
                named.append((("exhibit",), slide.exhibit, exhibits))
                own = (controls or {}).get(slide.exhibit)
                named += [(("state", name), name, own) for name in slide.state]
                named += [(("controls", i), name, own) for i, name in enumerate(slide.controls)]
            if slide.norm is not None:
                named.append((("norm",), slide.norm, norms))
            if slide.norm is not None and slide.preset is not None:
                named.append((("preset",), slide.preset, (presets or {}).get(slide.norm)))
            named += [(("quiz", i), name, questions) for i, name in enumerate(slide.quiz)]
            named += [(("errata", i), name, errata) for i, name in enumerate(slide.errata)]
            problems += [
                slide.problem(key, no_such(f"{key[0]}", name, legal))
                for key, name, legal in named
                if legal is not None and name not in legal
            ]
        if problems:
            raise DeckError(problems)


def _between(folder: Path, pages: Sequence[Page], complete: bool) -> Iterator[Problem]:
    """Find what is wrong between files. Unless all of them could be read (`complete`), nothing is called missing."""
    ids = [page.id for page in pages]
    if complete and COVER not in ids:
        yield Problem(folder, 1, f"a deck must have a cover, got {len(ids)} slides and none. Add 000-{COVER}.md.")
    if complete and not set(ids) - {COVER}:
        yield Problem(folder, 1, "a deck must have slides, got none. Add 010-name.md.")
    for kind in ("id", "order"):
        seen: dict[str, str] = {}
        for page in pages:
            value = getattr(page, kind)
            if value in seen:
                say = f"the {kind} must be this slide's own, got {value!r}, as in {seen[value]}. Rename one of the two."
                yield Problem(page.path, 1, say)
            seen.setdefault(value, page.path.name)
    for page in pages:
        if page.id == COVER and page is not pages[0]:
            yield Problem(page.path, 1, f"the cover must come first, got {page.path.name}. Name it 000-{COVER}.md.")
        if page.id == COVER and page.front.chapter:
            say = f"the cover must be in no chapter, got {page.front.chapter!r}. Delete this line."
            yield Problem(page.path, page.lines[("chapter",)], say)
        if page.id != COVER and not page.front.chapter:
            yield Problem(page.path, 1, "chapter must be given, got nothing. Add `chapter: ...`.")
        for line, id in page.links if complete else ():
            if id not in ids:
                yield Problem(page.path, line, no_such("a link's slide", id, ids))


def _numbered(pages: Sequence[Page]) -> Iterator[Slide]:
    """Give each page its number and its chapter's; a chapter begins where the name changes."""
    chapter_number, chapter = 0, ""
    for number, page in enumerate(pages):
        if page.front.chapter != chapter:
            chapter_number, chapter = chapter_number + 1, page.front.chapter
        own = {key: getattr(page.front, key) for key in FrontMatter.model_fields}
        own |= {"state": MappingProxyType(page.front.state), "lede": page.lede, "caption": page.caption}
        yield Slide(number=number, id=page.id, chapter_number=chapter_number, path=page.path, lines=page.lines, **own)
