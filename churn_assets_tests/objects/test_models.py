"""Models whose files lie in a bucket, and whose database does not."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from mlflow.store.artifact.s3_artifact_repo import _cached_get_s3_client

from churn_assets.errors import ArtifactError, RegistryError
from churn_assets.registry.history import History
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.registry.tracking import SQLITE, prepare, tracking_below
from churn_assets.registry.training_run import training_run
from churn_assets_tests.objects.servers import BUCKET, Store, known
from churn_assets_tests.registry.conftest import pytest_configure, schema
from churn_assets_tests.registry.promoted import promoted
from churn_assets_tests.registry.tiny import listeners, register, trained

__all__ = ["pytest_configure", "schema"]


@pytest.fixture
def folder(schema: Path, tmp_path: Path) -> Path:
    """A folder with MLflow's database and nothing else."""
    (tmp_path / "mlflow").mkdir()
    shutil.copy(schema, tmp_path / "mlflow" / "mlflow.db")
    return tmp_path / "mlflow"


@pytest.fixture
def root(tmp_path: Path) -> str:
    """A place of the test's own in the bucket."""
    return f"s3://{BUCKET}/{tmp_path.name}"


@pytest.fixture(autouse=True)
def _fresh_clients() -> None:
    """MLflow keeps a client for minutes, whichever store the environment names by then."""
    _cached_get_s3_client.cache_clear()


def registry_of(folder: Path, root: str | None) -> ModelRegistry:
    return ModelRegistry(prepare(tracking_below(folder, artifacts=root)))


def test_a_champion_is_loaded_where_only_the_database_and_the_bucket_are_shared(
    store: Store, folder: Path, root: str, tmp_path: Path
) -> None:
    assert store.endpoint
    registry = registry_of(folder, root)
    promoted(History(registry), "1", "2")

    there = ModelRegistry(tracking_below(tmp_path / "there", f"{SQLITE}{folder / 'mlflow.db'}"))
    loaded = there.load(there.champion())

    assert loaded.version.source.startswith(f"{root}/churn/models/")
    np.testing.assert_array_equal(loaded.model.predict(listeners(20)), trained().predict(listeners(20)))
    assert len(loaded.artifact.reference()) == 200
    assert not (folder / "artifacts").exists()


def test_what_a_training_keeps_lies_in_the_bucket_too(store: Store, folder: Path, root: str) -> None:
    tracking = prepare(tracking_below(folder, artifacts=root))

    with training_run(tracking, "tiny", data_versions={}) as run:
        run.text("notes/why.md", "because")

    (found,) = store.system().find(root)
    assert found.endswith(f"{run.run_id}/artifacts/notes/why.md")
    assert store.system().cat(found) == b"because"


@pytest.mark.parametrize("name", ["MLmodel", "reference.parquet"])
def test_an_object_that_was_changed_is_refused_before_anything_is_loaded(
    store: Store, folder: Path, root: str, name: str
) -> None:
    registry = registry_of(folder, root)
    version, system = register(registry), store.system()
    (path,) = [path for path in system.find(version.source) if path.endswith(f"/{name}")]

    system.pipe(path, system.cat(path) + b" ")

    with pytest.raises(ArtifactError):
        registry.load(version)


def test_an_object_that_is_gone_is_missed(store: Store, folder: Path, root: str) -> None:
    registry = registry_of(folder, root)
    version, system = register(registry), store.system()
    (path,) = [path for path in system.find(version.source) if path.endswith("/evaluation.json")]

    system.rm_file(path)

    with pytest.raises(ArtifactError, match=r"evaluation\.json"):
        registry.open(version)


def test_models_that_are_there_stay_where_they_lie_and_new_ones_go_to_the_bucket(
    in_memory: Store, folder: Path, root: str
) -> None:
    assert in_memory.endpoint
    before = register(registry_of(folder, None))

    registry = registry_of(folder, root)
    after = register(registry)

    assert registry.version("1").source == before.source
    assert before.source.startswith((folder / "artifacts").as_uri())
    assert after.source.startswith(root)
    assert [registry.load(registry.version(number)).version.number for number in "12"] == ["1", "2"]


def test_who_names_no_place_goes_on_with_the_one_that_the_database_knows(
    in_memory: Store, folder: Path, root: str
) -> None:
    assert in_memory.endpoint
    register(registry_of(folder, root))

    registry = registry_of(folder, None)

    assert register(registry).source.startswith(root)
    assert registry.load(registry.version("1")).version.source.startswith(root)


def test_a_bucket_that_is_not_there_is_named_with_what_to_do(in_memory: Store, folder: Path) -> None:
    assert in_memory.endpoint

    with pytest.raises(RegistryError, match=r"s3://nowhere/mlflow/churn/.* cannot be written .*object-storage\.md"):
        register(registry_of(folder, "s3://nowhere/mlflow"))


def test_a_store_that_refuses_a_champion_is_told(
    in_memory: Store, folder: Path, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_memory.endpoint
    registry = registry_of(folder, root)
    version = register(registry)
    registry.point(CHAMPION, version.number)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    _cached_get_s3_client.cache_clear()

    away = known(Store("http://127.0.0.1:9"))
    with away, pytest.raises(RegistryError, match=rf"{version.source} cannot be fetched"):
        registry.load(registry.champion())
