"""SQLite's log is carried over beside the writer; that nothing gets lost so is what `test_store_crash.py` holds."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from churn_assets.errors import StoreError
from churn_assets.serving.checkpoints import COMMIT_BYTES, LOG_BYTES, PAUSE_S, Checkpoints
from churn_assets.serving.database import database
from churn_assets.serving.dialects import LOG_PAGES
from churn_assets.serving.store import open_store
from churn_assets_tests.serving.answers import answer

WAITING_S = 60


def becomes_true(happened: Callable[[], bool]) -> bool:
    until = time.monotonic() + WAITING_S
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_a_store_that_stays_open_carries_a_long_log_over_into_its_file(tmp_path: Path) -> None:
    file, chance = tmp_path / "predictions.db", Random(7)
    bodies = [chance.randbytes(1 << 20) for _ in range(6)]

    with open_store(f"sqlite:///{file}") as store:
        at_first = file.stat().st_size
        for number, body in enumerate(bodies):
            store.keep(answer(f"r{number}", logs=body)).result()

        assert becomes_true(lambda: file.stat().st_size > at_first + LOG_BYTES)
        assert [store.find(f"r{number}").predictions[0].logs for number in range(6)] == bodies  # type: ignore[union-attr]


def test_a_log_is_carried_over_once_enough_was_written_and_no_sooner(tmp_path: Path) -> None:
    file = tmp_path / "predictions.db"
    with open_store(f"sqlite:///{file}") as store, database(f"sqlite:///{file}") as opened:
        store.keep(answer("r1")).result()
        checkpoints = Checkpoints(opened, log_bytes=opened.log_bytes() + 2 * COMMIT_BYTES + 2)
        checkpoints.note(1)
        time.sleep(3 * PAUSE_S)
        assert _requests_in_the_file_alone(file, tmp_path) == []

        checkpoints.note(1)
        assert becomes_true(lambda: _requests_in_the_file_alone(file, tmp_path) == ["r1"])
        checkpoints.close()


def test_a_log_that_began_anew_is_not_carried_over_for_the_length_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "predictions.db"
    with open_store(f"sqlite:///{file}") as store:
        store.keep(answer("long", logs=Random(7).randbytes(LOG_BYTES + 1))).result()
        assert becomes_true(lambda: _requests_in_the_file_alone(file, tmp_path) == ["long"])
        store.keep(answer("short")).result()
        assert database(f"sqlite:///{file}").log_bytes() > LOG_BYTES

        time.sleep(3 * PAUSE_S)
        assert _requests_in_the_file_alone(file, tmp_path) == ["long"]


def test_a_long_log_that_was_left_behind_is_carried_over_at_once(tmp_path: Path) -> None:
    file = tmp_path / "predictions.db"
    with open_store(f"sqlite:///{file}") as store, database(f"sqlite:///{file}") as opened:
        store.keep(answer("r1")).result()
        checkpoints = Checkpoints(opened, log_bytes=opened.log_bytes())

        assert becomes_true(lambda: _requests_in_the_file_alone(file, tmp_path) == ["r1"])
        checkpoints.close()


def _requests_in_the_file_alone(file: Path, folder: Path) -> list[str]:
    """Requests that somebody sees who has the file without its log; none while it is being written to."""
    alone = folder / "alone.db"
    alone.write_bytes(file.read_bytes())
    with closing(sqlite3.connect(alone)) as connection:
        try:
            return [request for (request,) in connection.execute("SELECT request_id FROM churn_requests")]
        except sqlite3.DatabaseError:
            return []


def test_a_writer_lends_a_hand_only_when_the_log_is_far_too_long(tmp_path: Path) -> None:
    with database(f"sqlite:///{tmp_path / 'predictions.db'}") as opened, opened.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one() == LOG_PAGES


def test_a_database_that_cannot_be_used_stops_nobody_from_trying_again(tmp_path: Path) -> None:
    file = tmp_path / "predictions.db"
    file.write_bytes(b"no database" * 1_000)
    file.with_name(f"{file.name}-wal").write_bytes(b"no log")
    with database(f"sqlite:///{file}") as broken:
        with pytest.raises(StoreError, match="refused a statement"):
            broken.checkpoint()
        checkpoints = Checkpoints(broken, log_bytes=1)
        time.sleep(3 * PAUSE_S)

        assert checkpoints.is_running
        checkpoints.close()
        assert not checkpoints.is_running


def test_closing_twice_is_as_good_as_once_also_without_a_thread() -> None:
    for url in ("sqlite:///predictions.db", "postgresql://127.0.0.1/churn"):
        checkpoints = Checkpoints(database(url))
        checkpoints.close()
        checkpoints.close()
