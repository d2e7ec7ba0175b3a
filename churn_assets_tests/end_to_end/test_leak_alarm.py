"""What saw the future does not pass, and nothing that rests on it is promoted."""

import dagster as dg
import pandas as pd
import pytest

from churn_assets.errors import ChurnAssetsError
from churn_assets.features.tables import USER_FEATURES
from churn_assets.lake.engine import Engine
from churn_assets.registry.assets import LEAK_ALARM
from churn_assets.registry.leak_alarm import future_findings
from churn_assets.registry.tables import CHAMPION_MODEL
from churn_assets.resources.planning import Work
from churn_assets.resources.progress import SILENCE
from churn_assets.training.tables import TRAINING_SET
from churn_assets_tests.end_to_end.service import CUTOFFS, MATURE, Service
from churn_assets_tests.end_to_end.tampering import rewritten

CHALLENGE = Work(("candidate_models", "challenger_model", CHAMPION_MODEL.table), "", "", "asked for")
DECISION = Work((CHAMPION_MODEL.table,), "", "", "asked for")
ALARM = dg.AssetCheckKey(dg.AssetKey("challenger_model"), LEAK_ALARM)


def sees_tomorrow(rows: pd.DataFrame) -> pd.DataFrame:
    """Every listener one session more in the last week than the past gives."""
    return rows.assign(freq_7d=rows["freq_7d"] + 1)


def restates_the_label(rows: pd.DataFrame) -> pd.DataFrame:
    """A feature that is the outcome."""
    return rows.assign(freq_7d=rows["churned"].astype(float))


def found(service: Service) -> list[str]:
    """The features that moved."""
    engine = Engine(1, "500MB", service.home / "spill")
    return [finding.subject for finding in future_findings(service.lake, engine, service.settings)]


def alarm(service: Service) -> dg.AssetCheckEvaluation:
    """The alarm as Dagster runs it, alone."""
    with service.session() as session:
        job = dg.define_asset_job("alarm", selection=dg.AssetSelection.checks(ALARM))
        defs = dg.Definitions.merge(session.defs, dg.Definitions(jobs=[job]))
        result = defs.resolve_job_def("alarm").execute_in_process(instance=session.instance, raise_on_error=False)
    (evaluation,) = result.get_asset_check_evaluations()
    return evaluation


def test_stored_features_stand_when_later_events_are_taken_away(service: Service) -> None:
    assert found(service) == []


def test_a_feature_that_saw_the_future_is_found_by_name(copy: Service) -> None:
    rewritten(copy, USER_FEATURES, sees_tomorrow, MATURE[-1])

    assert found(copy) == ["freq_7d"]


@pytest.mark.parametrize("cutoff", [MATURE[0], CUTOFFS[-1]])
def test_only_the_newest_mature_cutoff_is_looked_at(cutoff: str, copy: Service) -> None:
    rewritten(copy, USER_FEATURES, sees_tomorrow, cutoff)

    assert found(copy) == []


def test_the_check_fails_with_the_finding_and_blocks(copy: Service) -> None:
    rewritten(copy, USER_FEATURES, sees_tomorrow, MATURE[-1])

    evaluation = alarm(copy)

    assert not evaluation.passed
    assert evaluation.blocking
    assert evaluation.metadata["findings"].value == [
        f"`freq_7d` at {MATURE[-1]} is not what the events before it give."
    ]


def test_the_check_names_a_feature_that_restates_the_label(copy: Service) -> None:
    rewritten(copy, TRAINING_SET, restates_the_label)

    evaluation = alarm(copy)

    assert not evaluation.passed
    assert "`freq_7d` alone reaches AUC 1.000" in str(evaluation.metadata["findings"].value)


def test_a_decision_on_leaking_rows_is_a_refusal_and_the_champion_stays(copy: Service) -> None:
    champion = copy.registry.champion()
    copy.registry.tracking.client().delete_registered_model_alias("churn", "champion")
    rewritten(copy, TRAINING_SET, restates_the_label)

    with copy.session() as session:
        session.run(DECISION, SILENCE)

    newest = copy.rows(CHAMPION_MODEL).iloc[-1]
    assert (newest["kind"], newest["version"]) == ("refusal", champion.number)
    assert "may see the future: `freq_7d` alone reaches AUC" in newest["reason"]
    assert copy.registry.find("champion") is None


def test_a_challenger_that_leaks_ends_its_run_before_any_decision(copy: Service) -> None:
    champion, challenger = copy.registry.champion().number, copy.registry.challenger()
    decisions = copy.history.records()
    rewritten(copy, TRAINING_SET, restates_the_label)

    with copy.session() as session:
        with pytest.raises(
            ChurnAssetsError, match=r"may see the future: `freq_7d` alone.*check `leak_alarm` of challenger_model"
        ):
            session.run(CHALLENGE, SILENCE)
        (run,) = session.instance.get_runs(limit=1)
        steps = {record.step_key: record.status.value for record in session.instance.get_run_step_stats(run.run_id)}

    assert run.status == dg.DagsterRunStatus.FAILURE
    assert steps.get("champion_model", "SKIPPED") == "SKIPPED"
    assert steps["challenger_model"] == "SUCCESS"
    assert copy.registry.challenger() != challenger
    assert copy.registry.champion().number == champion
    assert copy.history.records() == decisions
