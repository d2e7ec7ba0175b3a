import os
from pathlib import Path

import pandas as pd
import pytest

from churn_assets.errors import MissingPartitionError
from churn_assets.lake.lake import Lake
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.web.shelf import MOST_KEPT, Shelf, whole
from churn_assets_tests.retention.scored import CUTOFF, NEXT, candidates, put

COLUMNS = ("user_id", "churn_probability")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    found = Shelf(Lake(tmp_path / "lake"))
    for cutoff, probabilities in ((CUTOFF, [0.1, 0.2]), (NEXT, [0.3])):
        put(found.lake, CHURN_SCORES, cutoff, candidates(probabilities))
    return found


def test_a_partition_is_read_once_until_its_file_is_replaced(shelf: Shelf) -> None:
    key = CUTOFF.isoformat()
    first = shelf.kept(CHURN_SCORES, key, COLUMNS, whole)

    again = shelf.kept(CHURN_SCORES, key, COLUMNS, whole)
    put(shelf.lake, CHURN_SCORES, CUTOFF, candidates([0.9, 0.8]))
    later = shelf.kept(CHURN_SCORES, key, COLUMNS, whole)

    assert again is first
    assert first["churn_probability"].tolist() == [0.1, 0.2]
    assert later["churn_probability"].tolist() == [0.9, 0.8]


def test_a_file_of_the_same_size_and_time_is_told_apart(shelf: Shelf) -> None:
    key, path = CUTOFF.isoformat(), shelf.lake.path(CHURN_SCORES, CUTOFF.isoformat())
    shelf.kept(CHURN_SCORES, key, COLUMNS, whole)
    before = path.stat()

    put(shelf.lake, CHURN_SCORES, CUTOFF, candidates([0.2, 0.1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert shelf.kept(CHURN_SCORES, key, COLUMNS, whole)["churn_probability"].tolist() == [0.2, 0.1]


def test_different_makings_of_a_partition_are_kept_apart(shelf: Shelf) -> None:
    def length(rows: pd.DataFrame) -> int:
        return len(rows)

    key = CUTOFF.isoformat()

    assert len(shelf.kept(CHURN_SCORES, key, COLUMNS, whole)) == shelf.kept(CHURN_SCORES, key, COLUMNS, length) == 2


def test_a_shelf_holds_no_more_than_it_says(shelf: Shelf) -> None:
    for day in range(MOST_KEPT + 5):
        cutoff = pd.Timestamp("2020-01-01") + pd.Timedelta(days=day)
        put(shelf.lake, CHURN_SCORES, cutoff.date(), candidates([0.5]))
        shelf.kept(CHURN_SCORES, cutoff.date().isoformat(), COLUMNS, whole)

    assert len(shelf._kept) == MOST_KEPT


def test_the_rows_of_one_listener_come_with_their_partition(shelf: Shelf) -> None:
    keys = [CUTOFF.isoformat(), NEXT.isoformat(), "2026-09-09"]

    rows = shelf.of_listener(CHURN_SCORES, keys, "0", ("cutoff", "churn_probability"))
    nobody = shelf.of_listener(CHURN_SCORES, keys, "nobody", ("cutoff", "churn_probability"))

    assert rows.to_numpy().tolist() == [["2026-03-02", 0.1], ["2026-03-09", 0.3]]
    assert (list(nobody.columns), len(nobody)) == (["cutoff", "churn_probability"], 0)


def test_newest_partitions_come_last_and_missing_ones_are_an_error(shelf: Shelf) -> None:
    assert shelf.newest(CHURN_SCORES, 5) == ["2026-03-02", "2026-03-09"]
    assert shelf.newest(CHURN_SCORES) == ["2026-03-09"]
    with pytest.raises(MissingPartitionError):
        shelf.kept(CHURN_SCORES, "2026-09-09", COLUMNS, whole)
