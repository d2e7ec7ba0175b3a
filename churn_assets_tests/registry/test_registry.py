import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from churn_assets.errors import ArtifactError, NoChampionError, RegistryError
from churn_assets.registry.pyfunc import FOLDER
from churn_assets.registry.registry import CHALLENGER, CHAMPION, ModelRegistry, ModelVersion
from churn_assets.registry.tracking import MODEL
from churn_assets.training.model import ChurnModel
from churn_assets_tests.registry.tiny import CATBOOST, listeners, parts, register, trained


def folder_of(version: ModelVersion) -> Path:
    return Path(version.source.removeprefix("file://"))


def test_a_registered_version_knows_what_it_is(registry: ModelRegistry) -> None:
    version = register(registry)

    assert (version.number, version.rung, version.fingerprint) == ("1", "logistic", "abc123")
    assert version.last_label_day == date(2026, 2, 4)
    assert version.aliases == (CHALLENGER,)


def test_data_versions_and_card_are_kept_with_the_version(registry: ModelRegistry) -> None:
    number = register(registry).number

    kept = registry.tracking.client().get_model_version(MODEL, number)

    assert kept.tags["code_version"] == "c0ffee"
    assert kept.description == "# A tiny model"


@pytest.mark.parametrize("rung", [None, CATBOOST])
def test_a_loaded_model_predicts_exactly_what_the_trained_one_did(registry: ModelRegistry, rung: object) -> None:
    model = trained() if rung is None else trained(CATBOOST)

    loaded = registry.load(register(registry, model))

    np.testing.assert_array_equal(loaded.model.predict(listeners(50)), model.predict(listeners(50)))


def test_everything_travels_with_the_model(registry: ModelRegistry) -> None:
    artifact = registry.load(register(registry)).artifact

    assert artifact.evaluation == {"log_loss": 0.5}
    assert artifact.card == "# A tiny model"
    assert artifact.plots() == {"roc": b"\x89PNG tiny"}
    assert artifact.typical.medians["recency_days"] == listeners(200)["recency_days"].median()
    assert list(artifact.reference().columns) == ["user_id", "cutoff", "recency_days", "thumbs_up_share", "device"]


def test_the_reference_equals_the_rows_trained_on(registry: ModelRegistry) -> None:
    reference = registry.load(register(registry)).artifact.reference()

    expected = listeners(200)[list(reference.columns)]
    assert reference.equals(expected.astype(reference.dtypes.to_dict()))


def test_a_second_version_takes_the_challenger_alias(registry: ModelRegistry) -> None:
    register(registry)
    second = register(registry)

    assert registry.challenger() == second
    assert [version.number for version in registry.versions()] == ["2", "1"]


def test_without_a_champion_the_error_says_how_to_get_one(registry: ModelRegistry) -> None:
    assert registry.find(CHAMPION) is None
    with pytest.raises(NoChampionError, match="churn-assets run"):
        registry.champion()


def test_without_a_training_the_error_says_how_to_get_one(registry: ModelRegistry) -> None:
    with pytest.raises(RegistryError, match="challenger_model"):
        registry.challenger()


@pytest.mark.parametrize("number", ["7", "champion", ""])
def test_an_unknown_version_is_an_error_that_lists_the_known_ones(registry: ModelRegistry, number: str) -> None:
    register(registry)

    with pytest.raises(RegistryError, match="registered: 1"):
        registry.version(number)


def test_the_champion_is_the_version_that_the_alias_points_to(registry: ModelRegistry) -> None:
    number = register(registry).number

    registry.point(CHAMPION, number)

    assert registry.champion().number == number


def test_every_changed_file_is_refused_before_anything_is_deserialised(
    registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = register(registry)
    files = [file for file in folder_of(version).rglob("*") if file.is_file()]
    monkeypatch.setattr(ChurnModel, "load", lambda _: pytest.fail("deserialised"))

    assert len(files) >= 10
    for file in files:
        original = file.read_bytes()
        file.write_bytes(bytes([original[0] ^ 1]) + original[1:])
        with pytest.raises(ArtifactError, match="refused before loading"):
            registry.load(version)
        file.write_bytes(original)


@pytest.mark.parametrize("place", ["extra.py", "data/extra.json", f"data/{FOLDER}/extra.json"])
def test_an_added_file_is_refused(registry: ModelRegistry, place: str) -> None:
    version = register(registry)
    (folder_of(version) / place).write_text("{}")

    with pytest.raises(ArtifactError, match="refused before loading"):
        registry.load(version)


@pytest.mark.parametrize("place", ["MLmodel", f"data/{FOLDER}/model/logistic.json"])
def test_a_missing_file_is_refused(registry: ModelRegistry, place: str) -> None:
    version = register(registry)
    (folder_of(version) / place).unlink()

    with pytest.raises(ArtifactError, match="refused before loading"):
        registry.load(version)


def test_another_models_sealed_folder_is_refused_although_it_is_whole(
    registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, foreign = register(registry), register(registry, trained(CATBOOST))
    inside = folder_of(honest) / "data" / FOLDER
    shutil.rmtree(inside)
    shutil.copytree(folder_of(foreign) / "data" / FOLDER, inside)
    monkeypatch.setattr(ChurnModel, "load", lambda _: pytest.fail("deserialised"))

    with pytest.raises(ArtifactError, match="digest registered with version 1"):
        registry.load(honest)


def test_a_version_that_somebody_else_registered_is_refused(registry: ModelRegistry) -> None:
    registry.tracking.client().create_model_version(MODEL, "file:///elsewhere")

    with pytest.raises(RegistryError, match="not registered by churn_assets"):
        registry.version("1")


def test_a_reference_without_every_feature_is_refused(registry: ModelRegistry) -> None:
    incomplete = replace(parts(), reference=listeners(5).drop(columns="device"))

    with pytest.raises(ArtifactError, match="reference lacks device"):
        registry.register(incomplete, run_id="0" * 32, data_versions={})

    assert registry.versions() == []


def test_a_reference_that_changed_after_loading_is_refused(registry: ModelRegistry) -> None:
    version = register(registry)
    artifact = registry.load(version).artifact
    listeners(3).to_parquet(artifact.folder / "reference.parquet")

    with pytest.raises(ArtifactError, match=r"reference\.parquet was changed"):
        artifact.reference()
