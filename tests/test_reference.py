"""The reference says what the code is: regenerated pages are those that are kept, and what they say is true."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from classroom.content import content
from classroom.proof import lines
from classroom.reference import FOLDER, files, forms, index, page, slides, write
from normlib import NORMS

every_key = pytest.mark.parametrize("key", NORMS)


def section(key: str, title: str) -> str:
    """Return what stands on a page under a heading."""
    (text,) = [part for part in page(key).split("\n## ") if part.startswith(f"{title}\n")]
    return text


def rows(text: str) -> dict[str, list[str]]:
    """Return the rows of the first table in a text, by their first cell."""
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("| ")]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in cells[2:]}


def test_the_kept_pages_are_those_that_the_code_gives() -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    stale = sorted(name for name, text in files().items() if kept.get(name) != text)
    assert (stale, sorted(kept.keys() - files().keys())) == ([], []), "run `python -m classroom.reference`"


def test_writing_leaves_no_page_of_an_operator_that_is_gone(tmp_path) -> None:
    (tmp_path / "no_such_norm.md").write_text("old")
    write(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == {"README", *NORMS}


def test_every_link_of_a_kept_page_leads_to_a_file() -> None:
    for name, text in files().items():
        links = re.findall(r"\]\((?!https://)([^)]*)\)", text)
        assert links, name
        for link in links:
            assert (FOLDER / link).is_file(), (name, link)


def test_github_can_set_every_formula_of_a_kept_page() -> None:
    for text in files().values():
        assert "$$" not in text
        assert r"\operatorname" not in text
        assert r"\textcolor" not in text
        assert text.count("```") == 2 * text.count("```math")


@every_key
def test_a_page_has_the_lecture_and_every_formula(key: str) -> None:
    text, norm = page(key), NORMS[key]()
    assert text.startswith((import_module(f"normlib.norms.{key}").__doc__ or "").strip())
    shown = lines(norm, "definition") + lines(norm, "closed_form") + lines(norm, "parameters")
    assert len(shown) >= 2
    assert [formula for formula in shown if formula not in text] == []
    for form in forms(norm):
        assert f"\n## With {form.setting}\n" in text
        assert lines(form.norm, "closed_form")[0] in text


@every_key
def test_every_field_has_a_meaning_and_every_framework_a_row(key: str) -> None:
    kind = NORMS[key]
    table = rows(section(key, "Hyperparameters"))
    assert set(table) == {f"`{name}`" for name in vars(kind())}
    assert all(meaning for *_, meaning in table.values())
    differing = rows(section(key, "Who differs")) if kind.presets() else {}
    assert differing.keys() == kind.presets().keys()


@every_key
def test_the_certificate_on_a_page_holds_and_has_no_measured_digits(key: str) -> None:
    said = section(key, "How this was checked")
    assert "✓ Checked three ways" in said
    assert set(re.findall(r"10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", said)) <= {"10⁻¹⁰", "10⁻⁹", "10⁻⁵"}


@pytest.mark.parametrize(
    ("key", "cells", "other"),
    [
        ("batch_norm", 8 * 5 * 7, "Another sample takes part."),
        ("layer_norm", 6 * 5 * 7, "Another sample takes no part."),
        ("instance_norm", 5 * 7, "Another sample takes no part."),
        ("group_norm", 5 * 7, "Another sample takes no part."),  # 32 groups of one channel
        ("cross_channel_norm", 5, "Another sample takes no part."),
        ("spatial_norm", 2 * 2, "Another sample takes no part."),
        ("spectral_norm", 8 * 6 * 5 * 7, "Another outgoing channel takes part."),
        ("weight_norm", 6 * 5 * 7, "Another outgoing channel takes no part."),
        ("switchable_norm", (8 + 6 - 1) * 5 * 7, "Another sample takes part."),
    ],
)
def test_a_page_counts_the_cells_that_share_a_statistic(key: str, cells: int, other: str) -> None:
    said = section(key, "Which cells share a statistic")
    assert f"{cells:,} of its" in said
    assert other in said


def test_the_axes_are_said_in_words() -> None:
    assert rows(section("group_norm", "Which cells share a statistic")) == {
        "samples, $m$": ["its own"],
        "channels, $k$": ["those of its group, of 32 groups"],
        "rows, $i$": ["all"],
        "columns, $j$": ["all"],
    }
    window = "a window of 2: 0 before, 1 after, fewer at the ends"
    assert rows(section("spatial_norm", "Which cells share a statistic"))["rows, $i$"] == [window]
    assert "No cell" in section("dynamic_tanh", "Which cells share a statistic")


def test_a_hyperparameter_has_its_symbol_default_and_range() -> None:
    table = rows(section("local_response_norm", "Hyperparameters"))
    assert table["`size`"][:3] == ["$n$", "5", "whole, 1 to 64"]
    assert table["`beta`"][:3] == [r"$\beta$", "0.75", "0 to 5"]
    assert table["`lean`"][1:3] == ["`high`", "`high`, `low`"]
    windowed = rows(section("spatial_norm", "Hyperparameters"))
    assert "NCDHW" not in windowed["`layout`"][2], "a window of rows and columns takes no volume"
    assert "NCDHW" in rows(section("layer_norm", "Hyperparameters"))["`layout`"][2]


def test_parameters_have_their_shapes_also_those_of_other_forms() -> None:
    assert rows(section("layer_norm", "Parameters")) == {
        "`gamma`": ["each channel, row, column", "`(6, 5, 7)`", "1"],
        "`beta`": ["each channel, row, column", "`(6, 5, 7)`", "0"],
        '`gamma` with `over="channels"`': ["each channel", "`(6,)`", "1"],
        '`beta` with `over="channels"`': ["each channel", "`(6,)`", "0"],
    }
    assert rows(section("batch_norm", "Parameters"))["`running_var` with `training=False`"][1:] == ["`(6,)`", "1"]
    assert section("lp_norm", "Parameters").endswith("None.\n")


def test_frameworks_differ_in_what_their_documentation_says() -> None:
    table = rows(section("batch_norm", "Who differs"))
    assert table["PyTorch"][0] == "nothing"
    assert table["Keras"][0] == "`eps=0.001`, `momentum=0.01`, `unbiased=False`"
    assert table["MatConvNet"][0] == '`eps=0.0001`, `unbiased=False`, `averages="deviation"`'
    assert (
        rows(section("local_response_norm", "Who differs"))["TensorFlow"][0] == "`size=11`, `beta=0.5`, `divide=False`"
    )


def test_a_form_shows_the_formulas_that_change_and_no_other() -> None:
    inference = section("batch_norm", "With `training=False`")
    assert r"\bar{\mu}_{k}" in inference
    assert lines(NORMS["batch_norm"](), "definition")[-1] not in inference


def test_a_page_links_to_the_slides_that_show_its_operator() -> None:
    assert "lrn" in [slide.id for slide in slides("local_response_norm")]
    for slide in content().deck:
        if slide.norm is not None:
            assert f"[{slide.title}](./?slide={slide.id})" in section(slide.norm, "Source")


def test_the_index_has_every_operator_with_its_paper() -> None:
    for key, kind in NORMS.items():
        assert f"[{kind.title}](?norm={key})" in index()
        assert kind.paper.url in index()
