"""Training: the whole ladder at 12 cut-offs, registered and judged, beside each estimator fitted once and barely."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.crowd import FIRST_DAY, HELD_OUT, TRAINED, WEEKS, crowd
from benchmarks.findings import Findings, Line, Target
from benchmarks.measuring import THREADS
from benchmarks.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import numpy as np
    import pandas as pd

    from churn_assets.features.schema import FeatureSchema
    from churn_assets.registry.registry import ModelRegistry
    from churn_assets.training.options import TrainingOptions
    from churn_assets.training.split import LandedLog

BOUND = """
The ladder is fitted once for each fold of listeners and once on all of them, and the back-test does that again at
every test cut-off, where the reference fits four estimators once. Fitting is native and uses both cores; encoding,
calibration and bootstrap intervals are NumPy on one.
"""

SECONDS = 180
BACKTESTED = 6


def training(bench: Workbench) -> Findings:
    """Every rung chosen from, calibrated, judged and registered within 3 minutes."""
    rows = str(crowd(bench, bench.size.trained_listeners, cutoffs=WEEKS))
    home = bench.fresh("home-training")
    bare = bench.measure("reference: bare estimators", bare_fits, rows=rows)
    done = bench.measure("training", enrol, rows=rows, home=str(home))
    tested = bench.measure("back-test", backtested, rows=rows)
    decided = bench.measure("decision", decide, rows=rows, home=str(home))
    trained = done.answer["rows"]
    return Findings(
        "training",
        {"rows": trained, "cut-offs": TRAINED, "listeners a cut-off": trained // TRAINED},
        [
            Line("reference: four bare estimators, each fitted once", bare.cost),
            Line("candidate_models and challenger_model: 7 rungs, 4 fits each, judged, registered", done.cost),
            Line(f"model_backtest: the same rungs at {BACKTESTED} test cut-offs", tested.cost),
            Line("champion_model: the decision", decided.cost),
        ],
        [Target("wall seconds of the training with all rungs", done.cost.wall_seconds, SECONDS, issue=6)],
    )


def bare_fits(rows: str) -> int:
    """Logistic regression, forest, boosting and CatBoost with our sizes, each fitted once on plainly encoded rows."""
    import pandas as pd
    from catboost import CatBoostClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    frame = pd.read_parquet(rows)
    trained = [pd.Timestamp(day) for day in cutoffs_of(frame)[0]]
    examples = frame[frame["cutoff"].isin(trained) & frame["at_risk"]]
    matrix, target = _plain_matrix(examples), examples["churned"].to_numpy()
    for estimator in (
        LogisticRegression(C=0.05, class_weight="balanced", max_iter=1000),
        RandomForestClassifier(
            100, max_depth=8, min_samples_leaf=20, max_samples=0.5, class_weight="balanced", n_jobs=THREADS
        ),
        HistGradientBoostingClassifier(
            max_iter=100, max_leaf_nodes=8, max_features=0.3, min_samples_leaf=40, early_stopping=False
        ),
        CatBoostClassifier(200, 0.05, 4, thread_count=THREADS, verbose=False, allow_writing_files=False),
    ):
        estimator.fit(matrix, target)
    return len(matrix)


def _plain_matrix(examples: "pd.DataFrame") -> "np.ndarray[Any, Any]":
    """Numbers scaled, nulls as their median, categories as a column a level."""
    import pandas as pd

    features = examples[list(schema().names)]
    numbers = features[list(schema().numeric)]
    scaled = ((numbers - numbers.mean()) / numbers.std()).fillna(0.0).clip(-8.0, 8.0)
    levels = pd.get_dummies(features[list(schema().categorical)].fillna("(none)"), dtype="float64")
    return pd.concat([scaled.fillna(0.0), levels], axis=1).to_numpy()


def enrol(rows: str, home: str) -> dict[str, object]:
    """Do what the assets `candidate_models` and `challenger_model` do; gives rows, the chosen rung and its log-loss."""
    import pandas as pd

    from churn_assets.registry.enrolment import Enrolment, Origin
    from churn_assets.training.split import promotion_split

    frame = pd.read_parquet(rows)
    split = promotion_split(_days(frame), _log(frame), holdout=HELD_OUT)
    enrolment = Enrolment(schema(), options(), registry_of(home))
    done = enrolment.enrol(frame, split, Origin("benchmark", {}), started=lambda _run: None)
    chosen = done.challenge.comparison.challenger
    return {"rows": len(chosen.out_of_fold.target), "rung": chosen.model.rung, "log_loss": chosen.log_loss}


def backtested(rows: str) -> int:
    """Do what the asset `model_backtest` does; gives the rows of its table."""
    import pandas as pd

    from churn_assets.training.backtest import backtest
    from churn_assets.training.rungs import ladder
    from churn_assets.training.split import rolling_origin

    frame, told = pd.read_parquet(rows), options()
    splits = rolling_origin(_days(frame), _log(frame), newest=BACKTESTED)
    rungs = ladder(horizon_days=told.horizon_days, threads=told.threads)
    return len(backtest(frame, schema(), told, rungs=rungs, splits=splits))


def decide(rows: str, home: str) -> str:
    """Do what the asset `champion_model` does, but for the look at later events; gives the verdict."""
    import pandas as pd

    from churn_assets.registry.challenge import contest, leaks, with_leaks
    from churn_assets.registry.promotion import decide as verdict
    from churn_assets.training.evaluation import Evaluation

    frame, registry = pd.read_parquet(rows), registry_of(home)
    challenger = registry.load(registry.challenger())
    judged = Evaluation.from_json(challenger.artifact.evaluation)
    found = leaks(frame, challenger.model, judged, at_risk_days=30)
    return str(verdict(with_leaks(contest(frame, registry, options=options()), found)))


def cutoffs_of(frame: "pd.DataFrame") -> "tuple[Sequence[date], Sequence[date]]":
    """The cut-offs that are trained on and those held out."""
    from churn_assets.training.split import promotion_split

    split = promotion_split(_days(frame), _log(frame), holdout=HELD_OUT)
    return split.training, split.test


def _days(frame: "pd.DataFrame") -> "list[date]":
    return sorted({moment.date() for moment in frame["cutoff"].unique()})


def _log(frame: "pd.DataFrame") -> "LandedLog":
    from churn_assets.settings import Settings
    from churn_assets.training.split import LandedLog

    schedule = Settings(first_day=FIRST_DAY).cutoffs
    return LandedLog(schedule, schedule.matures_on(max(_days(frame))))


def options() -> "TrainingOptions":
    """How the benchmarks train: the defaults, on so many threads."""
    from churn_assets.training.options import TrainingOptions

    return TrainingOptions(threads=THREADS)


def schema() -> "FeatureSchema":
    """Every declared feature, over the default lookback."""
    from churn_assets.features.catalogue import CATALOGUE

    return CATALOGUE.schema(90)


def registry_of(home: str) -> "ModelRegistry":
    """The registry below a folder, set up if it was not."""
    from churn_assets.registry.registry import ModelRegistry
    from churn_assets.registry.tracking import prepare, tracking_below

    return ModelRegistry(prepare(tracking_below(Path(home), None)))
