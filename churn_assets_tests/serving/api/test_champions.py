"""How the champion is followed: swapped in, kept when the next one cannot be used, refused when tampered with."""

import shutil
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from churn_assets.registry.registry import CHAMPION, ModelRegistry, ModelVersion
from churn_assets.registry.tracking import prepare, tracking_below
from churn_assets.serving.app import create_app
from churn_assets.serving.champions import PATIENCE_S, Champions
from churn_assets.serving.metrics import Metrics
from churn_assets.training.model import ChurnModel
from churn_assets_tests.registry.tiny import register as register_other
from churn_assets_tests.serving.api.asking import body, events
from churn_assets_tests.serving.api.champions import DATA_CLOCK, SCHEMA, Home, model, register


@pytest.fixture
def champions(home: Home) -> Champions:
    found = Champions(home.registry, SCHEMA)
    found.refresh(0)
    return found


def version(champions: Champions) -> str | None:
    return None if champions.current is None else champions.current.version


def tampered(registry: ModelRegistry) -> ModelVersion:
    """A new version with one byte changed since it was registered."""
    made = register(registry)
    (file,) = Path(made.source.removeprefix("file://")).rglob("model.json")
    file.write_text(file.read_text().replace("0.4", "0.5", 1))
    return made


def test_the_alias_is_followed(champions: Champions, home: Home) -> None:
    assert not champions.refresh(1)

    home.registry.point(CHAMPION, "2")

    assert champions.refresh(2)
    assert (version(champions), champions.trouble) == ("2", None)


def test_a_tampered_version_is_refused_before_it_is_deserialised(
    champions: Champions, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tampered(home.registry)
    home.registry.point(CHAMPION, made.number)
    opened: list[Path] = []
    monkeypatch.setattr(ChurnModel, "load", opened.append)

    champions.refresh(1)

    assert opened == []
    assert (version(champions), champions.failures) == ("1", 1)
    assert champions.trouble is not None
    assert champions.trouble.startswith(f"Version {made.number} cannot be served, version 1 stays: ")
    assert "model.json was changed" in champions.trouble


def test_a_broken_version_is_tried_again_only_after_a_while(champions: Champions, home: Home) -> None:
    home.registry.point(CHAMPION, tampered(home.registry).number)

    for now in (1.0, 2.0, PATIENCE_S, PATIENCE_S + 1):
        champions.refresh(now)

    assert champions.failures == 2


def test_the_trouble_is_over_once_the_alias_is_put_back(champions: Champions, home: Home) -> None:
    home.registry.point(CHAMPION, tampered(home.registry).number)
    champions.refresh(1)

    home.registry.point(CHAMPION, "1")
    champions.refresh(2)

    assert (version(champions), champions.trouble) == ("1", None)


def test_a_model_of_other_features_is_refused(champions: Champions, home: Home) -> None:
    home.registry.point(CHAMPION, register_other(home.registry).number)

    champions.refresh(1)

    assert version(champions) == "1"
    assert "was trained on features declared as abc123" in (champions.trouble or "")


def test_a_registry_that_is_away_keeps_the_champion(champions: Champions, home: Home) -> None:
    (home.folder / "mlflow" / "mlflow.db").rename(home.folder / "mlflow" / "away.db")

    champions.refresh(1)

    assert version(champions) == "1"
    assert champions.trouble == "The registry cannot be asked for the champion (RegistryError)."


def test_without_a_champion_predictions_are_unavailable_and_nothing_else(tmp_path: Path) -> None:
    prepare(tracking_below(tmp_path / "mlflow"))
    with TestClient(create_app(Home(tmp_path).settings())) as client:
        predicted = client.post("/predict", content=body(events()), headers={"Content-Type": "application/json"})

        assert (predicted.status_code, predicted.json()["type"]) == (503, "urn:churn-assets:problem:no-model")
        assert client.get("/model").status_code == 503
        assert client.get("/readyz").json() == {"status": "unavailable"}
        assert client.get("/healthz").status_code == 200
        assert client.get("/users/1").status_code == 404


def test_the_very_next_answer_after_a_promotion_is_of_the_new_version(home: Home) -> None:
    promoted, answered = ["2", "1"] * 4, []
    with TestClient(create_app(home.settings())) as client:
        for number in promoted:
            home.registry.point(CHAMPION, number)
            predicted = client.post("/predict", content=body(events()), headers={"Content-Type": "application/json"})
            answered.append(predicted.json()["model_version"])

    assert answered == promoted


def test_a_successor_that_cannot_be_served_holds_up_one_answer_and_not_the_next(home: Home) -> None:
    with TestClient(create_app(home.settings())) as client:
        service = client.app.state.service  # type: ignore[attr-defined]
        home.registry.point(CHAMPION, tampered(home.registry).number)
        for _ in range(3):
            predicted = client.post("/predict", content=body(events()), headers={"Content-Type": "application/json"})

            assert predicted.json()["model_version"] == "1"
            assert service.stamp == service.notice.stamp()
        assert service.champions.failures == 1


def test_a_broken_successor_shows_in_readiness_and_counts(home: Home) -> None:
    with TestClient(create_app(home.settings())) as client:
        home.registry.point(CHAMPION, tampered(home.registry).number)
        client.app.state.service.refresh()  # type: ignore[attr-defined]

        ready, counts = client.get("/readyz"), client.get("/metrics").text
        predicted = client.post("/predict", content=body(events()), headers={"Content-Type": "application/json"})

    assert (ready.status_code, ready.json()["status"], ready.json()["model_version"]) == (200, "degraded", "1")
    assert "churn_model_troubled 1.0" in counts
    assert "churn_model_load_failures_total 1.0" in counts
    assert predicted.json()["model_version"] == "1"
    assert str(home.folder) not in ready.text
    assert ready.json()["trouble"].endswith("cannot be served, version 1 stays (ArtifactError).")


def test_before_the_registry_is_made_nothing_is_promoted_and_nothing_is_wrong(tmp_path: Path) -> None:
    with TestClient(create_app(Home(tmp_path).settings())) as client:
        predicted = client.post("/predict", content=body(events()), headers={"Content-Type": "application/json"})

        assert predicted.status_code == 503
        assert predicted.json()["detail"] == "No model has been promoted yet: run `churn-assets run`."
        assert client.get("/readyz").json() == {"status": "unavailable"}
        assert "churn_model_troubled 0.0" in client.get("/metrics").text


def test_a_version_that_something_else_registered_is_trouble_and_no_end(champions: Champions, home: Home) -> None:
    home.tracking.client().set_model_version_tag("churn", "2", "churn.last_label_day", "the day after tomorrow")
    home.registry.point(CHAMPION, "2")

    champions.refresh(1)

    assert champions.trouble == "The registry cannot be asked for the champion (ValueError)."


def test_a_version_of_the_same_number_but_of_other_files_is_another(champions: Champions, tmp_path: Path) -> None:
    again = Home(tmp_path / "again")
    prepare(again.tracking)
    again.registry.point(CHAMPION, register(again.registry, model(seed=3)).number)
    before = champions.current
    champions.registry = again.registry

    assert champions.refresh(1)
    assert champions.current is not before
    assert version(champions) == "1"


def test_a_day_of_the_log_that_cannot_be_read_keeps_the_clock_and_the_champion_is_followed(
    home: Home, shared_home: Home
) -> None:
    (home.folder / "lake").unlink()
    shutil.copytree(shared_home.folder / "lake", home.folder / "lake")
    with TestClient(create_app(home.settings())) as client:
        (day,) = (home.folder / "lake" / "events").rglob("*.parquet")
        day.write_bytes(b"PAR1 and then nothing that Parquet knows of")
        home.registry.point(CHAMPION, "2")
        end = time.monotonic() + 60
        # The champion is looked up first: it may be the new one a moment before the clock is read.
        while (ready := client.get("/readyz").json())["status"] != "degraded" and time.monotonic() < end:
            time.sleep(0.05)

    assert (ready["model_version"], ready["status"], ready["data_clock"]) == ("2", "degraded", DATA_CLOCK)
    assert ready["trouble"] == "How far the log has landed cannot be read (ArrowInvalid): the data clock stays."


def test_a_defect_that_ends_the_following_is_logged_and_shown(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("churn_assets.serving.service.POLL_S", 0.01)
    with TestClient(create_app(home.settings())) as client:
        client.app.state.service.metrics = None  # type: ignore[attr-defined]
        end = time.monotonic() + 60
        while client.app.state.service.is_following and time.monotonic() < end:  # type: ignore[attr-defined]
            time.sleep(0.01)
        health = client.app.state.service.health()  # type: ignore[attr-defined]
        client.app.state.service.metrics = Metrics.fresh()  # type: ignore[attr-defined]

    assert (health.status, health.model_version) == ("degraded", "1")
    assert "Champion and data clock are followed no more." in caplog.text
