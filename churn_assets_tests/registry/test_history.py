import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from churn_assets.errors import ArtifactError, RegistryError
from churn_assets.registry.history import History
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.registry.tracking import prepare, tracking_below
from churn_assets_tests.registry.killed import AT, promotion
from churn_assets_tests.registry.promoted import promoted, with_versions
from churn_assets_tests.registry.tiny import ROOT, register


def test_a_promotion_moves_the_alias_and_is_recorded_with_its_evidence(history: History) -> None:
    record = with_versions(history, 1).carry_out(promotion("1", None), at=AT)

    assert history.registry.champion().number == "1"
    assert history.records() == [record]
    assert (record.kind, record.state, record.version, record.champion, record.at) == (
        "promotion",
        "done",
        "1",
        None,
        AT,
    )
    assert record.evidence["log_loss"] == 0.4


def test_a_refusal_is_recorded_and_moves_nothing(history: History) -> None:
    promoted(history, "1")
    refusal = replace(promotion("2", "1"), is_promoted=False, reason="A tie.")

    record = with_versions(history, 1).carry_out(refusal, at=AT)

    assert history.registry.champion().number == "1"
    assert (record.kind, record.state, record.reason, record.number) == ("refusal", "done", "A tie.", 2)


def test_a_decision_against_another_champion_is_not_carried_out(history: History) -> None:
    promoted(history, "1", "2")

    with pytest.raises(RegistryError, match="made against champion 1, but now it is 2"):
        history.carry_out(promotion("3", "1"), at=AT)

    assert len(history.records()) == 2


def test_a_changed_model_is_not_promoted(history: History) -> None:
    version = register(history.registry)
    (Path(version.source.removeprefix("file://")) / "MLmodel").write_text("{}")

    with pytest.raises(ArtifactError):
        history.carry_out(promotion("1", None), at=AT)

    assert history.registry.find(CHAMPION) is None
    assert history.records() == []


def test_rollbacks_walk_back_one_champion_at_a_time(history: History) -> None:
    promoted(history, "1", "2", "3")

    back = [history.rollback(at=AT + timedelta(days=day)).version for day in range(2)]

    assert back == ["2", "1"]
    assert history.registry.champion().number == "1"
    assert [record.kind for record in history.records()][-2:] == ["rollback", "rollback"]


def test_a_rollback_without_an_earlier_champion_is_an_error(history: History) -> None:
    with pytest.raises(RegistryError, match="No champion came before the first"):
        history.rollback(at=AT)
    promoted(history, "1")
    with pytest.raises(RegistryError, match="No champion came before 1"):
        history.rollback(at=AT)


def test_a_promotion_after_a_rollback_rolls_back_to_what_was_rolled_back_to(history: History) -> None:
    promoted(history, "1", "2")
    history.rollback(at=AT)
    with_versions(history, 1).carry_out(promotion("3", "1"), at=AT)

    assert history.rollback(at=AT).version == "1"


def test_a_champion_that_was_set_by_hand_can_be_rolled_back_too(history: History) -> None:
    with_versions(promoted(history, "1"), 1)
    history.registry.point(CHAMPION, "2")

    assert history.rollback(at=AT).version == "1"


def test_a_rollback_to_a_changed_model_leaves_the_champion(history: History) -> None:
    promoted(history, "1", "2")
    first = history.registry.version("1")
    shutil.rmtree(first.source.removeprefix("file://"))

    with pytest.raises(ArtifactError):
        history.rollback(at=AT)

    assert history.registry.champion().number == "2"


def test_of_two_promotions_at_once_only_one_is_carried_out(history: History) -> None:
    with_versions(promoted(history, "1"), 2)

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(history.carry_out, promotion(number, "1"), at=AT) for number in ("2", "3")]

    failures = [done.exception() for done in both if done.exception() is not None]
    assert [type(failure) for failure in failures] == [RegistryError]
    assert [record.number for record in history.records()] == [1, 2]


def test_a_kill_between_any_two_steps_leaves_one_champion_and_a_readable_history(schema: Path, tmp_path: Path) -> None:
    stages = {stage: _store(schema, tmp_path / stage) for stage in ("before", "after")}
    arguments = [text for stage, history in stages.items() for text in (stage, history.registry.tracking.folder)]
    killed = [sys.executable, "-m", "churn_assets_tests.registry.killed", *map(str, arguments)]

    subprocess.run(killed, check=True, cwd=ROOT, capture_output=True)

    champions = {stage: history.registry.champion().number for stage, history in stages.items()}
    states = {stage: history.records()[-1].state for stage, history in stages.items()}
    assert champions == {"before": "1", "after": "2"}
    assert states == {"before": "pending", "after": "done"}
    stages["before"].carry_out(promotion("2", "1"), at=AT)
    stages["after"].rollback(at=AT)
    assert [record.state for record in stages["before"].records()] == ["done", "abandoned", "done"]
    assert [record.state for record in stages["after"].records()] == ["done", "done", "done"]


def _store(schema: Path, folder: Path) -> History:
    folder.mkdir()
    shutil.copy(schema, folder / "mlflow.db")
    history = History(ModelRegistry(prepare(tracking_below(folder))))
    with_versions(promoted(history, "1"), 1)
    return history
