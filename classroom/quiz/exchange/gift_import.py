"""Questions of a GIFT file as entries of quizzes.yaml; what quizzes.yaml cannot say is said with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from string import ascii_uppercase
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from classroom.quiz.exchange import markup
from classroom.quiz.exchange.forms import SomeOf
from classroom.quiz.exchange.gift_read import Answer, Raw, Said, read
from classroom.quiz.exchange.numerals import decimal
from classroom.quiz.kinds import KINDS, Question
from classroom.quiz.numbers import AnswerError, parse_number
from classroom.quiz.problems import Problem, sentence, show

Entry = dict[str, Any]
NO_WHY = "The file that this question came from gives no reason."
GIVEN = "a GIFT file"  # where a number comes from that nothing here computes
THANKS = "There is no right answer."
_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)
_ROUNDED = Fraction(1, 1000)  # 33.3 % is a third


class Imported(NamedTuple):
    """What came of a file."""

    entries: list[Entry]
    refused: list[Problem]  # questions that were left out
    changed: list[Problem]  # what is not as it was


class _RefusedError(Exception):
    """A question that cannot be an entry; the message's three parts are its arguments."""


class _Notes(list[tuple[str, str, str, str]]):
    """What changes on the way: field, what must hold, what stands there, what is done."""


def entries(text: str, slide: str, file: str = "", taken: Collection[str] = ()) -> Imported:
    """Turn a file's text into entries, each of which the bank would take.

    slide: the slide that they all are for.  file: its name, for the sentences.  taken: ids that are in use.
    """
    done = Imported([], [], [])
    names = set(taken)
    for raw in read(text):
        notes = _Notes()
        try:
            entry = {"id": _id(raw, names), **_entry(raw, slide, notes)}
            if entry["type"] == "number":
                entry["source"] = file or GIVEN
        except _RefusedError as error:
            done.refused.append(Problem(file, raw.line, raw.name, "", *error.args))
            continue
        try:
            _QUESTION.validate_python(entry)
        except ValidationError as invalid:
            for each in invalid.errors():
                field = ".".join(str(part) for part in each["loc"] if part not in KINDS)
                done.refused.append(Problem(file, raw.line, entry["id"], field, *sentence(each)))
            continue
        names.add(entry["id"])
        done.entries.append(entry)
        done.changed.extend(Problem(file, raw.line, entry["id"], *note) for note in notes)
    return done


def _entry(raw: Raw, slide: str, notes: _Notes) -> Entry:
    if raw.kind not in _BY_KIND:
        raise _RefusedError(*(raw.fault if raw.fault[0] else _UNKNOWN[raw.kind]))
    own = _BY_KIND[raw.kind](raw, notes)
    why = _markdown(raw.why)
    right = own.pop("right", "")
    reason = "\n\n".join(text for text in (right, why) if text)
    if not reason and raw.kind != "essay":
        notes.append(("why", "must say why the key is right", "nothing", f"'{NO_WHY}' stands there; write the reason"))
    head = {"type": own.pop("type"), "slide": slide, "ask": _markdown(raw.ask)}
    explain = {"explain": own.pop("explain")} if own.get("explain") else {}
    own.pop("explain", None)
    return {**head, **own, "why": reason or (THANKS if raw.kind == "essay" else NO_WHY), **explain}


def _choice(raw: Raw, notes: _Notes) -> Entry:
    options = dict(zip(ascii_uppercase, raw.answers, strict=False))
    texts = {letter: _markdown(answer.said) for letter, answer in options.items()}
    said = {letter: _markdown(answer.feedback) for letter, answer in options.items()}
    if any(answer.mark == "=" for answer in raw.answers):
        right = [k for k, answer in options.items() if answer.mark == "=" and answer.weight in (None, 1)]
        if len(right) != 1:
            todo = "Mark several with ~%50% and the like"
            raise _RefusedError("must have one right option", f"{len(right)} marked =", todo)
        partly = [answer for answer in raw.answers if answer.mark == "~" and answer.weight]
        if partly:
            got = ", ".join(f"{decimal(100 * answer.weight)} %" for answer in partly if answer.weight)
            notes.append(("options", "must be right or wrong", got, "They count as wrong"))
        answer: str | list[str] = right[0]
    else:
        right = [letter for letter, answer in options.items() if (answer.weight or 0) > 0]
        if not right:
            raise _RefusedError(
                "must have a right option", "none", "Mark it with =, or several with ~%50% and the like"
            )
        if len(right) < len(options):
            _compare_weights(options, texts, right, notes)
        answer = right
    return {
        "type": "choice" if isinstance(answer, str) else "choices",
        "options": texts,
        "answer": answer,
        "explain": {letter: text for letter, text in said.items() if text and letter not in right},
        "right": "\n\n".join(said[letter] for letter in right if said[letter]),
    }


def _compare_weights(options: Mapping[str, Answer], texts: Mapping[str, str], right: list[str], notes: _Notes) -> None:
    ours = SomeOf(texts, tuple(right), {})
    if any(abs((answer.weight or 0) - ours.share(letter)) > _ROUNDED for letter, answer in options.items()):
        must = "must earn by the rule of docs/quizzes.md (1/R for each right option, -1/W for each wrong one)"
        got = ", ".join(f"{decimal(100 * (answer.weight or Fraction(0)))} %" for answer in options.values())
        notes.append(("answer", must, got, "Our rule counts"))


def _number(raw: Raw, notes: _Notes) -> Entry:
    known = [answer for answer in raw.answers if answer.mark == "=" and answer.said.text != "*"]
    whole = [answer for answer in known if answer.weight in (None, 1)]
    if len(whole) != 1:
        raise _RefusedError("must have one right number", f"{len(whole)}", "Leave one, or ask a question for each")
    value, distance = _interval(whole[0].said.text)
    explain: dict[str, str] = {}
    for answer in known:
        if answer is whole[0]:
            continue
        slip, _ = _interval(answer.said.text)
        if answer.weight:
            got = f"{decimal(100 * answer.weight)} % for {decimal(slip)}"
            notes.append(("answer", "must be right or wrong", got, "It counts as wrong"))
        if text := _markdown(answer.feedback):
            explain[_typed(slip)] = text
    if any(answer.feedback.text for answer in raw.answers if answer.mark == "~" or answer.said.text == "*"):
        notes.append(("explain", "must be for known numbers", "a feedback to any other one", "It is left out"))
    within = {"within": _typed(distance)} if distance else {}
    right = _markdown(whole[0].feedback)
    return {"type": "number", "answer": _typed(value), **within, "explain": explain, "right": right}


def _interval(text: str) -> tuple[Fraction, Fraction]:
    """Read 5, 5:0.1 or 4.9..5.1 as a number and how far from it is right."""
    low, dots, high = text.partition("..")
    number, colon, distance = text.partition(":")
    try:
        if dots:
            ends = parse_number(low), parse_number(high)
            return sum(ends, Fraction(0)) / 2, (ends[1] - ends[0]) / 2
        return parse_number(number), parse_number(distance) if colon else Fraction(0)
    except AnswerError:
        todo = "Write it like 5, 5:0.1 or 4.9..5.1"
        raise _RefusedError("must have a number as its answer", show(text), todo) from None


def _typed(value: Fraction) -> str:
    """Write a number so that it is read back as it is."""
    short = decimal(value)
    return short if parse_number(short) == value else f"{value.numerator}/{value.denominator}"


def _truth(raw: Raw, notes: _Notes) -> Entry:
    right, wrong = raw.answers
    key = "true" if right.said.text == "T" else "false"
    return {"type": "truth", "answer": key, "explain": _markdown(wrong.feedback), "right": _markdown(right.feedback)}


def _match(raw: Raw, notes: _Notes) -> Entry:
    ends = dict.fromkeys(markup.of_words(answer.to) for answer in raw.answers)
    letters = dict(zip(sorted(ends), ascii_uppercase, strict=False))
    if len(ends) > 8:
        raise _RefusedError("must have at most 8 options", str(len(ends)), "Make two questions of it")
    lines = [answer for answer in raw.answers if answer.said.text]
    return {
        "type": "match",
        "items": {str(i): _markdown(answer.said) for i, answer in enumerate(lines, 1)},
        "options": {letter: text for text, letter in letters.items()},
        "answer": {str(i): letters[markup.of_words(answer.to)] for i, answer in enumerate(lines, 1)},
    }


def _essay(raw: Raw, notes: _Notes) -> Entry:
    notes.append(("type", "must be a poll, for nobody marks words here", "an essay", "It counts for nothing"))
    return {"type": "text"}


_BY_KIND: Mapping[str, Callable[[Raw, _Notes], Entry]] = MappingProxyType(
    {
        "multichoice": _choice,
        "numerical": _number,
        "truefalse": _truth,
        "match": _match,
        "essay": _essay,
    }
)
_ONE_OF_OURS = "must be a kind that quizzes.yaml has (docs/quizzes.md)"
_UNKNOWN: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "shortanswer": (_ONE_OF_OURS, "a short answer", "Make it multiple choice: a word has many spellings"),
        "description": (_ONE_OF_OURS, "a text without a question", "Put it on the slide"),
    }
)


def _markdown(said: Said) -> str:
    """Return a text as Markdown of the bank. Raises `_RefusedError` where HTML holds what Markdown cannot say."""
    match said.format:
        case "markdown":
            return markup.of_markdown(said.text)
        case "html":
            text, stray = markup.of_html(said.text)
        case "moodle" if re.search(r"</?[a-z]+[^<>]*>", said.text):
            text, stray = markup.of_html(markup.typed_formulas(said.text).replace("\n", "<br>"))
        case _:
            return markup.of_plain(markup.typed_formulas(said.text))
    if stray:
        todo = "Show a picture or table on the slide; write sub- and superscripts as formulas"
        raise _RefusedError(
            "must be text, headings, emphasis, code, links, lists and formulas", f"<{'>, <'.join(stray)}>", todo
        )
    return text


def _id(raw: Raw, taken: Collection[str]) -> str:
    """Make an id of the comment's id, the name, or else the first words; a number follows where it is in use."""
    source = raw.id or raw.name or " ".join(re.sub(r"<[^>]*>|\\\(.*?\\\)", " ", raw.ask.text).split()[:5])
    plain = re.sub(r"[^a-z0-9]+", "-", source.lower()).strip("-")[:60].strip("-") or "imported"
    name, i = plain, 1
    while name in taken:
        i += 1
        name = f"{plain}-{i}"
    return name
