import shutil
from pathlib import Path

import numpy as np
import pytest

from churn_assets.errors import ArtifactError
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.registry.tracking import SQLITE, Tracking, prepare, tracking_below
from churn_assets_tests.registry.tiny import listeners, register, trained


def moved(tracking: Tracking, folder: Path) -> ModelRegistry:
    """The registry after somebody moved its folder."""
    shutil.move(tracking.folder, folder)
    return ModelRegistry(prepare(tracking_below(folder)))


def test_a_moved_store_loads_its_models_from_where_they_lie_now(registry: ModelRegistry, tmp_path: Path) -> None:
    register(registry)
    registry.point(CHAMPION, "1")

    loaded = (there := moved(registry.tracking, tmp_path / "elsewhere")).load(there.champion())

    assert loaded.version.source.startswith((tmp_path / "elsewhere" / "artifacts").as_uri())
    np.testing.assert_array_equal(loaded.model.predict(listeners(20)), trained().predict(listeners(20)))


def test_plain_mlflow_finds_a_moved_model_too(
    registry: ModelRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(registry)
    there = moved(registry.tracking, tmp_path / "elsewhere")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", there.tracking.url)
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", there.tracking.url)
    from mlflow.artifacts import download_artifacts

    found = download_artifacts(artifact_uri="models:/churn/1", dst_path=str(tmp_path / "got"))

    assert (Path(found) / "MLmodel").exists()


def test_what_a_moved_store_logs_next_lies_below_its_new_folder(registry: ModelRegistry, tmp_path: Path) -> None:
    register(registry)
    old = registry.tracking.folder

    version = register(moved(registry.tracking, tmp_path / "elsewhere"))

    assert version.source.startswith((tmp_path / "elsewhere").as_uri())
    assert not old.exists()


def test_a_copy_reads_its_own_files_and_the_original_stays_as_it_was(registry: ModelRegistry, tmp_path: Path) -> None:
    version = register(registry)
    shutil.copytree(registry.tracking.folder, tmp_path / "copy")

    copy = ModelRegistry(prepare(tracking_below(tmp_path / "copy")))
    shutil.rmtree(tmp_path / "copy" / "artifacts")

    with pytest.raises(ArtifactError):
        copy.load(copy.version("1"))
    assert registry.load(registry.version("1")).version == version


def test_another_homes_store_is_read_where_it_lies(registry: ModelRegistry, tmp_path: Path) -> None:
    version = register(registry)
    url = f"{SQLITE}{registry.tracking.folder / 'mlflow.db'}"

    guest = ModelRegistry(prepare(tracking_below(tmp_path / "guest", url)))

    assert guest.version("1") == version
