"""A training that fails is told as what it is, and costs nobody his place."""

from collections.abc import Callable

import dagster as dg
import pandas as pd
import pytest

from churn_assets.errors import TrainingError
from churn_assets.registry.assets import MLFLOW_RUN
from churn_assets.resources.planning import Work
from churn_assets.resources.progress import SILENCE
from churn_assets.training.tables import TRAINING_SET
from churn_assets_tests.end_to_end.service import Service
from churn_assets_tests.end_to_end.tampering import rewritten

TRAINING = Work(("candidate_models", "challenger_model"), "", "", "asked for")
BREAKAGES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "nobody churned": lambda rows: rows.assign(churned=False),
    "everybody churned": lambda rows: rows.assign(churned=True),
}


def statuses(service: Service) -> dict[str, str]:
    """Status of each MLflow training run by its id."""
    tracking = service.registry.tracking
    found = tracking.client().search_runs([tracking.experiment_id()])
    return {run.info.run_id: run.info.status for run in found}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_training_that_cannot_be_done_ends_as_failed_and_leaves_the_champion(breakage: str, copy: Service) -> None:
    before, champion, challenger = statuses(copy), copy.registry.champion(), copy.registry.challenger()
    rewritten(copy, TRAINING_SET, BREAKAGES[breakage])

    with copy.session() as session, pytest.raises(TrainingError):
        session.run(TRAINING, SILENCE)

    after = statuses(copy)
    assert [status for run_id, status in after.items() if run_id not in before] == ["FAILED"]
    assert copy.registry.champion() == champion
    assert copy.registry.challenger() == challenger


def test_the_failed_runs_name_each_other_too(copy: Service) -> None:
    before = statuses(copy)
    rewritten(copy, TRAINING_SET, BREAKAGES["nobody churned"])

    with copy.session() as session:
        with pytest.raises(TrainingError):
            session.run(TRAINING, SILENCE)
        (run,) = session.instance.get_runs(limit=1)

    (failed,) = set(statuses(copy)) - set(before)
    assert run.status == dg.DagsterRunStatus.FAILURE
    assert run.tags[MLFLOW_RUN] == failed
