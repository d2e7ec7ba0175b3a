"""Scoring: a million listeners with reasons in words, by every kind of model that may be champion."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.crowd import WEEKS, crowd
from benchmarks.findings import Findings, Line, Target
from benchmarks.measuring import THREADS
from benchmarks.profiling import functions, profile
from benchmarks.workbench import Workbench

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.contracts.contract import Contract
    from churn_assets.lake.lake import Lake
    from churn_assets.registry.registry import LoadedModel, ModelRegistry

BOUND = """
A probability is cheap; its reasons are not: TreeSHAP walks every tree for every row, and the largest contributions
become words. Rows go through in batches, so that memory is that of the features and of one batch.
"""

SECONDS, PEAK_GB, GIGABYTE = 60, 2.0, 1e9


def scoring(bench: Workbench) -> Findings:
    """From features in the lake to scores with reasons in the lake within a minute, in 2 GB, whoever is champion."""
    training = str(crowd(bench, bench.size.trained_listeners, cutoffs=WEEKS))
    rows = str(crowd(bench, bench.size.scored_rows))
    home, lake = bench.fresh("home-scoring"), bench.fresh("lake-scoring")
    models = bench.measure("a model of every rung", make_models, rows=training, home=str(home)).answer
    scored = bench.measure("features to the lake", make_lake, rows=rows, lake=str(lake)).answer
    lines, walls, peaks = [], [], []
    for rung, version in models.items():
        arguments = {"lake": str(lake), "home": str(home), "version": version}
        bare = bench.measure(f"reference: {rung} without reasons", probabilities, **arguments)
        done = bench.measure(f"{rung} with reasons", score_lake, **arguments)
        lines += [Line(f"reference: {rung}, probabilities alone", bare.cost), Line(f"{rung}, with reasons", done.cost)]
        walls.append(done.cost.wall_seconds)
        peaks.append(done.cost.peak_bytes / GIGABYTE)
    slowest = list(models.values())[walls.index(max(walls))]
    looked = profile(
        bench, "scoring by the slowest rung", functions, score_lake, lake=str(lake), home=str(home), version=slowest
    )
    return Findings(
        "scoring",
        {"rows": scored, "rungs": len(models)},
        lines,
        [
            Target("wall seconds of the slowest rung", max(walls), SECONDS, issue=6),
            Target("peak memory in GB", max(peaks), PEAK_GB),
        ],
        profiles=[looked],
    )


def make_models(rows: str, home: str) -> dict[str, str]:
    """Train and register a model of every rung that may be champion; gives the versions by rung."""
    import pandas as pd

    from benchmarks.training import cutoffs_of, options, schema
    from churn_assets.registry.artifact import Parts
    from churn_assets.registry.training_run import training_run
    from churn_assets.training.candidates import Study, fit_candidate
    from churn_assets.training.rungs import ladder

    frame = pd.read_parquet(rows)
    study = Study.of(frame, schema(), options(), cutoffs=cutoffs_of(frame)[0])
    reference = study.examples.frame[["user_id", "cutoff", *schema().names]]
    registry, versions = _registry(home), {}
    for rung in ladder(threads=options().threads):
        if rung.is_candidate:
            model = fit_candidate(rung, study).model
            with training_run(registry.tracking, rung.name, data_versions={}) as run:
                parts = Parts(model, reference, evaluation={}, card="")
                versions[rung.name] = registry.register(parts, run_id=run.run_id, data_versions={}).number
    return versions


def make_lake(rows: str, lake: str) -> int:
    """Write the rows as `user_features` and `population` of their newest cut-off; gives how many are at risk."""
    import pandas as pd

    from churn_assets.features.tables import USER_FEATURES
    from churn_assets.labels.tables import POPULATION
    from churn_assets.lake.lake import Lake

    frame = pd.read_parquet(rows)
    frame = frame.assign(last_ts=frame["cutoff"], is_cancelled=~frame["at_risk"])
    for contract in (USER_FEATURES, POPULATION):
        _put(Lake(Path(lake)), contract, frame)
    return int(frame["at_risk"].sum())


def probabilities(lake: str, home: str, version: str) -> int:
    """Read the features of those at risk and predict, nothing else; gives the rows."""
    loaded = _loaded(home, version)
    return len(loaded.model.predict(_at_risk(lake)))


def score_lake(lake: str, home: str, version: str) -> int:
    """Do what the asset `churn_scores` does, without Dagster around it; gives the rows."""
    import pyarrow.parquet as pq

    from churn_assets.cutoffs import midnight
    from churn_assets.features.tables import USER_FEATURES
    from churn_assets.labels.tables import POPULATION
    from churn_assets.lake.lake import Lake
    from churn_assets.scoring.bands import RiskBands
    from churn_assets.scoring.batches import Scorer
    from churn_assets.scoring.score import Moment
    from churn_assets.scoring.tables import CHURN_SCORES

    there, loaded = Lake(Path(lake)), _loaded(home, version)
    features, population = there.scan(USER_FEATURES), there.scan(POPULATION)
    ((key, _),) = features.files
    now, bands = midnight(date.fromisoformat(key)), RiskBands(medium=0.2, high=0.5)
    scorer = Scorer(loaded, loaded.model.schema, bands, Moment(now, now), THREADS)
    there.adopt(CHURN_SCORES, key, scorer.stage(features, population, there)[key])
    return int(pq.read_metadata(there.path(CHURN_SCORES, key)).num_rows)


def _at_risk(lake: str) -> "pd.DataFrame":
    from churn_assets.features.tables import USER_FEATURES
    from churn_assets.labels.tables import POPULATION
    from churn_assets.lake.frames import read_frame
    from churn_assets.lake.lake import Lake

    there = Lake(Path(lake))
    known = read_frame(there.scan(POPULATION), ["cutoff", "user_id", "at_risk"])
    return read_frame(there.scan(USER_FEATURES)).merge(known[known["at_risk"]], on=["cutoff", "user_id"])


def _put(lake: "Lake", contract: "Contract", frame: "pd.DataFrame") -> None:
    """Write the rows of a frame, all of one cut-off, as its partition of a table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from churn_assets.contracts.arrow import arrow_schema
    from churn_assets.lake.engine import ROW_GROUP

    table = pa.Table.from_pandas(frame, arrow_schema(contract), preserve_index=False)
    with lake.replacing(contract, frame["cutoff"].iloc[0].date().isoformat()) as path:
        pq.write_table(table.replace_schema_metadata(None), path, compression="zstd", row_group_size=ROW_GROUP)


def _loaded(home: str, version: str) -> "LoadedModel":
    registry = _registry(home)
    return registry.load(registry.version(version))


def _registry(home: str) -> "ModelRegistry":
    from benchmarks.training import registry_of

    return registry_of(home)
