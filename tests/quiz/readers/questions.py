"""Questions with hostile texts, and answers to them drawn at random."""

from __future__ import annotations

import re
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from classroom.prose import phrase, prose
from classroom.quiz import KINDS, Question

LETTERS = "ABCDEFGH"
_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)
# What ends a field in some format, or is read as something else there.
PIECES = (
    "word", "a=b", "~", "=", "{", "}", "{x}", "#", "####", ":", "::", "->", "//", "%50%", "[html]", "[b",
    "\\\\", "\\\\n", "\\\\(", "\\\\)", "\\\\[", "TRUE", "<", ">", "<b>", "</p>", "<!--", "]]>", "<![CDATA[",
    "&", "&amp;", "&lt;", "\"", "'", "é", "中文", "😀", "\u202e", "\u2028", "$x<1$", "$\\frac{a}{b}$",
    "$a\\,b$", "\\$5", "$$y$$", "\\$\\$", "*em*", "**strong**", "`c=1`", "`<&`", "2 * 3", "a_b_c", "- x", "1. x",
    "+ x", "\n\n", "\\\n", "\n", "   ", "=1", "@x", "@@PLUGINFILE@@", "\\", "|", "\t",
)  # fmt: skip


def _is_text(text: str) -> bool:
    try:
        _QUESTION.validate_python({"id": "a", "type": "text", "slide": "s", "ask": text, "why": text})
    except ValidationError:
        return False
    made = prose(text)
    shows = re.sub(r"<[^>]*>|\s", "", made)  # "[a]: b" is a link's address and shows nothing
    formulas = re.findall(r'class="math (?:inline|block)">(.*?)<', made, flags=re.S)
    return bool(shows) and all(tex.strip() and "$" not in tex.replace("\\$", "") for tex in formulas)


texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).flatmap(
    lambda pieces: st.sampled_from([" ".join(pieces), "".join(pieces)])
).filter(_is_text)  # fmt: skip
numbers = st.integers(-2000, 2000).map(lambda n: Fraction(n, 8)) | st.fractions(-50, 50, max_denominator=30)


def made(entry: dict[str, Any]) -> Any:
    """Make a question of an entry of the bank."""
    return _QUESTION.validate_python(entry)


@st.composite
def questions(draw: st.DrawFn, kind: str) -> Any:
    """Draw a question of a kind."""
    entry: dict[str, Any] = {"id": "q", "type": kind, "slide": "idea", "ask": draw(texts), "why": draw(texts)}
    entry |= {"points": draw(st.integers(1, 10)), "attempts": draw(st.integers(1, 5))}
    entry["hints"] = draw(st.lists(texts, max_size=2))
    match kind:
        case "choice" | "choices" | "order":
            entry["options"] = draw(_lettered(3 if kind == "order" else 2))
            letters = list(entry["options"])
            entry["answer"] = draw(_key(kind, letters))
            wrong = [k for k in letters if k not in entry["answer"]]
            if kind != "order" and draw(st.booleans()):
                entry["explain"] = {k: draw(texts) for k in wrong[:2]}
        case "truth":
            entry["answer"] = draw(st.sampled_from(["true", "false"]))
            entry |= draw(st.sampled_from([{}, {"explain": draw(texts)}]))
        case "number":
            entry["answer"] = value = draw(numbers)
            entry["within"] = draw(st.sampled_from([0, 0.25, 0.01, 2]))
            entry |= draw(st.sampled_from([{}, {"digits": 3}, {"relative": 0.1}]))
            slips = draw(st.lists(numbers, max_size=2, unique=True))
            plain = made(entry)
            wrong = [slip for slip in slips if abs(slip - value) > plain.model_copy(update={"answer": slip}).distance]
            entry["explain"] = {slip: draw(texts) for slip in wrong[:1] if abs(slip - value) > plain.distance}
        case "match":
            entry["options"] = draw(_lettered(2))
            items = draw(st.lists(texts, min_size=2, max_size=6, unique_by=(_look, _bare)))
            entry["items"] = {str(i): text for i, text in enumerate(items, 1)}
            entry["answer"] = {k: draw(st.sampled_from(list(entry["options"]))) for k in entry["items"]}
        case "rating":
            entry |= {"low": draw(texts), "high": draw(texts), "steps": draw(st.integers(2, 10))}
    return made(entry)


def _bare(text: str) -> str:
    return " ".join(text.split())


def _look(text: str) -> str:
    """Return what no two options may share: & and &amp; look the same."""
    return " ".join(phrase(text).split())


def _lettered(fewest: int) -> st.SearchStrategy[dict[str, str]]:
    different = st.lists(texts, min_size=fewest, max_size=8, unique_by=(_look, _bare))
    return different.map(lambda options: dict(zip(LETTERS, options, strict=False)))


def _key(kind: str, letters: list[str]) -> st.SearchStrategy[Any]:
    if kind == "choice":
        return st.sampled_from(letters)
    if kind == "choices":
        return st.lists(st.sampled_from(letters), min_size=1, max_size=len(letters) - 1, unique=True)
    return st.permutations(letters).filter(lambda order: order != sorted(order))


def answer(question: Any, dice: Random) -> Any:
    """Draw an answer as our browser would send it."""
    match question.type:
        case "choice":
            return dice.choice(list(question.options))
        case "choices":
            return dice.sample(list(question.options), dice.randint(1, len(question.options)))
        case "truth":
            return dice.choice("TF")
        case "order":
            return dice.sample(list(question.options), len(question.options))
        case "match":
            return {item: dice.choice(list(question.options)) for item in question.items}
        case "number":
            near = dice.choice([question.answer, *question.explain])
            far = Fraction(dice.randint(-400, 400), 100) * (question.distance or 1)
            return f"{float(near + far):.6g}"
        case kind:
            raise ValueError(f"{kind}: must be one of {', '.join(KINDS)} that is scored. Add it here.")
