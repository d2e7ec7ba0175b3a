"""The asset of the retraining stage: every decision whether to retrain, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from churn_assets.contracts.contract import Contract
from churn_assets.ingest.clock import data_clock
from churn_assets.lake.lake import WHOLE, Lake
from churn_assets.registry.assets import MLFLOW_RUN
from churn_assets.registry.tables import CHALLENGER_MODEL, CHAMPION_MODEL
from churn_assets.resources.checks import contract_check
from churn_assets.resources.lake_asset import ON_REQUEST, Table, lake_asset
from churn_assets.resources.lake_io import Amended, Product
from churn_assets.resources.metadata import markdown_table
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.retrainings import VERDICT, retrainings_of
from churn_assets.resources.storage import LakeResource
from churn_assets.retraining.cause import Cause, Ground
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.evidence import watches
from churn_assets.retraining.ledger import merged, read_decisions, table_of
from churn_assets.retraining.outcome import concluded
from churn_assets.retraining.tables import ASKED_FOR, RETRAIN, RETRAINING_DECISION
from churn_assets.settings import Settings

GROUP = "retraining"
SHOWN_DECISIONS = 20


class DecisionConfig(dg.Config):
    """What was decided before the run began; nothing, to only write the table again."""

    decision: dict[str, Any] = {}  # noqa: RUF012 — pydantic copies the default of a field


def retraining_assets(settings: Settings) -> Sequence[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """The decisions and their contract check."""
    return _retraining_decision(settings), contract_check(RETRAINING_DECISION)


def _retraining_decision(settings: Settings) -> dg.AssetsDefinition:
    table = Table(
        contract=RETRAINING_DECISION,
        group=GROUP,
        code_version="1",
        description=(
            "Every decision whether to retrain: what set it off, the evidence, the verdict, and what came of it. Each "
            "retraining ends with it; refused triggers and failed retrainings are recorded by a run of it alone."
        ),
        kinds=frozenset({"parquet"}),
        possible=ON_REQUEST,
        is_record=True,
        after=(CHAMPION_MODEL.table, *(watch.report.table for watch in watches(settings.performance_level))),
    )

    @lake_asset(table)
    def retraining_decision(
        context: dg.AssetExecutionContext, config: DecisionConfig, storage: LakeResource, models: ModelStoreResource
    ) -> Product:
        # The run as it is by now: the training tagged it with its MLflow run.
        run = context.instance.get_run_by_id(context.run.run_id) or context.run
        told = Decision.from_json(config.decision) if config.decision else _by_hand(run, settings, storage.lake)
        known = retrainings_of(settings, context.instance, storage)
        if told is None:
            return Product(Amended(known.table_lock, lambda: table_of(known.recorded())))
        decision = _completed(told, run, storage.lake, models)
        shown = _shown(decision, context)
        return Product(
            Amended(known.table_lock, lambda: table_of(merged(known.recorded(), [decision]))),
            lambda landed: {WHOLE: {**shown, **_listed(read_decisions(landed.lake))}},
        )

    return retraining_decision


def _by_hand(run: dg.DagsterRun, settings: Settings, lake: Lake) -> Decision | None:
    """The decision of a person who started the job in the UI; None where this run only writes the table again."""
    if run.tags.get(VERDICT) != RETRAIN:
        return None
    clock = data_clock(lake)
    mature = settings.cutoffs.mature(clock)
    ground = Ground(_rows(lake, CHAMPION_MODEL)[-1]["champion_before"], mature[-1] if mature else None)
    cause = Cause(ASKED_FOR, ground, clock, "Started by hand in Dagster.", {})
    return Decision.on(cause, verdict=RETRAIN, reason=cause.finding, at=datetime.now(UTC))


def _completed(decision: Decision, run: dg.DagsterRun, lake: Lake, models: ModelStoreResource) -> Decision:
    """The decision with the run that it was told to, and what came of it if this run carried it out."""
    if not decision.is_retraining or decision.outcome is not None:
        return replace(decision, dagster_run=decision.dagster_run or run.run_id)
    linked = replace(decision, dagster_run=run.run_id, mlflow_run=run.tags.get(MLFLOW_RUN))
    return concluded(linked, _challenger(linked, lake, models), _rows(lake, CHAMPION_MODEL))


def _challenger(decision: Decision, lake: Lake, models: ModelStoreResource) -> str:
    """The version that the run's own training registered; the newest challenger where the run trained nothing."""
    trained = models.registry().versions() if decision.mlflow_run else []
    own = [version.number for version in trained if version.run_id == decision.mlflow_run]
    return own[0] if own else str(_rows(lake, CHALLENGER_MODEL)[-1]["version"])


def _rows(lake: Lake, contract: Contract) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(lake.scan(contract).files[0][1]).to_pylist()
    return rows


def _shown(decision: Decision, context: dg.AssetExecutionContext) -> dict[str, Any]:
    """The newest decision, with links to its runs and to the report that it saw."""
    told = {
        "trigger": decision.trigger,
        "cause": decision.cause,
        "verdict": decision.verdict,
        "reason": decision.reason,
        "evidence": dg.MetadataValue.json(dict(decision.evidence)),
        "outcome": decision.outcome,
        "explanation": decision.explanation,
        "champion_before": decision.champion,
        "champion_after": decision.champion_after,
        MLFLOW_RUN: decision.mlflow_run,
    }
    return {name: value for name, value in told.items() if value is not None} | dict(_links(decision, context))


def _links(decision: Decision, context: dg.AssetExecutionContext) -> Iterator[tuple[str, Any]]:
    if decision.dagster_run:
        yield "run", dg.MetadataValue.dagster_run(decision.dagster_run)
    if decision.evidence.get("run"):
        yield "report_run", dg.MetadataValue.dagster_run(decision.evidence["run"])
        yield "report", dg.MetadataValue.asset(dg.AssetKey(decision.evidence["report"]))
        yield "report_day", decision.evidence["day"]
    if decision.mlflow_run:
        event = context.instance.get_latest_materialization_event(dg.AssetKey(CHALLENGER_MODEL.table))
        page = event.asset_materialization.metadata.get("mlflow_run") if event and event.asset_materialization else None
        if page is not None:
            yield "mlflow_run", page


def _listed(decisions: Sequence[Decision]) -> Mapping[str, Any]:
    """The newest decisions as a table, the newest first."""
    columns = ["when (UTC)", "trigger", "verdict", "outcome", "champion", "reason"]
    rows = [_told(decision) for decision in reversed(decisions[-SHOWN_DECISIONS:])]
    return {"decisions": dg.MetadataValue.md(markdown_table(columns, rows))}


def _told(decision: Decision) -> list[str | None]:
    champion = decision.champion_after or decision.champion
    when = f"{decision.decided_at:%Y-%m-%d %H:%M}"
    return [when, decision.trigger, decision.verdict, decision.outcome, champion, decision.reason]
