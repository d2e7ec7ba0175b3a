"""Sealed models: a listener's rows go, seal and registered digest follow in one step, nothing false is signed."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pandas as pd
import pytest

from churn_assets.errors import ArtifactError
from churn_assets.forgetting.journal import Journal
from churn_assets.forgetting.listener import Listener
from churn_assets.forgetting.misses import Known
from churn_assets.forgetting.models import ModelsPlace
from churn_assets.registry.artifact import Parts
from churn_assets.registry.registry import CHAMPION, ModelRegistry, ModelVersion
from churn_assets.registry.tracking import MODEL, prepare, tracking_below
from churn_assets_tests.forgetting.planted import USER
from churn_assets_tests.registry.tiny import listeners, trained

MISS = {"cutoff": "2026-01-05", "probability": 0.9, "has_churned": False, "log_loss": 2.3}
THEIRS = {**MISS, "reasons": [["recency_days", 1.5, 12.25], ["device", -0.5, None], ["level", 0.1, "paid"]]}
OTHERS = {**MISS, "reasons": [["recency_days", 1.5, 12.5], ["device", -0.5, None], ["level", 0.1, "paid"]]}
NO_REASON: dict[str, Any] = {**MISS, "reasons": []}
KNOWN = Known({"2026-01-05": {"recency_days": 12.25, "device": None, "level": "paid"}})


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    """A registry with nothing in it."""
    return ModelRegistry(prepare(tracking_below(tmp_path / "mlflow")))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A pending forgetting."""
    journal = Journal(tmp_path)
    journal.begin(USER, datetime(2026, 1, 1, tzinfo=UTC))
    return journal


def register(registry: ModelRegistry, user: str = USER, evaluation: dict[str, Any] | None = None) -> ModelVersion:
    """A version that was trained on a listener."""
    reference = listeners(200)
    reference.loc[7, "user_id"] = user
    parts = Parts(trained(), reference, evaluation or {"log_loss": 0.5}, "# A tiny model", {"roc": b"\x89PNG tiny"})
    run = registry.tracking.client().create_run(registry.tracking.experiment_id())
    return registry.register(parts, run_id=run.info.run_id, data_versions={})


def place(registry: ModelRegistry, known: Known = KNOWN) -> ModelsPlace:
    """Where the listener is looked for."""
    return ModelsPlace(registry, Listener(USER), known)


def folder(version: ModelVersion) -> Path:
    """Where the files of a version lie."""
    return Path(urlparse(version.source).path)


def test_the_row_goes_and_the_version_loads_verified_from_its_new_folder(
    registry: ModelRegistry, journal: Journal
) -> None:
    before = register(registry)
    registry.point(CHAMPION, before.number)

    place(registry).remove(journal)

    after = registry.champion()
    reference = registry.load(after).artifact.reference()
    assert USER not in set(reference["user_id"])
    assert len(reference) == 199
    assert after.digest != before.digest
    assert not folder(before).exists()
    assert folder(after).name == "artifacts-without-1"
    assert journal.versions == (before.number,)
    assert place(registry).held() == 0


def test_two_listeners_one_after_the_other_leave_one_folder(registry: ModelRegistry, journal: Journal) -> None:
    version = register(registry)
    other = registry.load(version).artifact.reference()["user_id"].iloc[0]

    place(registry).remove(journal)
    ModelsPlace(registry, Listener(other), Known({})).remove(journal)

    now = registry.version(version.number)
    assert [path.name for path in folder(now).parent.iterdir()] == ["artifacts-without-2"]
    assert len(registry.open(now).reference()) == 198


def test_versions_that_share_their_files_are_registered_anew_together(
    registry: ModelRegistry, journal: Journal
) -> None:
    first = register(registry)
    client = registry.tracking.client()
    client.create_model_version(MODEL, first.source, first.run_id, dict(registry.tags(first)))

    place(registry).remove(journal)

    for number in ("1", "2"):
        assert len(registry.open(registry.version(number)).reference()) == 199
    assert journal.versions == ("1", "2")


def test_a_version_that_never_saw_the_listener_is_not_touched(registry: ModelRegistry, journal: Journal) -> None:
    version = register(registry, "somebody else")

    place(registry).remove(journal)

    assert registry.version(version.number) == version
    assert journal.versions == ()


def test_what_was_tampered_with_is_cleared_and_stays_refused(registry: ModelRegistry, journal: Journal) -> None:
    version = register(registry)
    card = folder(version) / "data" / "churn_model" / "card.md"
    card.write_text("# Another model")

    place(registry).remove(journal)

    after = registry.version(version.number)
    with pytest.raises(ArtifactError):
        registry.open(after)
    reference = pd.read_parquet(folder(after) / "data" / "churn_model" / "reference.parquet")
    assert USER not in set(reference["user_id"])


def test_copies_that_a_killed_forgetting_left_are_removed_and_counted_until_then(
    registry: ModelRegistry, journal: Journal
) -> None:
    version = register(registry)
    place(registry).remove(journal)
    now = folder(registry.version(version.number))
    left = now.with_name("artifacts")
    shutil.copytree(now, left)
    frame = listeners(3).assign(user_id=USER)
    frame.to_parquet(left / "data" / "churn_model" / "reference.parquet")

    assert place(registry).held() == 3
    place(registry).remove(journal)

    assert not left.exists()
    assert len(registry.open(registry.version(version.number)).reference()) == 199


def test_a_miss_that_agrees_with_the_listener_in_everything_goes(registry: ModelRegistry, journal: Journal) -> None:
    version = register(registry, "somebody else", {"misses": [OTHERS, THEIRS, NO_REASON]})

    assert place(registry).held() == 1
    place(registry).remove(journal)

    assert registry.open(registry.version(version.number)).evaluation == {"misses": [OTHERS, NO_REASON]}
    assert journal.versions == ()


def test_a_miss_at_another_cut_off_or_of_other_values_is_another_s() -> None:
    assert KNOWN.is_about(THEIRS)
    assert not KNOWN.is_about({**THEIRS, "cutoff": "2026-01-12"})
    assert not KNOWN.is_about(OTHERS)
    assert not KNOWN.is_about({**THEIRS, "reasons": [["device", 1.0, "Mobile"]]})


def test_what_an_older_release_wrote_of_the_listener_goes_as_well(registry: ModelRegistry, journal: Journal) -> None:
    older = {"misses": [{**THEIRS, "user_id": USER}, {**OTHERS, "user_id": "1"}]}
    version = register(registry, "somebody else", older)

    place(registry, Known({})).remove(journal)

    text = json.dumps(registry.open(registry.version(version.number)).evaluation)
    assert USER not in text
    assert '"user_id": "1"' in text
