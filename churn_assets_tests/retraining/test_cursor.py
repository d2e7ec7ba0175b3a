"""What a sensor remembers."""

from hypothesis import given
from hypothesis import strategies as st

from churn_assets.retraining.cursor import MOST_WAITING, Cursor
from churn_assets.retraining.evidence import Seen
from churn_assets_tests.retraining.causes import seen

SEEN = st.lists(st.builds(Seen, st.integers(0), st.text(max_size=5), st.text(max_size=5)), max_size=4)


@given(st.integers(0), SEEN)
def test_a_cursor_comes_back_from_its_text(event: int, waiting: list[Seen]) -> None:
    cursor = Cursor(event, tuple(waiting))

    assert Cursor.read(cursor.text()) == cursor


def test_it_moves_past_the_newest_event_and_forgets_what_waited() -> None:
    cursor = Cursor(3, (seen("2026-06-01"),))

    assert cursor.after([seen("2026-06-02", 9), seen("2026-06-03", 7)]) == Cursor(9)
    assert cursor.after([]) == Cursor(3)


def test_it_keeps_no_more_waiting_than_the_newest() -> None:
    many = [seen(f"day {n}", n) for n in range(MOST_WAITING + 5)]

    assert Cursor(0).keeping(many).waiting == tuple(many[5:])
