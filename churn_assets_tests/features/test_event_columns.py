"""Columns that are made when they are asked for say the same whichever way they are asked."""

import numpy as np
import pytest

from churn_assets.features.event_columns import EventColumns, GivenColumns, KeptColumns, PartColumns, part_of

ARRAYS = {"ts": np.array([3, 1, 2, 4]), "song": np.array(["c", None, "b", "d"], dtype=object)}
GIVEN = GivenColumns(ARRAYS)


@pytest.mark.parametrize(
    ("columns", "ts", "song"),
    [
        (GIVEN, [3, 1, 2, 4], ["c", None, "b", "d"]),
        (KeptColumns(GIVEN, np.array([1, 2, 0])), [1, 2, 3], [None, "b", "c"]),
        (PartColumns(GIVEN, 1, 3), [1, 2], [None, "b"]),
        (PartColumns(KeptColumns(GIVEN, np.array([1, 2, 0])), 1, 3), [2, 3], ["b", "c"]),
        (KeptColumns(PartColumns(GIVEN, 1, 4), np.array([2, 0])), [4, 1], ["d", None]),
    ],
)
def test_arrays_lists_and_single_values_agree(columns: EventColumns, ts: list[int], song: list[str | None]) -> None:
    assert columns["ts"].tolist() == columns.listed("ts") == ts
    assert columns["song"].tolist() == columns.listed("song") == song
    assert [columns.at("song", row) for row in range(len(song))] == song
    assert [columns.at("ts", row) for row in range(len(ts))] == ts
    assert (list(columns), len(columns)) == (["ts", "song"], 2)


def test_a_part_that_is_the_whole_is_the_columns_themselves() -> None:
    assert part_of(GIVEN, 0, 4, size=4) is GIVEN
    assert part_of(GIVEN, 0, 3, size=4).listed("ts") == [3, 1, 2]


def test_a_list_is_made_once() -> None:
    kept = KeptColumns(GIVEN, np.array([0]))

    assert kept.listed("song") is kept.listed("song")
    assert GIVEN.listed("song") is GIVEN.listed("song")
