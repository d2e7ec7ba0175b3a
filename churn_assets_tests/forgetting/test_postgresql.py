"""The tiny service moves to a real PostgreSQL as it is, and a listener is forgotten there as everywhere."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from churn_assets.databases.copying import tables_of
from churn_assets.errors import HistoryError, RegistryError, StoreError
from churn_assets.forgetting.forgetting import Proof
from churn_assets.lake.lake import Lake
from churn_assets.registry.copying import copy_tracking
from churn_assets.registry.registry import ModelRegistry
from churn_assets.registry.tracking import tracking_below
from churn_assets.resources.forgetting import Forgetting
from churn_assets.resources.history_copy import copy_history
from churn_assets.resources.planning import plan
from churn_assets.resources.session import Session, open_session
from churn_assets.resources.state import OTHERS_SERVED
from churn_assets.serving.copying import copy_store
from churn_assets.serving.reader import snapshot
from churn_assets.serving.store import open_store
from churn_assets.settings import Settings
from churn_assets_tests.forgetting.planted import USER, WORDS
from churn_assets_tests.forgetting.search import found
from churn_assets_tests.forgetting.site import forgetting
from churn_assets_tests.orchestration.tiny import Site
from churn_assets_tests.serving.answers import answer
from churn_assets_tests.serving.postgres import PostgreSQL


@dataclass(frozen=True)
class Moved:
    """The service after it moved: where it was, what it is now, what was copied, and the forgetting's proof."""

    before: Site
    settings: Settings
    copied: dict[str, int]
    stale: dict[str, dict[str, str]]
    numbers: list[int]
    dumped: dict[str, Path]
    proof: Proof


@pytest.fixture(scope="module")
def moved(known: Site, postgres: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Moved:
    """The service in a home of another place, its three stores on PostgreSQL, and then without the listener."""
    folder = tmp_path_factory.mktemp("moved")
    shutil.copytree(known.home, folder / "home", copy_function=shutil.copy2)
    settings = known.settings.model_copy(update={"home": folder / "home", "database_url": postgres.new_database()})
    copied = {
        "history": copy_history(known.home / ".dagster", settings),
        "mlflow": copy_tracking(known.home / "mlflow", settings.mlflow_home, str(settings.tracking_url)),
        "predictions": copy_store(known.home / "predictions.db", settings.prediction_store_url),
    }
    for old in (".dagster", "mlflow/mlflow.db", "predictions.db"):
        path = folder / "home" / old
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with open_session(settings) as session:
        stale, numbers = stale_of(session), numbers_of(settings)
        dumped = {"before": dump(settings, folder / "before")}
        proof = Forgetting(settings, session.instance, USER).carry_out()
    dumped["after"] = dump(settings, folder / "after")
    return Moved(known, settings, copied, stale, numbers, dumped, proof)


def stale_of(session: Session) -> dict[str, dict[str, str]]:
    return {state.asset: dict(state.stale) for state in session.states() if state.stale}


def numbers_of(settings: Settings) -> list[int]:
    with snapshot(settings.prediction_store_url) as state:
        return [received.sequence for received in state.received_after(0)]


def dump(settings: Settings, folder: Path) -> Path:
    """Every value of every table of the three stores, a file a row, to look for words in."""
    urls = {"dagster": settings.history_url, "mlflow": settings.tracking_url, "store": settings.prediction_store_url}
    for store, url in urls.items():
        with sa.create_engine(str(url), poolclass=sa.NullPool).connect() as connection:
            for table in tables_of(connection):
                for number, row in enumerate(connection.execute(sa.select(table))):
                    _write(folder / store / table.name / str(number), list(row))
    return folder


def _write(folder: Path, values: list[object]) -> None:
    folder.mkdir(parents=True)
    for number, value in enumerate(values):
        if value is not None:
            told = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            (folder / str(number)).write_bytes(told)


def test_everything_moves_and_nothing_becomes_stale(moved: Moved) -> None:
    assert all(moved.copied.values())
    assert moved.stale == {}
    assert moved.numbers == numbers_of(moved.before.settings)


def test_models_and_their_aliases_move_with_the_artefacts_of_the_home(moved: Moved) -> None:
    registry = ModelRegistry(tracking_below(moved.settings.mlflow_home, moved.settings.tracking_url))
    before = ModelRegistry(tracking_below(moved.before.settings.mlflow_home))

    assert [version.number for version in registry.versions()] == [version.number for version in before.versions()]
    assert registry.champion().number == before.champion().number
    assert registry.load(registry.champion()).version.source.startswith(moved.settings.mlflow_home.as_uri())


def test_what_has_something_in_it_already_is_not_copied_over(moved: Moved) -> None:
    home, settings = moved.before.home, moved.settings

    with pytest.raises(HistoryError, match="has a history of its own already"):
        copy_history(home / ".dagster", settings)
    with pytest.raises(RegistryError, match="has versions already"):
        copy_tracking(home / "mlflow", settings.mlflow_home, str(settings.tracking_url))
    with pytest.raises(StoreError, match="has predictions already"):
        copy_store(home / "predictions.db", settings.prediction_store_url)


def test_numbers_go_on_after_the_highest_that_was_ever_given(
    moved: Moved, postgres: PostgreSQL, tmp_path: Path
) -> None:
    settings = moved.settings.model_copy(update={"database_url": postgres.new_database()})
    shutil.copy(moved.before.home / "predictions.db", tmp_path / "predictions.db")
    with closing(sqlite3.connect(tmp_path / "predictions.db")) as file, file:
        (newest,) = file.execute("SELECT max(sequence) FROM churn_predictions").fetchone()
        file.execute("DELETE FROM churn_predictions WHERE sequence = ?", [newest])

    copy_store(tmp_path / "predictions.db", settings.prediction_store_url)
    with open_store(settings.prediction_store_url) as store:
        store.keep(answer("one more")).result()

    assert numbers_of(settings)[-1] == newest + 1


def test_what_was_made_stays_made_and_runs_go_on(moved: Moved) -> None:
    with open_session(moved.settings) as session:
        session.export_served_events()
        assert session.instance.get_runs_count() > 0
        works = plan(list(session.states()))

    assert [work for work in works if OTHERS_SERVED not in work.why and "not made yet" not in work.why] == []


def test_the_listener_is_in_every_store_before_and_in_none_afterwards(moved: Moved) -> None:
    hits = {"/".join(Path(file).parts[:2]) for file, _ in found([moved.dumped["before"]], WORDS)}

    assert {"dagster/event_logs", "mlflow/tags", "store/churn_predictions", "store/churn_requests"} <= hits
    assert found([moved.dumped["after"], moved.settings.home], WORDS) == set()


def test_the_proof_is_that_of_the_same_service_in_files(moved: Moved) -> None:
    assert set(moved.proof.left.values()) == {0}
    files = forgetting(moved.before).count()
    history = "Dagster's history"

    # In files, what a run says of assets stands there twice: with the run, and in the index of all runs.
    assert 0 < moved.proof.removed[history] < files[history]
    assert moved.proof.removed == {**files, history: moved.proof.removed[history]}
    assert list(Lake(Path(moved.settings.lake_url)).root.glob("churn_scores/*"))
    assert "s3cret" not in str(moved.proof)


def test_models_whose_files_lie_on_another_machine_are_said_not_to_be_reached(moved: Moved) -> None:
    artifacts = moved.settings.mlflow_home / "artifacts"
    with open_session(moved.settings) as session:
        here = list(Forgetting(moved.settings, session.instance, USER).unreached())
        artifacts.rename(moved.settings.home / "elsewhere")
        try:
            elsewhere = list(Forgetting(moved.settings, session.instance, USER).unreached())
        finally:
            (moved.settings.home / "elsewhere").rename(artifacts)

    assert here == []
    assert elsewhere == ["Artefacts of model versions 2, 1, which lie in a bucket or on another machine."]
