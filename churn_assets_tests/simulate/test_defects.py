import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.simulate.defects import LATEST_DAYS, delays, repeated, with_broken
from churn_assets.simulate.visitors import passers_by
from churn_assets_tests.simulate.conftest import usable
from churn_assets_tests.simulate.tiny import MIDNIGHT

LINE = b'{"ts":1767355200123,"userId":"1003","sessionId":17,"page":"Home","level":"free"}'


def chance() -> np.random.Generator:
    return np.random.default_rng(9)


def test_whole_sessions_are_late_by_days() -> None:
    events = passers_by(chance(), MIDNIGHT, count=2_000, first_session=1)

    late = delays(events, chance(), share=0.1)

    assert {len(set(late[events.session == session].tolist())) for session in range(1, 200)} == {1}
    assert set(late.tolist()) == set(range(LATEST_DAYS + 1))
    assert 0.07 < (late > 0).mean() < 0.13


@given(st.integers(0, 50))
def test_without_defects_nothing_is_touched(count: int) -> None:
    lines = [LINE] * count

    assert repeated(count, chance(), share=0.0).tolist() == list(range(count))
    assert with_broken(lines, chance(), share=0.0) == (lines, 0)


@given(st.integers(0, 50), st.floats(0, 1))
def test_repeating_keeps_every_line_and_its_place(count: int, share: float) -> None:
    places = repeated(count, chance(), share=share)

    assert sorted(set(places.tolist())) == list(range(count))
    assert (np.diff(places) >= 0).all()


@given(st.integers(0, 60), st.floats(0, 1))
def test_broken_lines_are_extra_and_lose_nothing(count: int, share: float) -> None:
    lines = [LINE.replace(b":17", f":{number}".encode()) for number in range(count)]

    mixed, broken = with_broken(lines, chance(), share=share)

    assert len(mixed) == count + broken
    assert [line for line in mixed if line in lines] == lines


def test_no_broken_line_can_be_used() -> None:
    mixed, broken = with_broken([LINE] * 60, chance(), share=1.0)

    assert broken == 60
    assert [orjson.dumps(row) for row in usable(mixed)] == [LINE] * 60


@pytest.mark.parametrize("mark", [b"\xff", b'"user":', b'{"ts":86400000,', b"null"])
def test_lines_break_in_several_ways(mark: bytes) -> None:
    mixed, _ = with_broken([LINE] * 60, chance(), share=1.0)

    assert any(mark in line for line in mixed)
