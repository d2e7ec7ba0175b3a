"""Every line has its day: its own, or that of a row nearby."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.cutoffs import DAY, epoch_day
from churn_assets.ingest.dated_lines import DatedLines, DaySpan, dated_lines
from churn_assets.ingest.exact_line import read_line
from churn_assets.ingest.log_line import LogLine
from churn_assets_tests.ingest.lines import FIRST_DAY, LAST_DAY, LOG_LINES, PROPERTY, land, line, on

SPAN = DaySpan(FIRST_DAY, LAST_DAY)
FIRST = epoch_day(FIRST_DAY)
Found = list[tuple[int, int, str | None]]


def expected(lines: Sequence[bytes]) -> Found:
    """(line, day, reason) of each line, by the rules as they are written, one line at a time."""
    read = [read_line(one) for one in lines]
    inside = [None if one.ts is None or not 0 <= one.ts // DAY - FIRST < 5 else one.ts // DAY - FIRST for one in read]
    rows = [at for at, one in enumerate(read) if isinstance(one, LogLine) and inside[at] is not None]
    found: Found = []
    for at, one in enumerate(read):
        before, after = [row for row in rows if row < at], [row for row in rows if row > at]
        nearby = inside[before[-1]] if before else inside[after[0]] if after else 0
        reason = (None if at in rows else "out_of_range") if isinstance(one, LogLine) else one.reason
        found.append((at + 1, (nearby or 0) if (own := inside[at]) is None else own, reason))
    return found


def dates(folder: Path, lines: Sequence[bytes], *, block_bytes: int = 1 << 16) -> Found:
    file = land(folder, "a.json", b"\n".join([*lines, b""]))
    return [one for dated in dated_lines(file, SPAN, block_bytes=block_bytes) for one in merged(dated)]


def merged(dated: DatedLines) -> Found:
    rows: Found = [(n, d - FIRST, None) for n, d in zip(dated.row_lines.tolist(), dated.row_days.tolist(), strict=True)]
    days = dated.faulty_days.tolist()
    return sorted(rows + [(bad.line, d - FIRST, bad.reason) for bad, d in zip(dated.faulty, days, strict=True)])


@PROPERTY
@given(lines=LOG_LINES, size=st.sampled_from([1, 7, 100, 1000, 1 << 16]))
def test_every_line_comes_once_with_its_day_however_the_blocks_fall(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], size: int
) -> None:
    assert dates(tmp_path_factory.mktemp("landing"), lines, block_bytes=size) == expected(lines)


@pytest.mark.parametrize("size", [1, 300, 1 << 16])
def test_a_line_without_a_day_belongs_to_that_of_the_last_row_before_it(tmp_path: Path, size: int) -> None:
    found = dates(tmp_path, [on(3), on(1), b"?", on(9), on(2), b""], block_bytes=size)

    assert [day for _, day, _ in found] == [3, 1, 1, 1, 2, 2]


@pytest.mark.parametrize("size", [1, 300, 1 << 16])
def test_the_first_lines_without_a_day_belong_to_that_of_the_first_row(tmp_path: Path, size: int) -> None:
    found = dates(tmp_path, [b"?", on(-3), b"", on(4), on(1)], block_bytes=size)

    assert [day for _, day, _ in found] == [4, 4, 4, 4, 1]


def test_a_file_without_a_row_belongs_to_the_first_day(tmp_path: Path) -> None:
    found = dates(tmp_path, [b"?", on(-3), b""])

    assert found == [(1, 0, "invalid_json"), (2, 0, "out_of_range"), (3, 0, "empty_line")]


def test_a_bad_line_with_a_time_belongs_to_its_own_day_and_is_no_anchor_for_others(tmp_path: Path) -> None:
    found = dates(tmp_path, [on(1), on(3, userId=...), b"?"])

    assert found == [(1, 1, None), (2, 3, "missing_field: userId"), (3, 1, "invalid_json")]


@pytest.mark.parametrize(("ms", "day"), [(-1, None), (0, 0), (DAY - 1, 0), (5 * DAY - 1, 4), (5 * DAY, None)])
def test_days_begin_and_end_at_midnight_utc(tmp_path: Path, ms: int, day: int | None) -> None:
    found = dates(tmp_path, [line(ts=FIRST * DAY + ms)])

    assert found == [(1, day or 0, "out_of_range" if day is None else None)]


def test_faulty_lines_keep_their_bytes_and_the_days_outside_are_told(tmp_path: Path) -> None:
    file = land(tmp_path, "a.json", b"\r\n".join([b" \xff ", on(7), on(0), on(-1, page="")]))

    dated = list(dated_lines(file, SPAN))

    assert [bad.content for one in dated for bad in one.faulty] == [b" \xff ", on(7), on(-1, page="")]
    assert {int(day) - FIRST for one in dated for day in one.outside} == {7, -1}


def test_a_span_holds_its_first_and_last_day() -> None:
    span = DaySpan(date(2018, 11, 1), date(2018, 11, 1))
    days = [epoch_day(FIRST_DAY + timedelta(days=n)) for n in (-1, 0, 1)]

    assert span.contains(np.array(days)).tolist() == [False, True, False]
