"""MLflow's store on a real PostgreSQL: set up by many at once, killed in the middle, used, forgotten in."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from churn_assets.databases import setting_up
from churn_assets.databases.address import within
from churn_assets.errors import RegistryError
from churn_assets.registry.history import History
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.registry.tracking import Tracking, prepare, tracking_below
from churn_assets_tests.registry.killed import AT
from churn_assets_tests.registry.promoted import promoted
from churn_assets_tests.registry.tiny import listeners, trained
from churn_assets_tests.serving.postgres import PostgreSQL, postgresql

SET_UP = """
import sys
from pathlib import Path
from churn_assets.registry.tracking import prepare, tracking_below
prepare(tracking_below(Path(sys.argv[1]), sys.argv[2]))
"""
TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'churn_mlflow'"


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgreSQL]:
    with postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def database(postgres: PostgreSQL) -> str:
    return postgres.new_database()


@pytest.fixture(scope="module")
def url(database: str) -> str:
    return within(database, "churn_mlflow", "psycopg")


@pytest.fixture(scope="module")
def tracking(postgres: PostgreSQL, database: str, url: str, tmp_path_factory: pytest.TempPathFactory) -> Tracking:
    """A store that two homes set up at once, after one that was killed in the middle of it."""
    homes = [tmp_path_factory.mktemp(name) for name in ("killed", "one", "other")]
    killed = set_up(homes[0], url)
    deadline = time.monotonic() + 120
    while not postgres.rows(database, TABLES)[0][0]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    others = [set_up(home, url) for home in homes[1:]]
    assert [other.wait() for other in others] == [0, 0]
    return tracking_below(homes[1], url)


def set_up(home: Path, url: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", SET_UP, str(home), url], start_new_session=True)


def test_a_store_that_many_set_up_after_one_was_killed_is_whole(tracking: Tracking) -> None:
    client = tracking.client()

    assert tracking.is_there()
    assert len(client.search_registered_models()) == 1
    assert sorted(found.name for found in client.search_experiments()) == [
        "Default",
        "churn",
        "churn-decisions",
        "churn-monitoring",
    ]


def test_a_model_is_registered_promoted_loaded_and_rolled_back(tracking: Tracking) -> None:
    registry, frame = ModelRegistry(tracking), listeners(20)
    history = promoted(History(registry), "1", "2")

    loaded = registry.load(registry.champion())

    assert loaded.version.number == "2"
    np.testing.assert_array_equal(loaded.model.predict(frame), trained().predict(frame))
    assert history.rollback(at=AT).version == "1"
    assert [record.kind for record in history.records()] == ["promotion", "promotion", "rollback"]


def test_a_store_that_nobody_has_set_up_is_not_there_and_a_look_makes_nothing(
    postgres: PostgreSQL, tmp_path: Path
) -> None:
    empty = postgres.new_database()

    assert not tracking_below(tmp_path, within(empty, "churn_mlflow", "psycopg")).is_there()
    assert postgres.rows(empty, TABLES) == [(0,)]


def test_a_wrong_password_is_an_error_that_does_not_say_it(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setting_up, "PATIENCE_S", 0.1)
    wrong = within(database.replace("s3cret", "gue55ed"), "churn_mlflow", "psycopg")

    for ask in (Tracking.is_there, prepare):
        with pytest.raises(RegistryError, match=r"churn:\*\*\*@.*password authentication failed") as refused:
            ask(tracking_below(tmp_path, wrong))
        assert "gue55ed" not in str(refused.value)


def test_a_tracking_never_says_its_password(tracking: Tracking, postgres: PostgreSQL) -> None:
    assert postgres.secret.replace("@", "%40") in tracking.url
    assert "s3cret" not in f"{tracking} {tracking.name} {tracking.run_page('abc')}"


def test_the_champion_is_found_again_after_the_server_was_killed(tracking: Tracking, postgres: PostgreSQL) -> None:
    registry = ModelRegistry(tracking)
    before = registry.find(CHAMPION)

    postgres.kill()
    with pytest.raises(Exception, match="onnection"):  # MLflow's own, which says what psycopg said
        registry.find(CHAMPION)
    postgres.start()

    assert before is not None
    assert registry.find(CHAMPION) == before
