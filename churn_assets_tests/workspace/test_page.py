"""Pieces of HTML and frames that show themselves."""

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.workspace.listing import MOST_ROWS, Listing
from churn_assets.workspace.page import figure_text, heading, image, page, paragraph, table
from churn_assets_tests.workspace.test_models import Tags

EVIL = '<img src=x onerror="alert(1)">&'


@given(st.text(alphabet=st.sampled_from("<>&\"'/ab "), max_size=12))
def test_no_text_is_taken_for_markup(text: str) -> None:
    assert Tags(heading(text) + paragraph(text)).found == ["h3", "p"]
    assert Tags(page(text)).found == ["style", "section"]
    assert Tags(image(b"", text)).found == ["img"]
    assert Tags(table(f"All {text}", [text], [[text, text]])).found == [
        *("table", "caption", "thead", "tr", "th"),
        *("tbody", "tr", "th", "td"),
    ]


def test_what_looks_evil_is_shown_as_it_is_written() -> None:
    html = table(EVIL, ["a", "b"], [[EVIL, EVIL]])

    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;") == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.12345, "0.123"),
        (1234.5, "1,234.500"),
        (3, "3"),
        (12_345, "12,345"),
        (None, "-"),
        (float("nan"), "-"),
        ("ok", "ok"),
        (True, "True"),
    ],
)
def test_numbers_are_written_as_a_reader_wants_them(value: object, text: str) -> None:
    assert figure_text(value) == text


def test_numbers_stand_to_the_right_and_first_cells_head_their_rows() -> None:
    html = table("Listeners", ["name", "risk", "note"], [["1042", 0.5, "a long enough note"]])

    assert '<th scope="row" class="short">1042</th><td class="number short">0.500</td>' in html
    assert '<td class="">a long enough note</td>' in html
    assert html.count('<th scope="col">') == 3


def test_a_listing_shows_every_row_and_every_text() -> None:
    words = " ".join(["word"] * 30)
    listing = Listing({"words": [words] * 200, "n": range(200)})

    assert len(repr(listing).splitlines()) == 201
    assert listing._repr_html_().count(words) == 200  # type: ignore[operator]


def test_nothing_of_a_listing_is_taken_for_markup() -> None:
    assert "<img" not in Listing({"a": [EVIL]})._repr_html_()  # type: ignore[operator]


def test_what_is_cut_out_of_a_listing_shows_itself_whole_too() -> None:
    part = Listing({"a": [1, 2, 3], "words": ["word " * 40] * 3}).query("a > 1").set_index("a")

    assert Tags(part._repr_html_()).found.count("td") == 2  # type: ignore[operator]
    assert "word " * 39 in part._repr_html_()  # type: ignore[operator]


def test_a_listing_that_grew_large_shows_itself_as_pandas_does() -> None:
    large = Listing({"a": range(MOST_ROWS + 1)})

    assert "..." in repr(large)
    assert large._repr_html_().count("<tr") < 100  # type: ignore[operator]


def test_times_unknown_values_and_several_indices_are_shown_as_a_reader_wants_them() -> None:
    times = pd.to_datetime(["2026-05-04", "2026-05-04 10:11:12.345", None], format="ISO8601")
    listing = Listing({"when": times, "who": ["a", None, "c"], "n": [1_000, 2, 3], "x": [0.5, None, 2.0]}, index=times)

    html = listing._repr_html_()  # type: ignore[operator]

    cells = re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", html)
    assert cells[:5] == ["", "when", "who", "n", "x"]
    assert cells[5:10] == ["2026-05-04", "2026-05-04", "a", "1,000", "0.500"]
    assert cells[11:15] == ["2026-05-04 10:11:12", "-", "2", "-"]
    assert "None" not in repr(listing)
    assert "NaN" not in repr(listing)


def test_every_column_of_an_index_is_shown() -> None:
    listing = Listing({"n": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["metric", "cutoff"]))

    assert '<th scope="col">metric</th><th scope="col">cutoff</th><th scope="col">n</th>' in listing._repr_html_()  # type: ignore[operator]
