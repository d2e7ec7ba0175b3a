"""What was acknowledged is there, whoever is killed and whenever."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from churn_assets.errors import StoreUnreachableError
from churn_assets.serving.database import database
from churn_assets.serving.store import PredictionStore, open_store
from churn_assets_tests.serving.answers import answer, keep_through_an_outage, run_at_once
from churn_assets_tests.serving.postgres import postgresql

ROUNDS = 24


def test_a_writer_killed_at_any_moment_loses_nothing_acknowledged(store_url: str) -> None:
    open_store(store_url).close()
    acknowledged = run_at_once(["until-killed", store_url, ROUNDS, 1])[0].split()

    assert len({name.split("-")[0] for name in acknowledged}) > ROUNDS / 2, "most rounds must get to work"
    with open_store(store_url) as store:
        kept = {name: store.find(name) for name in acknowledged}
        assert {name: found and found.predictions for name, found in kept.items()} == {
            name: answer(name).predictions for name in acknowledged
        }
        assert store.keep(answer("after all")).result().request_id == "after all"


def test_no_request_is_ever_half_there(store_url: str) -> None:
    open_store(store_url).close()
    run_at_once(["until-killed", store_url, 10, 2])

    halves = (
        "SELECT count(*) FROM churn_requests r WHERE NOT EXISTS "
        "(SELECT 1 FROM churn_predictions p WHERE p.request_id = r.request_id)"
    )
    with database(store_url) as opened, opened.reading() as connection:
        assert connection.execute(text(halves)).scalar() == 0


def test_a_file_survives_every_kill_unharmed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/predictions.db"
    run_at_once(["until-killed", url, 10, 3])

    with database(url) as opened, opened.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_a_server_that_crashes_and_recovers_loses_nothing_acknowledged() -> None:
    is_over = threading.Event()
    with postgresql() as server, open_store(url := server.new_schema(), patience_s=60) as store:
        with ThreadPoolExecutor(4) as threads:
            writers = [threads.submit(keep_through_an_outage, store, f"writer{n}", is_over) for n in range(4)]
            try:
                for crash in (1, 2):
                    wait_for_work(store, f"writer0-{20 * crash}")
                    server.crash()
                    server.start()
                store.keep(answer("after all")).result()
            finally:
                is_over.set()
        acknowledged = [name for writer in writers for name in writer.result()]

        assert len(acknowledged) > 40
        assert all(store.find(name) for name in acknowledged)
        with database(url) as opened, opened.reading() as connection:
            rows = connection.execute(text("SELECT count(*), count(DISTINCT request_id) FROM churn_predictions")).one()
        assert rows[0] == rows[1] == len(acknowledged) + 1


def wait_for_work(store: PredictionStore, request_id: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(StoreUnreachableError):
            if store.find(request_id):
                return
        time.sleep(0.01)
    pytest.fail(f"{request_id} was never kept")
