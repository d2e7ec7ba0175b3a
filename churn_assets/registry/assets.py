"""The assets about models: candidates, challenger, champion; and the leak alarm between the last two."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from churn_assets import __version__
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.ingest.clock import data_clock
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import WHOLE, Scan
from churn_assets.registry.registry import CODE_VERSION, DATA_CLOCK, TRAINING_SET_RUN, TRAINING_SET_VERSION
from churn_assets.registry.tables import CANDIDATE_MODELS, CHALLENGER_MODEL, CHAMPION_MODEL
from churn_assets.resources.checks import contract_check
from churn_assets.resources.lake_asset import Table, lake_asset, unreported
from churn_assets.resources.lake_io import Product
from churn_assets.resources.model_charts import png
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.storage import EngineResource, LakeResource
from churn_assets.settings import Settings
from churn_assets.training.assets import GROUP, landed_log, training_options
from churn_assets.training.tables import TRAINING_SET

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.registry.enrolment import Enrolled
    from churn_assets.registry.history import Record
    from churn_assets.registry.registry import ModelRegistry
    from churn_assets.training.leaks import LeakFinding

MODEL_KINDS = frozenset({"mlflow", "catboost", "scikitlearn"})
MLFLOW_RUN = "mlflow_run_id"
LEAK_ALARM = "leak_alarm"


def registry_assets(settings: Settings) -> Sequence[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """Candidates, challenger and champion, with their checks."""
    return (
        _challenger_model(settings),
        _champion_model(settings),
        _leak_alarm(settings),
        *(contract_check(contract) for contract in (CANDIDATE_MODELS, CHALLENGER_MODEL, CHAMPION_MODEL)),
    )


def _candidates(settings: Settings) -> Table:
    return Table(
        contract=CANDIDATE_MODELS,
        group=GROUP,
        code_version=_version(settings),
        description=(
            "Every rung of the ladder, fitted on the training cut-offs and compared by log-loss on listeners that it "
            "did not see; each is a child run in MLflow."
        ),
        kinds=MODEL_KINDS,
    )


def _challenger(settings: Settings) -> Table:
    return Table(
        contract=CHALLENGER_MODEL,
        group=GROUP,
        code_version=_version(settings),
        description=(
            "The best candidate, calibrated, registered as `churn@challenger`, and judged on the newest mature "
            "cut-offs, which it never saw: metrics with intervals, by cut-off and segment."
        ),
        kinds=MODEL_KINDS,
    )


def _version(settings: Settings) -> str:
    return f"1-{settings.target}-{settings.holdout_cutoffs}-{settings.folds}-{settings.seed}"


def _challenger_model(settings: Settings) -> dg.AssetsDefinition:
    candidates, challenger = _candidates(settings), _challenger(settings)
    training_set_key = dg.AssetKey(TRAINING_SET.table)

    @dg.multi_asset(
        name="challenger_model",
        outs={"candidate_models": candidates.out, "challenger_model": challenger.out},
        ins={"training_set": dg.AssetIn(training_set_key)},
        internal_asset_deps={"candidate_models": {training_set_key}, "challenger_model": {candidates.key}},
    )
    def challenger_model(
        context: dg.AssetExecutionContext, storage: LakeResource, models: ModelStoreResource, training_set: Scan
    ) -> Iterator[dg.Output[Product]]:
        from churn_assets.registry.enrolment import Enrolment, Origin
        from churn_assets.training.split import promotion_split

        frame = read_frame(training_set)
        cutoffs = sorted({moment.date() for moment in frame["cutoff"].unique()})
        split = promotion_split(cutoffs, landed_log(settings, storage.lake), holdout=settings.holdout_cutoffs)
        enrolment = Enrolment(CATALOGUE.schema(settings.lookback_days), training_options(settings), models.registry())
        origin = Origin(context.run.run_id, _data_versions(context, data_clock(storage.lake)))
        done = enrolment.enrol(frame, split, origin, started=_link_to_mlflow(context))
        link = {"mlflow_run": dg.MetadataValue.url(done.run.page), MLFLOW_RUN: dg.MetadataValue.text(done.run.run_id)}
        shown = link | _shown(done)
        yield unreported(Product(done.challenge.ranking(), lambda _landed: {WHOLE: link}), "candidate_models")
        yield unreported(Product(done.measured(), lambda _landed: {WHOLE: shown}), "challenger_model")

    return challenger_model


def _link_to_mlflow(context: dg.AssetExecutionContext) -> Callable[[str], None]:
    """Tag the Dagster run with its MLflow run, so that each leads to the other."""
    return lambda run_id: context.instance.add_run_tags(context.run.run_id, {MLFLOW_RUN: run_id})


def _data_versions(context: dg.AssetExecutionContext, clock: date) -> dict[str, str]:
    """What a model is made from: code, feature fingerprint, data clock, and the materialisation it was trained on."""
    event = context.instance.get_latest_materialization_event(dg.AssetKey(TRAINING_SET.table))
    made = {
        CODE_VERSION: __version__,
        "churn.features": CATALOGUE.fingerprint,
        DATA_CLOCK: clock.isoformat(),
    }
    if event is None or event.asset_materialization is None:
        return made
    tags = event.asset_materialization.tags or {}
    return made | {
        TRAINING_SET_RUN: event.run_id,
        TRAINING_SET_VERSION: tags.get("dagster/data_version", ""),
    }


def _shown(done: "Enrolled") -> dict[str, Any]:
    """Metadata of the challenger: its version, its card and its pictures."""
    plots = {f"plot_{name}": png(image) for name, image in done.parts.plots.items()}
    card = dg.MetadataValue.md(done.parts.card)
    return {"version": done.version.number, "rung": done.version.rung, "card": card, **plots}


def _leak_alarm(settings: Settings) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(CHALLENGER_MODEL.table),
        name=LEAK_ALARM,
        blocking=True,
        additional_deps=[dg.AssetKey(TRAINING_SET.table)],
        description=(
            "Signs that the challenger knows the future: a feature that ranks too well alone, a model too good to be "
            "true, listeners who had already gone, or features that change when later events are taken away."
        ),
    )
    def leak_alarm(storage: LakeResource, computing: EngineResource, models: ModelStoreResource) -> dg.AssetCheckResult:
        from churn_assets.registry.leak_alarm import future_findings

        lake = storage.lake
        found = _found_leaks(settings, read_frame(lake.scan(TRAINING_SET)), models.registry())
        found += future_findings(lake, computing.engine, settings)
        messages = [finding.message for finding in found]
        told = (
            f"The challenger may see the future: {' '.join(messages)}" if found else "No sign that it sees the future."
        )
        return dg.AssetCheckResult(
            passed=not found, description=told, metadata={"findings": messages, "count": len(found)}
        )

    return leak_alarm


def _found_leaks(settings: Settings, frame: "pd.DataFrame", registry: "ModelRegistry") -> "tuple[LeakFinding, ...]":
    from churn_assets.registry.challenge import leaks
    from churn_assets.training.evaluation import Evaluation

    challenger = registry.load(registry.challenger())
    evaluation = Evaluation.from_json(challenger.artifact.evaluation)
    return leaks(frame, challenger.model, evaluation, at_risk_days=settings.at_risk_days)


def _champion_model(settings: Settings) -> dg.AssetsDefinition:
    table = Table(
        contract=CHAMPION_MODEL,
        group=GROUP,
        code_version="1",
        description=(
            "The decision: the challenger becomes `churn@champion` only if it beats today's champion and the simple "
            "rungs on the same matured rows, beyond chance. Every decision is kept, with its evidence."
        ),
        kinds=frozenset({"mlflow", "parquet"}),
    )

    @lake_asset(table)
    def champion_model(
        storage: LakeResource,
        computing: EngineResource,
        models: ModelStoreResource,
        *,
        training_set: Scan,
        challenger_model: Scan,  # noqa: ARG001 — read from the registry; the scan is the dependency
    ) -> Product:
        from churn_assets.registry.challenge import contest, with_leaks
        from churn_assets.registry.leak_alarm import future_findings
        from churn_assets.registry.promotion import decide

        frame, registry = read_frame(training_set), models.registry()
        found = _found_leaks(settings, frame, registry)
        found += future_findings(storage.lake, computing.engine, settings)
        evidence = with_leaks(contest(frame, registry, options=training_options(settings)), found)
        history = models.history()
        record = history.carry_out(decide(evidence), at=datetime.now(UTC))
        records = history.records()
        return Product(_decisions(records), lambda _landed: {WHOLE: _verdict(record)})

    return champion_model


def _decisions(records: "Sequence[Record]") -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    return pd.DataFrame(
        {
            "number": record.number,
            "kind": record.kind,
            "version": record.version,
            "champion_before": record.champion,
            "decided_at": np.datetime64(record.at.astimezone(UTC).replace(tzinfo=None), "ms"),
            "reason": record.reason,
            "evidence": json.dumps(record.evidence),
            "state": record.state,
        }
        for record in records
    )


def _verdict(record: "Record") -> dict[str, Any]:
    return {
        "verdict": record.kind,
        "version": record.version,
        "champion_before": record.champion or "none",
        "reason": record.reason,
        "evidence": dg.MetadataValue.json(dict(record.evidence)),
    }
