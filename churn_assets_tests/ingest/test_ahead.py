"""Work is done ahead, in order, few items at a time, and ends with who asked for it."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.errors import LandingError
from churn_assets.ingest.ahead import ITEMS_A_THREAD, worked_ahead
from churn_assets_tests.ingest.lines import PROPERTY


@PROPERTY
@given(st.lists(st.integers()), st.integers(1, 4))
def test_every_item_comes_once_in_order_with_its_result(items: list[int], threads: int) -> None:
    assert list(worked_ahead(str, items, threads=threads)) == [(item, str(item)) for item in items]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_only_few_items_are_drawn_before_their_turn(threads: int) -> None:
    drawn = []

    def items() -> Iterator[int]:
        for item in range(100):
            drawn.append(item)
            yield item

    ahead = [len(drawn) - item for item, _ in worked_ahead(str, items(), threads=threads)]

    assert max(ahead) == threads * ITEMS_A_THREAD + 1


def test_several_items_are_worked_on_at_once() -> None:
    both = threading.Barrier(2, timeout=30)

    met = list(worked_ahead(lambda _: both.wait(), range(4), threads=2))

    assert sorted(place for _, place in met) == [0, 0, 1, 1]


def test_a_failing_item_raises_in_its_turn() -> None:
    results = worked_ahead(lambda item: 1 // item, [3, 2, 1, 0, 1], threads=2)

    assert [next(results)[0] for _ in range(3)] == [3, 2, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_what_was_drawn_before_reading_failed_is_given_first() -> None:
    def items() -> Iterator[int]:
        yield from range(3)
        raise LandingError("gone")

    results = worked_ahead(str, items(), threads=2)

    assert [next(results)[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(LandingError, match="gone"):
        next(results)


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_closing_early_leaves_no_thread_at_work_and_closes_what_is_read(taken: int) -> None:
    closed = []

    def items() -> Iterator[int]:
        try:
            yield from range(100)
        finally:
            closed.append(True)

    source = items()
    results = worked_ahead(str, source, threads=2)
    for _ in range(taken):
        next(results)
    results.close()
    source.close()

    assert closed == ([True] if taken else [])
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]
