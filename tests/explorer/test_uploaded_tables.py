"""A table is read as it is written, and what is wrong in it is named by line and column."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from classroom.explorer.uploads import read
from tests.explorer.files import refused

# --- tables -----------------------------------------------------------------------------------------------------------

TABLE = "1,-2.5,3e2\n4,5.25,.5\n"
ROWS = [[1, -2.5, 300], [4, 5.25, 0.5]]


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").encode(),
        TABLE.replace(",", ";").replace(".", ",").encode(),
        TABLE.replace(",", "\t").replace(".", ",").encode(),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace("\n", "\r").encode(),
        TABLE.replace("\n", "\n\n  \n").rstrip().encode(),
        TABLE.replace(",", " , ").encode(),
        ("a,b,c\n" + TABLE).encode(),
        ("\n,B 2,\"c, d\"\n" + TABLE).encode(),
        ("höhe, m;b. 1;c\n" + TABLE.replace(",", ";").replace(".", ",")).encode(),
        b'"1","-2.5","+3E2"\n"4.","5.25","0.5"',
    ],
    ids=["plain", "mark", "utf-16", "semicolon", "tab", "decimal comma", "tab and decimal comma", "CRLF", "CR",
         "blank lines", "spaces", "names", "empty names", "names with points", "quoted"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.csv", "A.TSV", "a.b.txt"])
def test_a_table_is_written_in_many_ways(name, data):
    assert read(name, data).tolist() == [[ROWS]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,2\n3,4,5", "line 2 must hold 2 numbers like line 1, got 3. "),
        ("1,2\n\n3", "line 3 must hold 2 numbers like line 1, got 1. "),
        ("a,b\n1\n", "line 1 must hold as many names as line 2 has numbers, 1, got 2. "),
        ("1,2\n3,x", "line 2, column 2 must be a number such as -1.5e3, got 'x'. "),
        ("1,b\n3,4", "line 1, column 2 must be a number such as -1.5e3, got 'b'. "),
        ("a,b\n1,\n", "line 2, column 2 must be a number such as -1.5e3, got ''. "),
        ("a,b\nc,d\n1,2", "line 2, column 1 must be a number such as -1.5e3, got 'c'. "),
        ("1;2\n1.234,5;6", "line 2, column 1 must be a number such as -1.5e3, got '1.234,5'. "),
        ("1.5;2,5", "line 1, column 2 must be a number such as -1.5e3, got '2,5'. "),
        ('1,"2,5"', "line 1, column 2 must be a number such as -1.5e3, got '2,5'. "),
        ("1,1_0", "line 1, column 2 must be a number such as -1.5e3, got '1_0'. "),
        ("1,٣", "line 1, column 2 must be a number such as -1.5e3, got '٣'. "),
        ("1,0x10", "line 1, column 2 must be a number such as -1.5e3, got '0x10'. "),
        ("nan,1", "line 1, column 1 must be finite, got 'nan'. "),
        ("1;2\n3;-Infinity", "line 2, column 2 must be finite, got '-Infinity'. "),
        ("1,1e31", "line 1, column 2 must be at most 1e+30 in size, got '1e31'. "),
        ("1,1e999", "line 1, column 2 must be at most 1e+30 in size, got '1e999'. "),
        ('1,"2\n3,4', "line 1 must be a row of a table, got '1,\"2' (unexpected end of data). "),
        ("", "the table must hold numbers, got none. "),
        ("a,b\n", "the table must hold numbers, got none. "),
        (",".join("1" * 65), "line 1 must hold at most 64 numbers, got 65. "),
        ("\n".join("1" * 65), "a table must have at most 64 rows, got more. "),
        ("a\n" + "\n".join("1" * 65), "a table must have at most 64 rows, got more. "),
    ],
)
def test_what_is_wrong_in_a_table_is_named_by_line_and_column(text, words):
    assert words in refused("a.csv", text.encode())


def test_a_table_in_another_encoding_is_refused_by_its_byte():
    assert "the text must be UTF-8, got the byte 0xe9. Save it as “CSV UTF-8”." in refused("a.csv", b"h\xe9,b\n1,2")


def test_a_table_may_have_a_row_of_names_and_64_rows_and_columns():
    row = ",".join("5" * 64) + "\n"
    assert np.array_equal(read("a.csv", (row.replace("5", "name") + 64 * row).encode()), np.full((1, 1, 64, 64), 5.0))


@given(
    arrays.arrays(np.float64, arrays.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(-1e30, 1e30)),
    st.sampled_from([",", ";", "\t", "decimal comma"]),
)
def test_what_numpy_writes_is_read_back(values, separator):
    text = io.StringIO()
    np.savetxt(text, values, fmt="%.17g", delimiter=";" if separator == "decimal comma" else separator)
    written = text.getvalue().replace(".", ",") if separator == "decimal comma" else text.getvalue()
    if separator == "decimal comma" and values.shape[1] == 1:
        return  # one column has no semicolon: the comma stands between two numbers
    assert np.array_equal(read("a.csv", written.encode())[0, 0], values)
