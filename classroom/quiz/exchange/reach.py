"""What each format says of each kind of question: the table of docs/exchange.md, made of the code."""

from __future__ import annotations

from classroom.quiz.exchange import gift, moodle, qti, xapi
from classroom.quiz.exchange.forms import IN_WORDS, TAKES, Words
from classroom.quiz.kinds import KINDS

FORMATS = {"GIFT": gift.SAYS, "Moodle XML": moodle.SAYS, "QTI 2.1": qti.SAYS, "xAPI": xapi.SAYS}


def table() -> str:
    """Return a row for every kind, in Markdown. Raises `KeyError` for a kind that has no form and no reason."""
    lines = [f"| kind | {' | '.join(FORMATS)} |", "|" + "---|" * (1 + len(FORMATS))]
    for kind in KINDS:
        form = TAKES[kind].form if kind in TAKES else Words
        cells = [says[form] for says in FORMATS.values()]
        if kind in xapi.IN_WORDS:
            cells[-1] = f"`{xapi.IN_WORDS[kind]}`"
        lines.append(f"| `{kind}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def reasons() -> str:
    """Return, for every kind that leaves as words, why a person must read the answer; in Markdown."""
    return "\n".join(f"- `{kind}`: {why}." for kind, why in IN_WORDS.items() if kind in KINDS)


if __name__ == "__main__":
    print(table(), reasons(), sep="\n\n")
