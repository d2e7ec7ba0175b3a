"""Texts that tell of a listener: which parts go, and that nothing else does."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.contracts.privacy import MASK
from churn_assets.forgetting.listener import Listener
from churn_assets.forgetting.texts import Cleaner
from churn_assets.resources.metadata import markdown_table

LONG, SHORT = "listener-4711", "42"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def cleaned(text: str, user: str = LONG) -> tuple[str, int]:
    """A text without a listener, and how much was removed."""
    cleaner = Cleaner(Listener(user))
    return cleaner.text(text), cleaner.removed


@pytest.mark.parametrize("user", [LONG, SHORT, "a|b<c>", "x" * 60])
def test_a_preview_loses_the_rows_of_the_listener_and_no_other(user: str) -> None:
    rows = [["1", "7", 1.5], [user, user, 2.5], ["2", user, 3.5]]
    names = ["user_id", "session_id", "value"]

    text, removed = cleaned(f"{markdown_table(names, rows)}\n\n… and 3 more columns", user)

    assert removed >= 1
    assert text.split("\n")[2].startswith("| 1 | 7 | 1.5 |")
    assert len(text.split("\n")) == 6
    assert text.split("\n")[3].startswith("| 2 | ")


def test_a_table_without_ids_keeps_numbers_that_look_like_one() -> None:
    text = markdown_table(["reason", "lines"], [["empty_line", 42]])

    assert cleaned(text, SHORT) == (text, 0)


def test_json_loses_entries_about_the_listener_however_deep() -> None:
    told = {"misses": [{"user_id": SHORT, "p": 1}, {"user_id": "7", "p": 42}], "n": 42, "one": {"userId": SHORT}}

    text, removed = cleaned(json.dumps(told), SHORT)

    assert removed == 2
    assert json.loads(text) == {"misses": [{"user_id": "7", "p": 42}], "n": 42, "one": {"userId": MASK}}


def test_json_and_tables_inside_of_json_are_cleaned_as_well() -> None:
    inner = json.dumps({"preview": markdown_table(["user_id", "n"], [[SHORT, 1], ["7", 2]])})

    text, removed = cleaned(json.dumps({"record": inner}), SHORT)

    assert removed == 1
    assert json.loads(json.loads(text)["record"])["preview"] == markdown_table(["user_id", "n"], [["7", 2]])


def test_words_are_masked_where_they_can_mean_nobody_else() -> None:
    assert cleaned(f"asked by {LONG}, not by {LONG}8") == (f"asked by {MASK}, not by {LONG}8", 1)
    assert cleaned("42 rows at 42:42", SHORT) == ("42 rows at 42:42", 0)


@pytest.mark.parametrize(
    ("text", "user", "expected"),
    [
        ("user_id,n\n42,1\n7,42\n", SHORT, "user_id,n\n7,42\n"),
        ('n,"user_id"\r\n1,42\r\n2,"4,2"\r\n', SHORT, 'n,user_id\r\n2,"4,2"\r\n'),
        ("n,m\n42,1\n7,2\n", SHORT, "n,m\n42,1\n7,2\n"),
        (f"who,m\n{LONG},1\n7,2\n", LONG, "who,m\n7,2\n"),
        (f"user_id,note\n7,of {LONG}\n", LONG, f"user_id,note\n7,of {MASK}\n"),
        ("user_id,rank\r\n'-5,1\r\n7,2\r\n", "-5", "user_id,rank\r\n7,2\r\n"),
    ],
)
def test_csv_files_lose_the_rows_of_the_listener(text: str, user: str, expected: str) -> None:
    assert Cleaner(Listener(user)).csv(text) == expected


def test_a_log_loses_the_lines_that_are_about_the_listener() -> None:
    text = f'{{"userId": "{SHORT}", "name": "Zaphod"}}\n{{"userId": "7", "n": 42}}\nplain 42\n'

    assert Cleaner(Listener(SHORT)).lines(text) == '{"userId": "7", "n": 42}\nplain 42\n'


@given(JSON)
def test_json_that_does_not_tell_of_the_listener_is_the_very_same_text(data: Any) -> None:
    text = json.dumps(data)

    assert cleaned(text) == (text, 0)


@given(JSON, JSON)
def test_whatever_is_around_it_an_entry_about_the_listener_goes(before: Any, after: Any) -> None:
    text, removed = cleaned(json.dumps([before, {"user_id": LONG, "x": before}, after]))

    assert json.loads(text) == [before, after]
    assert removed == 1
