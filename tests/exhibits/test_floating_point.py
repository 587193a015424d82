"""What floating point leaves of a variance: errors against fractions, and what eps and one value come to."""

from fractions import Fraction

import numpy as np
import pytest

from classroom.chart import Chart, Dots, Label, Line, Shade
from classroom.exhibits.precision import COUNT, MEANS, SPREADS, VIEWS, Divided, Precision, Variances
from classroom.picture import Table

FORMATS = {"float16": np.float16, "float32": np.float32, "float64": np.float64}
TEXTBOOK, WELFORD, TWO_PASSES, OURS = range(4)
EPS = VIEWS[1]


def variances(**settings) -> Variances:
    return Precision(**settings).compute()


def divided(**settings) -> Divided:
    return Precision(show=EPS, **settings).compute()


def at(mean: float) -> int:
    return int(np.argmin(np.abs(MEANS - mean)))


def chart_and_table(exhibit: Precision) -> tuple[Chart, Table]:
    chart, table, *_ = exhibit.picture(exhibit.compute())
    assert isinstance(chart, Chart)
    assert isinstance(table, Table)
    return chart, table


@pytest.mark.parametrize("kind", FORMATS)
def test_the_true_variance_is_near_the_spread_while_the_format_holds_it(kind: str) -> None:
    data = variances(format=kind, spread=-1.0)
    assert float(data.true[at(0.0)]) == pytest.approx(0.01, rel=0.01)
    step = float(np.finfo(FORMATS[kind]).eps) * 10.0**MEANS  # of the format, at the mean
    held = np.array([true > 0 for true in data.true])
    assert held[step < 0.1].all()
    assert kind == "float64" or not held[-1]


@pytest.mark.parametrize(("kind", "most"), [("float16", 1.0), ("float32", 1.0), ("float64", 8.0)])
@pytest.mark.parametrize("spread", [-3.0, 0.0, 1.0])
def test_normlib_stays_right_to_a_few_units_in_the_last_place(kind: str, most: float, spread: float) -> None:
    data = variances(format=kind, spread=spread)
    held = [i for i, true in enumerate(data.true) if true]
    assert len(held) > 20
    assert data.ulps[OURS, held].max() <= most


def test_an_error_is_counted_in_steps_of_the_format() -> None:
    data = variances(format="float32", mean=2.0)
    i = at(2.0)
    step = float(np.nextafter(np.float32(data.true[i]), np.float32(2)) - np.float32(data.true[i]))
    for row in range(4):
        error = abs(Fraction(float(data.found[row, i])) - data.true[i])
        assert data.ulps[row, i] == pytest.approx(float(error) / step)


def test_the_textbooks_error_grows_with_the_square_of_the_mean_and_welfords_with_the_mean() -> None:
    data = variances(format="float64")
    some = (MEANS >= 1) & (MEANS <= 7)
    slopes = [np.polyfit(MEANS[some], np.log10(data.ulps[row, some] + 0.1), 1)[0] for row in range(4)]
    assert slopes[TEXTBOOK] == pytest.approx(2.0, abs=0.25)
    assert slopes[WELFORD] == pytest.approx(1.0, abs=0.3)
    assert abs(slopes[TWO_PASSES]) < 0.1
    assert abs(slopes[OURS]) < 0.1


def test_only_the_ratio_of_mean_and_spread_counts_where_nothing_overflows() -> None:
    one, ten = (variances(format="float64", spread=spread).ulps[TEXTBOOK] for spread in (0.0, 1.0))
    apart = np.log10(ten[30:] + 1) - np.log10(one[20:-10] + 1)  # the same ratios, ten times larger
    assert abs(np.median(apart)) < 0.3


def test_a_negative_variance_is_marked_and_gives_no_number() -> None:
    exhibit = Precision(format="float32", mean=3.5, spread=0.0)
    data = exhibit.compute()
    assert data.found[TEXTBOOK, at(3.5)] < 0
    assert (data.found[1:] >= 0).all()
    chart, table = chart_and_table(exhibit)
    row = next(row for row in table.rows if row[0].startswith("*E"))
    assert row[1].startswith("−")
    assert row[3] == "no number"
    below_0 = next(mark for mark in chart.marks if isinstance(mark, Dots))
    held = [bool(true) for true in data.true]
    assert set(below_0.x) == set(MEANS[(data.found[TEXTBOOK] < 0) & held])


def test_squares_overflow_in_float16_long_before_the_values_do() -> None:
    data = variances(format="float16")
    assert not np.isfinite(data.found[TEXTBOOK, at(2.0)])
    assert data.finite[at(4.8)]
    assert not data.finite[at(4.9)]
    _, table = chart_and_table(Precision(format="float16", mean=6.0))
    assert all(row[1] == "overflow" for row in table.rows)


def test_where_no_spread_is_held_nothing_is_drawn() -> None:
    chart, _ = chart_and_table(Precision(format="float32", spread=-6.0, mean=2.0))
    (shade,) = (mark for mark in chart.marks if isinstance(mark, Shade))
    assert shade.low < 2.0  # the step of float32 at 100 is 8e-6, eight spreads
    assert shade.high == 8.0
    curves = [mark for mark in chart.marks if isinstance(mark, Line) and len(mark.x) == len(MEANS)]
    assert len(curves) == 4
    assert all(np.isnan(mark.y[shade.low < MEANS]).all() for mark in curves)


def test_the_names_of_the_lines_do_not_cover_one_another() -> None:
    for kind in FORMATS:
        for spread in (-6.0, -2.0, 0.0, 1.0):
            chart, _ = chart_and_table(Precision(format=kind, spread=spread))
            heights = sorted(
                mark.y for mark in chart.marks if isinstance(mark, Label) and mark.text != "no digit is right"
            )
            assert len(heights) == 4
            assert min(np.diff(heights)) > 0.08 * (chart.y.high - chart.y.low)


@pytest.mark.parametrize("eps", [-8, -5, -2])
def test_epsilon_counts_below_its_root_inside_and_below_itself_outside(eps: int) -> None:
    data = divided(format="float64", eps=eps)
    assert np.interp(eps / 2, SPREADS, data.inside) == pytest.approx(0.5**0.5, abs=0.01)
    if eps > -7:
        assert np.interp(eps, SPREADS, data.outside) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("kind", FORMATS)
def test_epsilon_vanishes_where_it_is_less_than_half_a_step_of_the_variance(kind: str) -> None:
    data = divided(format=kind, eps=-5)
    var = 10.0 ** (2 * SPREADS)
    unit = float(np.finfo(FORMATS[kind]).eps)
    assert data.vanishes[var * unit > 4e-5].all()
    assert not data.vanishes[var * unit < 0.5e-5].any()


def test_float16_has_no_epsilon_of_a_hundred_millionth() -> None:
    exhibit = Precision(show=EPS, eps=-8)
    _, formats, _ = exhibit.picture(exhibit.compute())
    cells = {row[0]: row[1:] for row in formats.rows}
    assert cells["ε"][:2] == ("0", "10⁻⁸")
    assert cells["σ = 0: 1/√ε"] == ("overflow", "10⁴", "10⁴")
    default = Precision(show=EPS)
    _, formats, _ = default.picture(default.compute())
    assert {row[0]: row[1] for row in formats.rows}["σ = 0: 1/√ε³"] == "overflow"  # 3·10⁷ is beyond 65504


@pytest.mark.parametrize("mean", [-1.0, 2.0, 8.0])
def test_one_value_becomes_beta_and_two_become_a_sign(mean: float) -> None:
    (_, y, dy, dx), (x, two, _, d_two) = divided(format="float64", mean=mean, spread=0.0, eps=-12).batches
    assert (y, dx) == ([0.5], [0.0])
    assert dy[0] != 0
    assert np.ptp(x) == pytest.approx(2.0)
    np.testing.assert_allclose(two, [-1.0, 2.0], atol=1e-9)  # beta less and plus gamma
    assert np.abs(d_two).max() < 1e-9


def test_the_words_hold_the_numbers_of_the_arrays() -> None:
    exhibit = Precision(mean=3.0)
    data = exhibit.compute()
    words = exhibit.alt(data)
    assert "Welford" in words
    assert f"two passes {float(f'{data.ulps[TWO_PASSES, at(3.0)]:.2g}'):g}" in words
    lost = Precision(format="float16", mean=4.4)
    assert f"{COUNT} values" in lost.alt(lost.compute())
    assert "all one number" in lost.alt(lost.compute())
    assert "which is β" in Precision(show=EPS).alt(divided())
