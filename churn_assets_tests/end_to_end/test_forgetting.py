"""A service that was trained, scored, served and watched: one of its listeners is forgotten, in one piece."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from churn_assets.cutoffs import DAY, days_between, epoch_ms
from churn_assets.forgetting.forgetting import Proof
from churn_assets.registry.registry import CHAMPION
from churn_assets.resources.forgetting import Forgetting
from churn_assets.resources.tracing import trace
from churn_assets.serving.store import open_store
from churn_assets_tests.end_to_end.service import CUTOFFS, FIRST_DAY, LAST_DAY, WORLD, Service, copied
from churn_assets_tests.forgetting.planted import OTHERS_LINE, USER, WORDS, event, plant
from churn_assets_tests.forgetting.search import found
from churn_assets_tests.forgetting.site import rows_of_others
from churn_assets_tests.serving.answers import answer
from churn_assets_tests.serving.api.champions import rows

LISTENERS = 200
REPORTS_OF_SERVED_DAYS = {"prediction_log", "drift_report", "novelty_report"}
"""What follows the prediction store, which holds fewer predictions than before."""
DAYS = [day for day in days_between(FIRST_DAY, LAST_DAY - timedelta(days=4)) if day.day % 3]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service with the planted listener in everything that it made."""
    home = tmp_path_factory.mktemp("known")
    with pytest.MonkeyPatch.context() as scene:
        scene.chdir(tmp_path_factory.mktemp("cwd"))
        scene.delenv("DAGSTER_HOME", raising=False)
        service = Service.of(home / "home")
        service.land(replace(WORLD, listeners=LISTENERS))
        plant(service.home / "landing", DAYS, [json.dumps(OTHERS_LINE)])
        service.run("models")
        service.registry.point(CHAMPION, "1")  # so few listeners may not be enough to beat the simple rungs
        mine = json.dumps([event(DAYS[-1], item, page="Thumbs Up") for item in range(60, 63)]).encode()
        moment = epoch_ms(LAST_DAY) + DAY
        with open_store(service.settings.prediction_store_url) as store:
            store.keep(answer("planted", USER, logs=mine, as_of=moment, inference_timestamp=moment)).result()
        service.run()
        yield service


@pytest.fixture(scope="module")
def forgotten(known: Service, tmp_path_factory: pytest.TempPathFactory) -> tuple[Service, Proof]:
    """A copy from which they were removed, and the proof."""
    service = copied(known, tmp_path_factory.mktemp("forgotten") / "home")
    with service.session() as session:
        return service, Forgetting(service.settings, session.instance, USER).carry_out()


def test_they_were_known_by_every_stage(known: Service) -> None:
    tables = {file.split("/")[1] for file, _ in found([known.home], WORDS) if file.startswith("lake/")}

    assert tables >= {"raw_logs", "events", "user_features", "training_set", "churn_scores", "prediction_log"}
    with known.session() as session:
        named = trace(session, user=USER, cutoff=CUTOFFS[0])
    assert named.model is not None
    assert named.model.of_listener


def test_no_word_of_them_is_left_in_any_file_or_database(forgotten: tuple[Service, Proof]) -> None:
    service, proof = forgotten

    assert found([service.home], WORDS) == set()
    assert proof.versions == tuple(version.number for version in reversed(service.registry.versions()))
    assert set(proof.left.values()) == {0}


def test_others_rows_stay_and_reports_stay_as_they_are(known: Service, forgotten: tuple[Service, Proof]) -> None:
    before, after = rows_of_others(known.lake), rows_of_others(forgotten[0].lake)

    assert before.keys() == after.keys()
    assert [path for path, columns in before.items() if after[path] != columns] == []
    for page in sorted(path for path in (known.home / "reports").rglob("*") if path.is_file()):
        lines = page.read_bytes().splitlines(keepends=True)
        twin = forgotten[0].home / page.relative_to(known.home)
        assert twin.read_bytes() == b"".join(line for line in lines if USER.encode() not in line)


def test_the_champion_predicts_the_same_and_nothing_is_stale(
    known: Service, forgotten: tuple[Service, Proof], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    service = forgotten[0]
    frame = rows(50)
    old, new = (one.registry.load(one.registry.champion()).model.predict(frame) for one in (known, service))

    with service.session() as session:
        stale = {state.asset: dict(state.stale) for state in session.states() if state.stale}

    assert np.array_equal(old, new)
    assert stale.keys() <= {"prediction_log"}


def test_the_next_run_makes_only_reports_of_served_days_again_and_finds_nobody(
    forgotten: tuple[Service, Proof], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    service = copied(forgotten[0], tmp_path / "home")
    before, models = service.files(), service.registry.versions()

    service.run()

    changed = {path.split("/")[0] for path, content in service.files().items() if before.get(path) != content}
    assert changed <= REPORTS_OF_SERVED_DAYS
    assert [version.number for version in service.registry.versions()] == [version.number for version in models]
    assert found([service.home], WORDS) == set()
