"""Copies of objects: found by version, removed when they were not used for long."""

import os
from pathlib import Path

import pytest

from churn_assets.lake.copies import LEASE_S, Copies, Version

NOW = 1_700_000_000.0
LATER = NOW + LEASE_S + 1
FIRST = Version("visits/day=2024-01-01/part-0.parquet", '"a"', 10)
SECOND = Version(FIRST.name, '"b"', 10)
OTHER = Version("visits/day=2024-01-02/part-0.parquet", '"c"', 10)


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    return Copies(tmp_path / "copies", most_bytes=25)


def kept(copies: Copies, version: Version, now: float, content: bytes = b"0123456789") -> Path:
    def bring(staged: Path) -> Version:
        staged.write_bytes(content)
        return version

    return copies.fetched(bring, now)


def test_a_copy_is_found_by_its_version_alone(copies: Copies) -> None:
    path = kept(copies, FIRST, NOW)

    assert copies.find(FIRST, NOW) == path
    assert (copies.find(SECOND, NOW), copies.find(OTHER, NOW)) == (None, None)
    assert path.parent.name == "day=2024-01-01"
    assert list(copies.staging.iterdir()) == []


def test_a_copy_of_another_size_than_its_version_is_none(copies: Copies) -> None:
    kept(copies, FIRST, NOW).write_bytes(b"torn")

    assert copies.find(FIRST, NOW) is None


def test_what_fails_on_the_way_leaves_nothing(copies: Copies) -> None:
    def bring(staged: Path) -> Version:
        staged.write_bytes(b"01")
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        copies.fetched(bring, NOW)

    assert (copies.files(), list(copies.staging.iterdir())) == ([], [])


def test_an_older_version_goes_once_nobody_used_it_for_an_hour(copies: Copies) -> None:
    first = kept(copies, FIRST, NOW)
    kept(copies, SECOND, NOW + 60)
    assert first.exists()

    kept(copies, Version(FIRST.name, '"d"', 10), LATER)

    assert copies.find(FIRST, LATER) is None
    assert copies.find(SECOND, LATER) is not None


def test_the_least_used_go_first_when_there_are_too_many(copies: Copies) -> None:
    for version, now in ((FIRST, NOW), (OTHER, NOW + 1)):
        kept(copies, version, now)
    copies.find(FIRST, NOW + 2)

    kept(copies, Version("visits/day=2024-01-03/part-0.parquet", '"e"', 10), LATER + 5)

    assert copies.find(OTHER, LATER) is None
    assert copies.find(FIRST, LATER) is not None


def test_no_limit_takes_a_copy_from_a_reader_of_the_last_hour(copies: Copies) -> None:
    for day in range(1, 6):
        kept(copies, Version(f"visits/day=2024-01-0{day}/part-0.parquet", f'"{day}"', 10), NOW)

    assert len(copies.files()) == 5


def test_using_a_copy_does_not_make_it_look_like_another_file(copies: Copies) -> None:
    path = kept(copies, FIRST, NOW)
    before = path.stat()

    copies.find(FIRST, LATER)

    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert after.st_atime == LATER


def test_a_process_looks_at_the_limit_when_it_has_added_enough(tmp_path: Path) -> None:
    copies = Copies(tmp_path, most_bytes=320)
    kept(copies, FIRST, NOW)
    os.truncate(kept(copies, OTHER, NOW), 1_000)

    kept(copies, Version("visits/day=2024-01-03/part-0.parquet", '"f"', 5), LATER, b"01234")
    assert len(copies.files()) == 3
    kept(copies, Version("visits/day=2024-01-04/part-0.parquet", '"g"', 6), LATER, b"012345")
    assert len(copies.files()) < 4


def test_what_is_being_written_is_no_copy(copies: Copies) -> None:
    spool = copies.staging / "run"
    spool.mkdir(parents=True)
    (spool / "day.parquet").write_bytes(bytes(100))
    os.utime(spool / "day.parquet", (NOW, NOW))

    copies.tidy(LATER)

    assert copies.files() == []
    assert (spool / "day.parquet").exists()
