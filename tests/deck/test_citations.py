"""Reading a user's CSV: good rows survive, bad ones are named."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom import citations
from classroom.citations import Row, find, read

GOOD = "year,citations\n2015,10\n2016,200\n"
ROWS = (Row("2015", 10), Row("2016", 200))


@pytest.mark.parametrize(
    "data",
    [
        GOOD.encode(),
        GOOD.encode("utf-8-sig"),
        GOOD.encode("utf-16"),
        GOOD.replace(",", ";").encode(),
        GOOD.replace(",", "\t").encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        GOOD.replace("\n", "\n\n , \n").encode(),
        b"\n\n" + GOOD.encode().rstrip(),
        b' YEAR , "Citations"\n 2016 ,200\n"2015", 10 \n',
        b"citations;source;Year\n200;a;2016\n10;b;2015",
    ],
    ids=["plain", "mark", "utf-16", "semicolon", "tab", "CRLF", "CR", "blank lines", "blank start", "case", "order"],
)
def test_spreadsheets_write_it_in_many_ways(data):
    assert read(data, "years") == citations.Citations("years", ROWS, ())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2014,5", "year must be 2015 to 2100, got '2014'"),
        ("2o17,5", "year must be 2015 to 2100, got '2o17'"),
        ("٢٠١٧,5", "year must be 2015 to 2100, got '٢٠١٧'"),
        ("2017,-5", "citations must be a whole number, digits only, got '-5'"),
        ('2017,"1,234"', "citations must be a whole number, digits only, got '1,234'"),
        ("2017,1_0", "citations must be a whole number, digits only, got '1_0'"),
        ("2017,5.0", "citations must be a whole number, digits only, got '5.0'"),
        ("2017", "citations must be a whole number, digits only, got ''"),
        ("2015,11", "'2015' must stand once, got it again"),
        ('2017,"5', "unexpected end of data"),
        ("2017,9999999999", "citations must be a whole number, digits only, got '9999999999'"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_the_good_ones_stay(line, reason):
    result = read(f"year,citations\n2015,10\n\n{line}\n2016,200".encode(), "years")
    assert result.rows == ROWS
    assert len(result.problems) == 1
    assert result.problems[0].startswith(f"Line 4: {reason}.")


def test_topics_are_sorted_by_count_and_keep_their_names():
    result = read(b"Topic;Count\nspeech;3\nobject detection;20\nSPEECH;4\n;5\n", "topics")
    assert result.rows == (Row("object detection", 20), Row("speech", 3))
    assert [problem.split(" must")[0] for problem in result.problems] == ["Line 4: 'SPEECH'", "Line 5: topic"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "The file must hold rows, got none. Begin with the line year,citations."),
        (b"\xff\xfe", "The file must hold rows, got none. Begin with the line year,citations."),
        (b"2015,10\n", "Line 1: the header must be year,citations, got '2015,10'."),
        (b"year,year,citations\n", "Line 1: the header must be year,citations, got 'year,year,citations'."),
        (b"year,citations\n2015,\xe9", "The text must be UTF-8, got the byte 0xe9."),
        (b" " * 100_001, "The file must be at most 100,000 bytes, got more."),
    ],
)
def test_a_file_that_is_no_table_gives_no_rows_and_one_reason(data, problem):
    result = read(data, "years")
    assert result.rows == ()
    assert len(result.problems) == 1
    assert result.problems[0].startswith(problem)


def test_rows_and_complaints_are_limited():
    many = "topic,count\n" + "".join(f"t{i},{i}\n" for i in range(150))
    result = read(many.encode(), "topics")
    assert len(result.rows) == 100
    assert result.problems == ("Line 102: at most 100 rows are drawn, got more. Merge the smallest.",)
    bad = read(b"topic,count\n" + b"x,y\n" * 150, "topics")
    assert len(bad.problems) == 21
    assert bad.problems[-1] == "And 130 more lines like these."


def test_the_words_hold_every_number_of_the_chart():
    assert read(GOOD.encode(), "years").alt() == (
        "Citations by year: 2 bars, 210 in all; the longest is 2016 with 200. 2015: 10, 2016: 200."
    )
    assert read(b"", "topics").alt() == "No chart: there are no rows to draw."


@pytest.mark.parametrize("kind", ["years", "topics"])
def test_the_example_has_the_right_header_and_no_invented_number(kind):
    result = read(citations.expected(kind).encode(), kind)
    assert result.rows == ()
    assert len(result.problems) == 2
    assert all("must be a whole number, digits only, got '…'" in problem for problem in result.problems)


def test_a_file_in_the_folder_is_found_and_none_is_shipped(tmp_path):
    assert find("years", tmp_path) is None
    (tmp_path / "citations-by-year.csv").write_text(GOOD)
    assert find("years", tmp_path) == read(GOOD.encode(), "years")
    assert [path.name for path in citations.FOLDER.iterdir()] == ["README.md"]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_exception(data):
    assert read(data, "topics").rows == () or b"opic" in data.lower() or data[:2] in (b"\xff\xfe", b"\xfe\xff")


labels = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=60).filter(lambda s: s.isprintable())


@given(
    st.dictionaries(labels, st.integers(0, 999_999_999), max_size=30),
    st.sampled_from(",;\t"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_csv_writes_is_read_back(counts, separator, encoding):
    folded = {label.casefold(): Row(label, count) for label, count in counts.items()}
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerows([("topic", "count"), *((row.label, row.count) for row in folded.values())])
    result = read(text.getvalue().encode(encoding), "topics")
    assert sorted(map(repr, result.rows)) == sorted(map(repr, folded.values()))
    assert result.problems == ()
    assert [row.count for row in result.rows] == sorted((row.count for row in folded.values()), reverse=True)
