"""The assets about models: candidates, challenger, champion; and the leak alarm between the last two."""

import importlib.metadata
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from churn_assets import __version__
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import WHOLE, Scan
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

    from churn_assets.registry.artifact import Parts
    from churn_assets.registry.challenge import Challenge
    from churn_assets.registry.history import Record
    from churn_assets.registry.registry import ModelRegistry, ModelVersion
    from churn_assets.training.leaks import LeakFinding

LIBRARIES = ("catboost", "scikit-learn", "mlflow", "pandas", "numpy", "duckdb", "dagster")
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


def _challenger_model(settings: Settings) -> dg.AssetsDefinition:
    version = f"1-{settings.target}-{settings.holdout_cutoffs}-{settings.folds}-{settings.seed}"
    kinds = frozenset({"mlflow", "catboost", "scikitlearn"})
    candidates = Table(
        contract=CANDIDATE_MODELS,
        group=GROUP,
        code_version=version,
        description=(
            "Every rung of the ladder, fitted on the training cut-offs and compared by log-loss on listeners that it "
            "did not see; each is a child run in MLflow."
        ),
        kinds=kinds,
    )
    challenger = Table(
        contract=CHALLENGER_MODEL,
        group=GROUP,
        code_version=version,
        description=(
            "The best candidate, calibrated, registered as `churn@challenger`, and judged on the newest mature "
            "cut-offs, which it never saw: metrics with intervals, by cut-off and segment. What is served was judged."
        ),
        kinds=kinds,
    )

    @dg.multi_asset(
        name="challenger_model",
        outs={"candidate_models": candidates.out, "challenger_model": challenger.out},
        ins={"training_set": dg.AssetIn(TRAINING_SET.table)},
        internal_asset_deps={
            "candidate_models": {dg.AssetKey(TRAINING_SET.table)},
            "challenger_model": {candidates.key},
        },
    )
    def challenger_model(
        context: dg.AssetExecutionContext, storage: LakeResource, models: ModelStoreResource, training_set: Scan
    ) -> Iterator[dg.Output[Product]]:
        from churn_assets.registry.challenge import challenge
        from churn_assets.registry.training_log import log_comparison, log_evaluation, log_plots
        from churn_assets.registry.training_run import training_run
        from churn_assets.training.split import promotion_split

        registry, origin = models.registry(), _data_versions(context)
        frame = read_frame(training_set)
        cutoffs = sorted({moment.date() for moment in frame["cutoff"].unique()})
        split = promotion_split(cutoffs, landed_log(settings, storage.lake), holdout=settings.holdout_cutoffs)
        run_name = f"challenger of {split.test[0]}"
        with training_run(registry.tracking, run_name, data_versions=origin, dagster_run_id=context.run_id) as run:
            context.instance.add_run_tags(context.run_id, {MLFLOW_RUN: run.run_id})
            done = challenge(frame, CATALOGUE.schema, training_options(settings), split)
            log_comparison(run, done.comparison, done.evaluations)
            log_evaluation(run, done.evaluation)
            parts = _parts(done, run.run_id, origin)
            log_plots(run, parts.plots)
            registered = registry.register(parts, run_id=run.run_id, data_versions=origin)
        linked: dict[str, Any] = {"mlflow_run": dg.MetadataValue.url(run.page), MLFLOW_RUN: run.run_id}
        ranking = done.ranking()
        yield unreported(Product(ranking, lambda _landed: {WHOLE: linked}), "candidate_models")
        shown = linked | _shown(parts, registered)
        yield unreported(Product(_measured(done, registered), lambda _landed: {WHOLE: shown}), "challenger_model")

    return challenger_model


def _data_versions(context: dg.AssetExecutionContext) -> dict[str, str]:
    """What a model is made from: code, feature fingerprint, and the materialisation it was trained on."""
    event = context.instance.get_latest_materialization_event(dg.AssetKey(TRAINING_SET.table))
    made = {"churn.code_version": __version__, "churn.features": CATALOGUE.fingerprint}
    if event is None or event.asset_materialization is None:
        return made
    tags = event.asset_materialization.tags or {}
    return made | {
        "churn.training_set.dagster_run": event.run_id,
        "churn.training_set.data_version": tags.get("dagster/data_version", ""),
    }


def _parts(done: "Challenge", run_id: str, origin: Mapping[str, str]) -> "Parts":
    from churn_assets.registry.artifact import Parts
    from churn_assets.registry.card import Provenance, model_card
    from churn_assets.training.plots import draw_all

    libraries = [f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES]
    others = {rung: judged for rung, judged in done.evaluations.items() if rung != done.model.rung}
    card = model_card(
        done.model,
        done.evaluation,
        training=done.comparison.study.examples,
        rungs=others,
        provenance=Provenance(__version__, run_id, origin, libraries),
    )
    return Parts(done.model, done.reference, done.evaluation.to_json(), card, draw_all(done.evaluation))


def _measured(done: "Challenge", registered: "ModelVersion") -> "pd.DataFrame":
    return done.evaluation.table().assign(version=registered.number, rung=registered.rung)


def _shown(parts: "Parts", registered: "ModelVersion") -> dict[str, Any]:
    """Metadata of the challenger: its version, its card and its pictures."""
    plots = {f"plot_{name}": png(image) for name, image in parts.plots.items()}
    return {"version": registered.number, "rung": registered.rung, "card": dg.MetadataValue.md(parts.card), **plots}


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
        return dg.AssetCheckResult(passed=not found, metadata={"findings": messages, "count": len(found)})

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
        challenger_model: Scan,
    ) -> Product:
        from churn_assets.registry.challenge import confront, with_leaks
        from churn_assets.registry.leak_alarm import future_findings
        from churn_assets.registry.promotion import decide

        registry, history, frame = models.registry(), models.history(), read_frame(training_set)
        sitting = registry.find("champion")
        champion = None if sitting is None else registry.load(sitting)
        challenger = registry.load(registry.challenger())
        evidence = confront(frame, challenger, champion, options=training_options(settings))
        found = _found_leaks(settings, frame, registry)
        found += future_findings(storage.lake, computing.engine, settings)
        record = history.carry_out(decide(with_leaks(evidence, found)), at=datetime.now(UTC))
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
