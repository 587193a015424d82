"""What the deck claims: every claim has its grounds and its slide, and its numbers are the exhibits' own."""

from __future__ import annotations

import doctest
import re
import shlex
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import ValidationError

from classroom.claims import STATUSES, check, command, read
from classroom.content import CLAIMS, SLIDES, content
from classroom.deck import Deck, DeckError, Slide
from classroom.exhibits import EXHIBITS
from classroom.exhibits.batch_size import ERROR, IMAGES
from classroom.exhibits.learning_rate_and_init import TALK
from classroom.exhibits.paper_experiments import MODELS
from lab.cli.commands import Runs
from lab.experiment import Experiment
from lab.experiments.bn_parameters import BnParameters
from lab.noise import Noise
from normlib import NORMS

DECK = Deck.read(SLIDES)
SWEEP = 'state: {show: "sweep run here"}'
GOOD = """\
- id: one
  slide: citations
  status: cited
  says: A claim.
  source: "[A paper](https://example.org), table 1"
"""
ELSEWHERE = {  # numbers on slides that no claim holds, and why
    "noise-after-bn": {"70 %": "what a band is"},
    "who-differs": dict.fromkeys(("1.3410", "1.34157", "1.34163", "0.9", "0.1"), "computed by normlib's presets"),
    "precision": {"3,000": "computed by the picture"},
    "your-turn": {"1,024": "a count of cells"},
}


def said(slide: str, status: str = "cited") -> str:
    found = [c for c in content().claims if (c.slide, c.status) == (slide, status)]
    return " ".join([*(c.says for c in found), *(side.says for c in found for side in c.sides)])


def test_the_papers_numbers_are_those_of_the_picture() -> None:
    text = said("paper-experiments")
    for model in MODELS:
        (own,) = [c.says for c in content().claims if re.match(rf"{model.name}\b(?!-)", c.says)]
        steps = "never reaches 72.2 %" if model.steps is None else f"72.2 % after {model.steps} million steps"
        assert steps in own
        assert f"{model.best} % at best" in own
        assert f"{model.rate:g}" in own
    assert text.count("at best") == len(MODELS)


def test_the_talks_runs_are_those_of_the_picture() -> None:
    text = said("lr-init-table")
    for row in TALK:
        assert f"{row.name} {row.accuracy:.6f} at {row.rate:g}" in text


def test_the_errors_by_batch_size_are_those_of_the_picture() -> None:
    text = said("batch-size")
    assert ", ".join(map(str, IMAGES[:-1])) + f" and {IMAGES[-1]}" in text
    for name, errors in ERROR.items():
        assert f"{name} {', '.join(map(str, errors))} %" in text
    at_32 = said("error-by-batch-size")
    assert all(f"{name} {errors[IMAGES.index(32)]}" in at_32 for name, errors in ERROR.items())


def test_the_smallest_batch_loses_as_much_as_the_picture_says() -> None:
    lost = ERROR["batch norm"][IMAGES.index(2)] - ERROR["batch norm"][IMAGES.index(32)]
    assert f"loses {lost:.1f} points" in said("batch-size")
    ends = ", ".join(f"{name} {errors[IMAGES.index(2)]}" for name, errors in ERROR.items())
    assert f"At 2: {ends} %" in said("error-by-batch-size")


def test_the_constants_of_operators_and_noise_are_those_of_the_code() -> None:
    lrn = NORMS["local_response_norm"].presets()["Krizhevsky et al."]
    assert f"{lrn.size} channels, κ = {lrn.k:g}, β = {lrn.beta:g} and α = {lrn.alpha:g}, not" in said("lrn")
    assert not lrn.divide
    assert f"{NORMS['group_norm'].presets()['Wu & He'].groups} groups" in said("batch-size")
    start = NORMS["dynamic_tanh"]().init((2, 3, 4, 4))["alpha"]
    assert f"α = {float(start.flat[0]):g}" in said("no-batch")
    noise = Noise(seed=0, place=0)
    assert f"by up to {noise.shift:g} and scales by up to {noise.scale:g}" in said("noise-after-bn")


@pytest.mark.parametrize("slide", DECK.pages, ids=lambda slide: slide.id)
def test_every_number_on_a_slide_is_claimed(slide: Slide) -> None:
    """Shares, decimals and thousands; a new one needs a claim, or a reason in ELSEWHERE."""
    text = re.sub(
        r"\(https?://[^)]*\)|\[\d{4}\.\d+\]|section [\d.]+", "", f"{slide.lede} {slide.caption} {slide.notes}"
    )
    numbers = set(re.findall(r"\d+\.\d+|\d{1,3}(?:,\d{3})+|\d+(?: to \d+)? %", text))
    claims = " ".join(said(slide.id, status) for status in STATUSES)
    assert {n for n in numbers if not re.search(rf"(?<![\d.,]){re.escape(n)}(?!,?\d)", claims)} == set(
        ELSEWHERE.get(slide.id, {})
    )


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("one: two", 1, "the claims must be a list, got dict"),
        (GOOD + "- id: [", 6, "the claims must be YAML"),
        (GOOD + "- \a", 1, "the claims must be a file of YAML in UTF-8"),
        (GOOD + "- two\n", 6, "the value should be a valid dictionary"),
        (GOOD + GOOD, 6, "the id must be this claim's own, got 'one' again"),
        (GOOD + "  slide: vgg\n", 6, "a key must stand once, got 'slide' again after line 2"),
        (GOOD.replace("cited", "sited"), 3, "got 'sited'. Did you mean 'cited'?"),
        (GOOD.replace("  source", "#"), 1, "a claim that is cited must have a source, got none"),
        (GOOD.replace("https://example.org", "here"), 5, "a source must hold a link, got '[A paper](here), table 1'"),
        (GOOD.replace("cited", "contested"), 1, "a contested claim must have two sides, got 0"),
        (GOOD + "  sides: [{says: a, source: The 2015 talk}]\n", 1, "only a contested claim has sides, got cited"),
        (GOOD + "  sides:\n    - says: a\n      source: b\n", 8, "a source must hold a link, got 'b'"),
        (GOOD + "  sides:\n    - says: a\n      sorce: b\n", 8, "a key must be one of says, source, got 'sorce'"),
        (
            GOOD + "  sides:\n    - source: The 2015 talk\n",
            7,
            "sides.0.says must be given, got nothing. Add `says: ...`.",
        ),
        (GOOD + "  state: {step: 3}\n", 1, "only a recomputed claim has a state, got cited"),
        (GOOD + "  sorce: b\n", 6, "got 'sorce'. Did you mean 'source'?"),
        (GOOD.replace("  says: A claim.\n", ""), 1, "says must be given, got nothing. Add `says: ...`."),
        (GOOD.replace("one", "One!"), 1, "id: String should match pattern"),
    ],
)
def test_what_is_wrong_in_a_claim_is_told_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DeckError) as error:
        read(path)
    assert any(p.line == line and says in p.text for p in error.value.problems), str(error.value)


def test_a_file_that_is_missing_or_not_utf_8_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DeckError, match="No such file"):
        read(tmp_path / "none.yaml")
    (tmp_path / "claims.yaml").write_bytes(GOOD.replace("A claim", "café").encode("latin-1"))
    with pytest.raises(DeckError, match=r"claims\.yaml:1: the claims must be a file of YAML in UTF-8, got: .*0xe9"):
        read(tmp_path / "claims.yaml")


def test_a_claim_cannot_be_changed() -> None:
    claim = next(c for c in content().claims if c.state)
    with pytest.raises(ValidationError, match="frozen"):
        claim.says = "else"
    with pytest.raises(TypeError, match="does not support item assignment"):
        claim.state["show"] = "else"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("slide: vgg\n  status: recomputed", "slide: vggg\n  status: recomputed", "slide must be one of"),
        ("status: not-reproducible\n  says: BN", "status: cited\n  says: BN", "deepid2 must have the status cited"),
        (SWEEP, "state: {show: as a table}", "must train at this state"),
        (SWEEP, "state: {shows: as a table}", "state must be one of"),
        (SWEEP, "state: {show: elsewhere}", "which is not one of"),
    ],
)
def test_a_claim_that_its_slide_does_not_bear_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    text = CLAIMS.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = tmp_path / "claims.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DeckError) as error:
        check(read(path), DECK, EXHIBITS)
    (changed,) = {i for i, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1) if line != at(text, i)}
    assert any((p.path, p.line) == (path, changed) and says in p.text for p in error.value.problems), str(error.value)


def at(text: str, line: int) -> str:
    return text.split("\n")[line - 1]


@pytest.mark.parametrize(
    "slide", [slide for slide in DECK.pages if set(slide.status) - {"computed"}], ids=lambda s: s.id
)
def test_a_status_without_its_claim_is_told_with_the_slides_line(slide: Slide) -> None:
    for status in set(slide.status) - {"computed"}:
        rest = [e for e in read(CLAIMS) if (e.claim.slide, e.claim.status) != (slide.id, status)]
        with pytest.raises(DeckError) as error:
            check(rest, DECK, EXHIBITS)
        (problem,) = error.value.problems
        assert problem.path == slide.path
        assert at(slide.path.read_text(encoding="utf-8"), problem.line).startswith("status:")
        assert f"a slide that is {status} must have a claim" in problem.text


def trained() -> list[tuple[str, Experiment[Any], str]]:
    """Return the id of every recomputed claim, its run, and the command that is shown beside it."""
    found = []
    for claim in content().claims:
        slide = DECK.find(claim.slide)
        if claim.status == "recomputed" and slide is not None:
            run = EXHIBITS[slide.exhibit or ""].from_state(claim.state, base=slide.state)[0].run()
            assert run is not None
            found.append((claim.id, run, command(run)))
    return found


@pytest.mark.parametrize(("run", "line"), [pytest.param(run, line, id=id) for id, run, line in trained()])
def test_the_command_of_a_claim_trains_its_very_configuration(run: Experiment[Any], line: str) -> None:
    python, m, lab, word, name, *settings = shlex.split(line)
    assert (python, m, lab, word) == ("python", "-m", "lab", "run")
    read = Runs("run").get_command(click.Context(Runs("run")), name)
    assert read is not None
    given = read.make_context(name, settings).params
    assert type(run)(**{field.name: given[field.name] for field in fields(run)}) == run


def test_what_is_usual_is_left_out_of_a_command() -> None:
    assert doctest.testmod(sys.modules[command.__module__]) == (0, 1)
    assert command(BnParameters(steps=20, rate=0.2)) == "python -m lab run bn-parameters --steps 20 --rate 0.2"
