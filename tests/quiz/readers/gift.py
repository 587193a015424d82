"""Score answers by a GIFT file, as https://docs.moodle.org/en/GIFT_format and Moodle's questions say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


def _split(text: str, marks: str) -> list[str]:
    """Cut before each of these characters that has no backslash of its own before it."""
    found, at, i = [], 0, 0
    while i < len(text):
        if text[i] == "\\":
            i += 1
        elif text[i] in marks:
            found.append(text[at:i])
            at = i
        i += 1
    return [*found, text[at:]]


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text.strip())


@dataclass
class Question:
    name: str
    ask: str
    kind: str
    why: str
    options: list[tuple[float, str, str]] = field(default_factory=list)  # weight, text, feedback
    pairs: list[tuple[str, str]] = field(default_factory=list)

    def score(self, response: object) -> float:
        """Score the options picked (by their places), a number as typed, or a text for each line."""
        match response:
            case bool():
                return float(response == (self.options[0][1] == "TRUE"))
            case list() if self.kind == "match":
                lines = [right for left, right in self.pairs if left]
                return sum(map(str.__eq__, response, lines)) / len(lines)
            case list():
                return min(1.0, max(0.0, sum(self.options[place][0] for place in response)))
            case str():
                value = float(response)
                for weight, text, _ in self.options:
                    key, distance = map(float, text.split(":"))
                    if abs(value - key) <= distance + 1e-14 * max(abs(distance), abs(key), 1e-14):
                        return weight
                return 0.0
        raise TypeError(response)


def read(text: str) -> dict[str, Question]:
    """Read the questions of a file by their names."""
    blocks = re.split(r"\n\s*\n", text)
    found = [_question("\n".join(line for line in block.split("\n") if line[:2] != "//")) for block in blocks]
    return {question.name: question for question in found}


def _question(block: str) -> Question:
    name, rest = re.fullmatch(r"\s*::(.*?)(?<!\\)::(.*)", block, flags=re.S).groups()  # type: ignore[union-attr]
    ask, inside, after = _split(rest, "{}")
    assert ask.startswith("[html]")
    assert after.strip() == "}"
    answers, why = re.fullmatch(r"\{(.*?)(?<!\\)####(.*)", inside, flags=re.S).groups()  # type: ignore[union-attr]
    done = Question(_plain(name), _plain(ask[6:]), "", _plain(why))
    answers = answers.strip()
    if not answers:
        done.kind = "essay"
    elif answers[0] == "#":
        done.kind = "numerical"
        done.options = [_option(part) for part in _split(answers[1:], "=~")[1:]]
    elif len(_split(answers, "~")) > 1:
        done.kind = "multichoice"
        done.options = [_option(part) for part in _split(answers, "=~")[1:]]
    elif len(_split(answers, "=")) > 1 and "->" in answers:
        done.kind = "match"
        for part in _split(answers, "=")[1:]:
            left, _, right = part[1:].partition("->")
            done.pairs.append((_plain(left), _plain(right)))
    else:
        word, *feedback = _split(answers, "#")
        assert word.strip() in ("TRUE", "FALSE")
        done.kind = "truefalse"
        done.options = [(1.0, word.strip(), _plain("".join(feedback)[1:]))]
    return done


def _option(part: str) -> tuple[float, str, str]:
    weight = 1.0 if part[0] == "=" else 0.0
    if found := re.match(r".%(-?[0-9.]+)%", part):
        weight, part = float(found[1]) / 100, part[found.end() - 1 :]
    text, *feedback = _split(part[1:], "#")
    return weight, _plain(text), _plain("".join(feedback)[1:])
