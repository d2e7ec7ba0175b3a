"""Pieces of HTML and frames that show themselves."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.workspace.listing import Listing
from churn_assets.workspace.page import figure_text, heading, image, page, paragraph, table
from churn_assets_tests.workspace.test_models import Tags

EVIL = '<img src=x onerror="alert(1)">&'


@given(st.text(alphabet=st.sampled_from("<>&\"'/ab "), max_size=12))
def test_no_text_is_taken_for_markup(text: str) -> None:
    assert Tags(heading(text) + paragraph(text)).found == ["h3", "p"]
    assert Tags(page(text)).found == ["style", "section"]
    assert Tags(image(b"", text)).found == ["img"]
    assert Tags(table(text, [text], [[text, text]])).found == [
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


def test_what_is_cut_out_of_a_listing_is_an_ordinary_frame() -> None:
    part = Listing({"a": [1, 2, 3]}).query("a > 1")

    assert type(part) is pd.DataFrame
