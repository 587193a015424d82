"""What the README shows is what happens."""

import doctest
import re

from classroom.content import ROOT, content
from classroom.quiz import KINDS

README = ROOT / "README.md"


def test_the_examples_give_what_they_say() -> None:
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted > 5
    assert result.failed == 0


def test_the_questions_are_as_many_as_it_says() -> None:
    bank, kinds = content().bank, ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen")[len(KINDS) - 10]
    assert f"The {len(bank)} questions are of {kinds} kinds" in README.read_text(encoding="utf-8")


def test_every_path_in_the_map_exists() -> None:
    text = README.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!http)([\w./-]+)\)", text)
    folders = [name for name in re.findall(r"`([\w./-]+)`", text) if name.endswith("/")]
    assert len(links) > 5
    parts = {"deck/": "classroom/deck", "exhibits/": "classroom/exhibits", "quiz/": "classroom/quiz",
             "errata/": "classroom/errata", "ui/": "classroom/ui"}  # fmt: skip
    for name in links + [parts.get(name, name) for name in folders]:
        assert (ROOT / name).exists(), name
