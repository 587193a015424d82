from hypothesis import given
from hypothesis import strategies as st

from classroom.citations import Citations, Row
from classroom.citations_figure import picture_of
from classroom.wire import frame

TOPICS = st.lists(
    st.tuples(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=60),
              st.integers(0, 10**9 - 1)),
    max_size=40, unique_by=lambda row: row[0].casefold(),
)  # fmt: skip


def table(kind, rows) -> Citations:
    return Citations(kind, tuple(Row(str(label), count) for label, count in rows), ())


def test_a_bar_a_year_and_a_gap_where_there_is_no_row() -> None:
    (plot,) = picture_of(table("years", [(2015, 12), (2016, 340), (2019, 12_400)]))
    (bars,) = plot.figure.data
    assert (list(bars.x), list(bars.y)) == ([2015, 2016, 2019], [12, 340, 12_400])
    assert list(plot.figure.layout.xaxis.tickvals) == [2015, 2016, 2017, 2018, 2019]
    assert list(bars.text) == ["12", "340", "12,400"]
    assert plot.figure.layout.yaxis.range[0] == 0


@given(TOPICS)
def test_topics_are_drawn_as_they_are(rows: list[tuple[str, int]]) -> None:
    picture = picture_of(table("topics", rows))
    if not rows:
        assert list(picture) == []
        return
    (plot,) = picture
    figure = plot.figure
    assert list(figure.data[0].x) == [count for _, count in rows]
    assert [a.text for a in figure.layout.annotations] == [f"{count:,}" for _, count in rows]
    for name in figure.layout.yaxis.ticktext:
        assert name.count("<") == name.count("<br>") <= 1  # a reader's words are no markup
    assert frame(picture, {})


@given(st.dictionaries(st.integers(2015, 2100), st.integers(0, 10**9 - 1), max_size=30))
def test_years_fit_and_count(counts: dict[int, int]) -> None:
    rows = sorted(counts.items())
    picture = picture_of(table("years", rows))
    if not rows:
        assert list(picture) == []
        return
    (plot,) = picture
    assert len(plot.figure.layout.xaxis.tickvals) <= 12
    assert f"{sum(count for _, count in rows):,}" in plot.note
