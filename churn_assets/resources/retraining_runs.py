"""What a retraining runs: newly mature cut-offs, training, comparison, promotion, scores that are missing, decision."""

from collections.abc import Mapping, Sequence

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from churn_assets.features.tables import USER_FEATURES
from churn_assets.labels.tables import CHURN_LABELS, POPULATION
from churn_assets.registry.tables import CANDIDATE_MODELS, CHALLENGER_MODEL, CHAMPION_MODEL
from churn_assets.resources.planning import AssetState, contiguous, span_of
from churn_assets.resources.retrainings import TRIGGER, VERDICT, decision_config, decision_tags, recording_tags
from churn_assets.resources.runner import Range, Request
from churn_assets.resources.runs import here
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.tables import ASKED_FOR, RETRAINING_DECISION
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.training.tables import TRAINING_SET

RETRAIN, RECORD = "retrain", "record_decision"
RETRIED = {"dagster/max_retries": "1"}
"""Tags that let the daemon retry a failed run once, from the step that failed."""
LABELLED = (USER_FEATURES.table, POPULATION.table, CHURN_LABELS.table)
"""What a training reads of each mature cut-off."""
TRAINED = (TRAINING_SET.table, CANDIDATE_MODELS.table, CHALLENGER_MODEL.table, CHAMPION_MODEL.table)
DECISION = RETRAINING_DECISION.table


def retraining_jobs() -> list[UnresolvedAssetJobDefinition]:
    """The job that retrains, and the one that only records a decision.

    The tags are those of a retraining that a person starts in the UI; sensors say what it was instead.
    """
    everything = dg.AssetSelection.assets(*LABELLED, *TRAINED, CHURN_SCORES.table, DECISION)
    return [
        dg.define_asset_job(
            RETRAIN,
            everything,
            tags={VERDICT: RETRAIN, TRIGGER: ASKED_FOR, **RETRIED},
            description=(
                "Refreshes features and labels of newly mature cut-offs, trains a challenger, compares it with the "
                "champion, promotes it if it is better, and records why all this was done and what came of it."
            ),
        ),
        dg.define_asset_job(
            RECORD,
            dg.AssetSelection.assets(DECISION),
            description="Records a decision that started no training, or a retraining that failed.",
        ),
    ]


def retraining(decision: Decision, states: Sequence[AssetState]) -> Request:
    """The one run that carries out a decision to retrain; `states` say what is missing and stale.

    A run has one range of partitions. It is that of the mature cut-offs which lack features or labels, if there are
    any; else that of the newest cut-offs which lack scores, so that the new champion is the one to score them.
    """
    by_name = {state.asset: state for state in states}
    refreshed = span_of([by_name[name] for name in LABELLED])
    unscored = _unscored(by_name[CHURN_SCORES.table], by_name[USER_FEATURES.table])
    span = Range(*(refreshed or unscored or ("", "")))
    before = LABELLED if refreshed else ()
    after = (CHURN_SCORES.table,) if unscored and not refreshed else ()
    tags = {**span.tags, **decision_tags(decision)}
    return Request((*before, *TRAINED, *after, DECISION), tags, decision_config(decision))


def recording(decision: Decision) -> Request:
    """The cheap run that only writes a decision down."""
    return Request((DECISION,), recording_tags(decision), decision_config(decision))


def _unscored(scores: AssetState, features: AssetState) -> tuple[str, str] | None:
    """The newest cut-offs that lack scores and have the features to score."""
    spans = contiguous(set(scores.missing).intersection(features.materialised), scores.keys)
    return spans[-1] if spans else None


def run_request(request: Request, job: str, *, key: str, tags: Mapping[str, str] | None = None) -> dg.RunRequest:
    """A request as a sensor makes it."""
    return dg.RunRequest(
        run_key=key,
        job_name=job,
        asset_selection=[dg.AssetKey(asset) for asset in request.assets],
        run_config=dict(request.config),
        tags={**request.tags, **(tags or {}), **here()},
    )
