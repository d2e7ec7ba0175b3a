"""Files that people and runs leave below a home: what is cleared, what is left alone, and what is told."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from churn_assets.forgetting.files import FilesPlace
from churn_assets.forgetting.journal import FOLDER, Journal
from churn_assets.forgetting.left_overs import LeftOversPlace
from churn_assets.forgetting.listener import Listener
from churn_assets.forgetting.rows import count, leave_out
from churn_assets_tests.forgetting.planted import USER
from churn_assets_tests.forgetting.search import found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a report of every kind."""
    home = tmp_path / "home"
    (home / "reports" / "deep").mkdir(parents=True)
    (home / "apart").mkdir()
    (home / "reports" / "a.csv").write_text(f"user_id,n\n{USER},1\n7,2\n")
    (home / "reports" / "deep" / "a.json").write_text(f'[{{"userId": "{USER}"}}, {{"userId": "7"}}]')
    (home / "reports" / "a.html").write_text(f"<b>{USER}</b> and 7")
    (home / "reports" / "a.log").write_text(f'{{"user_id": "{USER}"}}\nof {USER}\nof 7\n')
    pd.DataFrame({"user_id": [USER, "7", None]}).to_parquet(home / "reports" / "a.parquet")
    (home / "reports" / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
    (home / "reports" / "latin.txt").write_bytes(f"caf\xe9 of {USER}".encode("latin-1"))
    (home / "apart" / "a.csv").write_text(f"user_id\n{USER}\n")
    return home


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A pending forgetting."""
    journal = Journal(tmp_path)
    journal.begin(USER, datetime(2026, 1, 1, tzinfo=UTC))
    return journal


def place(home: Path) -> FilesPlace:
    """The files of a home."""
    return FilesPlace("files", [home], [home / "apart"], Listener(USER))


def test_every_kind_of_file_loses_what_tells_of_the_listener(home: Path, journal: Journal) -> None:
    assert place(home).held() == 7
    place(home).remove(journal)

    assert place(home).held() == 0
    assert found([home / "reports"], [USER]) == set()
    assert journal.removed == {"files": 7}


def test_what_is_not_about_the_listener_stays(home: Path, journal: Journal) -> None:
    place(home).remove(journal)

    reports = home / "reports"
    assert (reports / "a.csv").read_text() == "user_id,n\n7,2\n"
    assert (reports / "deep" / "a.json").read_text() == '[{"userId": "7"}]'
    assert (reports / "a.html").read_text() == "<b>•••</b> and 7"
    assert (reports / "a.log").read_text() == "of •••\nof 7\n"
    assert (reports / "latin.txt").read_bytes() == b"caf\xe9 of \xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"
    assert list(pd.read_parquet(reports / "a.parquet")["user_id"]) == ["7", None]
    assert (reports / "picture.png").read_bytes() == b"\x89PNG\xff\xfe"


def test_places_of_their_own_and_the_journal_are_left_alone(home: Path, journal: Journal) -> None:
    (home / FOLDER).mkdir()
    (home / FOLDER / "pending.jsonl").write_text(USER)

    place(home).remove(journal)

    assert USER in (home / "apart" / "a.csv").read_text()
    assert (home / FOLDER / "pending.jsonl").read_text() == USER


def test_a_file_without_the_listener_is_not_written_again(home: Path, journal: Journal) -> None:
    untouched = home / "reports" / "other.json"
    untouched.write_text('{"b":1,\n"a": 2}')
    before = untouched.stat()

    place(home).remove(journal)

    assert untouched.stat() == before


def test_packed_files_are_told_of_since_nobody_looks_into_them(home: Path) -> None:
    (home / "reports" / "backup.tar.gz").write_bytes(b"")

    assert place(home).closed() == [home / "reports" / "backup.tar.gz"]


def test_half_files_of_killed_runs_are_removed(tmp_path: Path, journal: Journal) -> None:
    staging, landing = tmp_path / "lake" / ".staging", tmp_path / "landing"
    for folder in (staging / "deep", landing / "served"):
        folder.mkdir(parents=True)
    (staging / "deep" / "x.parquet").write_text(USER)
    (landing / "served" / ".a.jsonl.zst.tmp").write_text(USER)
    (landing / "served" / ".cursor").write_text("7")
    (landing / "a.json").write_text("{}")
    place = LeftOversPlace([staging], [landing])

    assert place.held() == 2
    place.remove(journal)

    assert place.held() == 0
    assert sorted(path.name for path in landing.rglob("*")) == [".cursor", "a.json", "served"]


def test_a_column_of_numbers_called_user_id_names_nobody(tmp_path: Path) -> None:
    pd.DataFrame({"user_id": [42, 7]}).to_parquet(tmp_path / "a.parquet")

    assert count(tmp_path / "a.parquet", Listener("42")) == 0


def test_rows_types_and_order_of_a_parquet_file_stay(tmp_path: Path) -> None:
    import duckdb
    import pyarrow.parquet as pq

    source, staged = tmp_path / "a.parquet", tmp_path / "b.parquet"
    query = (
        "SELECT n % 5 || '' AS user_id, make_timestamp_ms(n * 1001)::TIMESTAMP_MS AS ts, n / 3.0 AS x, "
        "CASE WHEN n % 3 = 0 THEN NULL ELSE [n || 'a', NULL] END AS texts, DATE '2026-01-01' + n::INT AS day, "
        "encode(n || '') AS raw, n % 2 = 0 AS flag FROM range(20000) AS r(n) ORDER BY -n"
    )
    duckdb.sql(f"COPY ({query}) TO '{source}' (FORMAT parquet)")

    leave_out(source, staged, Listener("3"))

    before, after = (pq.ParquetFile(path).read() for path in (source, staged))
    keep = [user != "3" for user in before["user_id"].to_pylist()]
    assert after.schema.types == before.schema.types
    assert after.columns == before.filter(keep).columns
    assert count(staged, Listener("3")) == 0
