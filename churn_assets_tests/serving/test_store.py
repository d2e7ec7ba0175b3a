"""One suite that both databases keep; PostgreSQL is a real one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import numpy as np
import pytest
from sqlalchemy import insert, text

from churn_assets.errors import StoreError, StoreUnreachableError
from churn_assets.serving.database import database, sqlstate
from churn_assets.serving.schema import METADATA, UPGRADES, VERSIONS, upgrade, version_of
from churn_assets.serving.store import PredictionStore, open_store
from churn_assets_tests.serving import answers
from churn_assets_tests.serving.answers import PREDICTION, answer, keep_all, names, run_at_once
from churn_assets_tests.serving.postgres import PostgreSQL


def counts(url: str) -> tuple[int, int]:
    """Stored requests and predictions, as plain SQL counts them."""
    with database(url) as opened, opened.reading() as connection:
        tables = ("churn_requests", "churn_predictions")
        requests, predictions = (connection.execute(text(f"SELECT count(*) FROM {t}")).scalar_one() for t in tables)
    return requests, predictions


def test_what_was_kept_is_found_again_to_the_last_bit(store: PredictionStore) -> None:
    logs = '[{"userId":"1042","song":"Sehr kosmisch 🎧 \u202ertl"}]'.encode() * 2_000
    kept = answer("r1", "1042", "söng 🎧", logs=logs, features={"freq_7d": 5e-324, "region": "KY-IN", "none": None})

    assert store.keep(kept).result() is kept
    assert store.find("r1") == kept
    assert store.find("r2") is None


def test_the_same_request_twice_is_stored_once_and_answered_the_same(store: PredictionStore, store_url: str) -> None:
    first = store.keep(answer("r1")).result()
    again = store.keep(answer("r1", churn_probability=0.9, inference_timestamp=1)).result()

    assert again == first
    assert counts(store_url) == (1, 1)


def test_another_body_under_the_same_id_shows_in_the_digest(store: PredictionStore) -> None:
    store.keep(answer("r1", body=b"one")).result()
    other = answer("r1", body=b"other")

    assert store.keep(other).result().digest == answer("r1", body=b"one").digest != other.digest


def test_sixteen_threads_that_ask_the_same_at_once_get_one_answer(store: PredictionStore, store_url: str) -> None:
    bodies = [str(number).encode() for number in range(16)]
    with ThreadPoolExecutor(16) as threads:
        kept = list(threads.map(lambda body: store.keep(answer("r1", body=body)).result(), bodies))

    assert len({answered.digest for answered in kept}) == 1
    assert store.find("r1") == kept[0]
    assert counts(store_url) == (1, 1)


def test_two_processes_that_ask_the_same_at_once_get_one_answer_each_time(store_url: str) -> None:
    wanted = names("r", 60)
    said = run_at_once(*[["the-same", store_url, *wanted]] * 2)

    assert said[0] == said[1]
    assert [line.split()[0] for line in said[0].splitlines()] == wanted
    assert counts(store_url) == (60, 60)


def test_sixteen_writers_in_threads_lose_and_double_nothing(store_url: str) -> None:
    answers.keep_side_by_side(store_url, names("thread", 16), 25)

    assert counts(store_url) == (400, 400)


def test_sixteen_writers_in_four_processes_lose_and_double_nothing(store_url: str) -> None:
    run_at_once(*[["side-by-side", store_url, 25, *names(f"process{number}", 4)] for number in range(4)])

    assert counts(store_url) == (400, 400)


def test_a_look_whether_something_could_be_written_leaves_nothing(store: PredictionStore, store_url: str) -> None:
    assert store._write(()) == ()
    store._writer.suspect()
    store.keep(answer("r")).result()

    assert store.trouble is None
    assert counts(store_url) == (1, 1)


def test_a_store_is_made_by_many_at_once(store_url: str) -> None:
    run_at_once(*[["open", store_url]] * 5)

    with database(store_url) as opened, opened.reading() as connection:
        assert version_of(connection) == len(UPGRADES)


def test_a_record_that_the_database_refuses_fails_alone(store: PredictionStore, store_url: str) -> None:
    good, bad = names("good", 9), answer("bad", "1042", "1042")
    with (
        database(store_url) as opened,
        opened.writing(),
    ):  # nobody else writes meanwhile, so that all of these wait for one transaction
        futures = [store.keep(answer(name)) for name in good[:5]]
        refused = store.keep(bad)
        futures += [store.keep(answer(name)) for name in good[5:]]

    assert [future.result().request_id for future in futures] == good
    with pytest.raises(StoreError, match="refused"):
        refused.result()
    assert counts(store_url) == (9, 9)


@pytest.mark.parametrize(
    "bad",
    [
        answer("nul\0"),
        answer("r", "nul\0"),
        answer("r", "half \ud800"),
        answer("r", features={"device": "half \ud800"}),
        answer("r", features={"device": ["no", "number"]}),
        answer("r", churn_probability=float("nan")),
    ],
)
def test_what_not_every_database_can_keep_is_refused_by_both(store: PredictionStore, bad: answers.Answered) -> None:
    with pytest.raises(StoreError) as refusal:
        store.keep(bad).result()

    assert not isinstance(refusal.value, StoreUnreachableError)
    assert store.keep(answer("good")).result().request_id == "good"


def test_a_text_that_no_index_of_postgresql_holds_is_refused_at_once_and_alone(postgres: PostgreSQL) -> None:
    """The driver calls it an operational error, like a server that is away; it would be tried until patience ends."""
    incompressible = Random(1).randbytes(8_000).hex()
    url = postgres.new_schema()
    with open_store(url, patience_s=3_600) as store:
        with database(url) as opened, opened.writing():  # so that all of these wait for one transaction
            first = store.keep(answer("r1"))
            long = store.keep(answer("r2", incompressible))
            last = store.keep(answer("r3"))

        with pytest.raises(StoreError, match="refused a statement") as refusal:
            long.result(60)
        assert [future.result(60).request_id for future in (first, last)] == ["r1", "r3"]

    assert not isinstance(refusal.value, StoreUnreachableError)
    assert sqlstate(refusal.value) == "54000"


def test_numbers_of_numpy_are_numbers_and_nan_is_null(store: PredictionStore) -> None:
    features = {"freq_7d": np.float64(0.1), "weekly_std": float("nan")}
    store.keep(answer("r1", features=features)).result()

    found = store.find("r1")

    assert found is not None
    assert found.predictions[0].features == {"freq_7d": 0.1, "weekly_std": None}


def test_closing_stores_what_still_waits_and_ends_keeping(store_url: str) -> None:
    store = open_store(store_url)
    waiting = [store.keep(answer(name)) for name in names("r", 50)]
    store.close()
    store.close()

    assert [future.result(timeout=0).request_id for future in waiting] == names("r", 50)
    assert counts(store_url) == (50, 50)
    with pytest.raises(StoreError, match="closed"):
        store.keep(answer("late")).result()


def test_who_gives_up_in_time_is_not_stored(store: PredictionStore, store_url: str) -> None:
    with database(store_url) as opened, opened.writing():
        first = store.keep(answer("first"))
        while not first.running():
            pass
        assert store.keep(answer("given up")).cancel()

    first.result()
    assert store.keep(answer("next")).result().request_id == "next"
    assert store.find("given up") is None


def test_a_store_that_stays_locked_is_waited_for_then_reported_and_used_again(store_url: str) -> None:
    with open_store(store_url, patience_s=0.2) as store:
        with (
            database(store_url) as opened,
            opened.writing(),
            pytest.raises(StoreUnreachableError, match="CHURN_STORE_URL"),
        ):
            store.keep(answer("r1")).result()

        assert store.find("r1") is None
        assert store.keep(answer("r1")).result().request_id == "r1"


def test_a_store_of_a_newer_release_is_refused(store_url: str) -> None:
    open_store(store_url).close()
    with database(store_url) as opened, opened.writing() as connection:
        connection.execute(insert(VERSIONS).values(version=len(UPGRADES) + 1, identity="newer"))

    with pytest.raises(StoreError, match="newer release"):
        open_store(store_url)


def test_an_upgrade_is_done_once_and_keeps_what_is_there(store: PredictionStore, store_url: str) -> None:
    list(keep_all(store, ["r1"]))
    added = "ALTER TABLE churn_requests ADD COLUMN note TEXT"
    upgrades = (*UPGRADES, lambda connection: connection.execute(text(added)))
    for _ in range(2):
        with database(store_url) as opened, opened.writing() as connection:
            upgrade(connection, upgrades)  # type: ignore[arg-type]

    with database(store_url) as opened, opened.reading() as connection:
        assert version_of(connection) == len(UPGRADES) + 1
        assert connection.execute(text("SELECT request_id, note FROM churn_requests")).one() == ("r1", None)


def test_commits_reach_the_disk_before_they_are_acknowledged(store: PredictionStore, store_url: str) -> None:
    with store._database.reading() as connection:
        if store_url.startswith("sqlite"):
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")
            }
            assert pragmas == {"synchronous": 2, "journal_mode": "wal"}
        else:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


def test_only_who_writes_on_postgresql_must_not_idle(postgres: PostgreSQL) -> None:
    asked = text("SHOW idle_in_transaction_session_timeout")
    with database(postgres.new_schema(), 5) as opened:
        with opened.writing() as connection:
            assert connection.execute(asked).scalar() == "30s"
        with opened.reading() as connection:
            assert connection.execute(asked).scalar() == "0"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/db", "no url"])
def test_what_cannot_be_a_store_is_refused_in_words(url: str) -> None:
    with pytest.raises(StoreError, match="sqlite:///"):
        open_store(url)


def test_a_server_that_does_not_answer_and_a_folder_that_cannot_be_made_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnreachableError, match=r"postgresql\+psycopg://me:\*\*\*@/x") as away:
        open_store(f"postgresql://me:secret@/x?host={tmp_path}", patience_s=0.1)
    with pytest.raises(StoreError, match="CHURN_STORE_URL"):
        open_store(f"sqlite:///{tmp_path}/file/predictions.db")
    assert "secret" not in str(away.value)


def test_every_field_of_a_prediction_has_its_column() -> None:
    columns = set(METADATA.tables["churn_predictions"].columns.keys())

    assert set(vars(PREDICTION)) | {"sequence", "day"} == columns


def test_threads_keep_and_find_side_by_side(store: PredictionStore) -> None:
    is_over = threading.Event()
    with ThreadPoolExecutor(8) as threads:
        writers = [threads.submit(answers.keep_through_an_outage, store, f"w{n}", is_over) for n in range(4)]
        found = list(threads.map(lambda _n: store.keep(answer("same")).result().digest, range(40)))
        is_over.set()

    assert set(found) == {answer("same").digest}
    acknowledged = [request_id for writer in writers for request_id in writer.result()]
    assert all(store.find(request_id) for request_id in acknowledged)


def test_a_password_is_not_shown_wherever_it_stands_in_the_address() -> None:
    for url in ("postgresql://me:hunter2@127.0.0.1/churn", "postgresql://me@127.0.0.1/churn?password=hunter2"):
        with database(url) as kept_in:
            assert "hunter2" not in kept_in.name
            assert "127.0.0.1/churn" in kept_in.name
