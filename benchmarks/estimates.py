"""`python -m benchmarks.estimates HOME`: how far estimates lie from what came, on the rolling-origin back-test.

At every test cut-off a rung is trained again on the cut-offs whose labels had closed by then, as `model_backtest`
does, from the `training_set` of a home in which everything is materialised. What it says of the test cut-off is
estimated without the labels, then measured with them.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from churn_assets.cutoffs import midnight
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.ingest.clock import data_clock
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake
from churn_assets.monitoring.performance.cohort import cohorts
from churn_assets.monitoring.performance.reading import estimated, realised
from churn_assets.monitoring.performance.resampled import TESTED
from churn_assets.settings import Settings
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.candidates import Study, fit_candidate
from churn_assets.training.options import TrainingOptions
from churn_assets.training.rungs import ladder
from churn_assets.training.split import LandedLog, rolling_origin
from churn_assets.training.tables import TRAINING_SET

Line = tuple[str, str, float, float, float, float, bool]


def lines(settings: Settings, rung: str) -> Iterator[Line]:
    """Test cut-off, metric, estimate with its interval, realised value, and whether that lies outside."""
    lake, schema = Lake(Path(settings.lake_url)), CATALOGUE.schema(settings.lookback_days)
    frame, options = read_frame(lake.scan(TRAINING_SET)), TrainingOptions(folds=settings.folds, seed=settings.seed)
    log = LandedLog(settings.cutoffs, data_clock(lake))
    chosen = next(each for each in ladder() if each.name == rung)
    known = [moment.date() for moment in frame["cutoff"].unique()]
    for split in rolling_origin(known, log, newest=settings.backtest_cutoffs):
        model = fit_candidate(chosen, Study.of(frame, schema, options, cutoffs=split.training)).model
        rows = frame[frame["cutoff"] == midnight(split.test[0])]
        scores = rows[["cutoff", "user_id", "at_risk"]].assign(churn_probability=model.predict(rows), model_version="1")
        labels = rows[["cutoff", "user_id", "at_risk", "churned", "cancelled"]]
        (cohort,) = cohorts(scores, labels, horizon_days=settings.horizon_days)
        guess = estimated(cohort, "churned", threshold=model.threshold, resampling=Resampling())
        truth = realised(cohort, "churned", threshold=model.threshold, resampling=Resampling(2))
        for metric in TESTED:
            said, came = guess.metrics[metric], truth.metrics[metric]
            assert None not in (said.value, said.low, said.high, came.value)
            is_off = not said.low <= came.value <= said.high  # type: ignore[operator]
            yield str(split.test[0]), metric, said.value, said.low, said.high, came.value, is_off  # type: ignore[misc]


def main() -> int:
    """Print a line a test cut-off and metric, and a summary a metric."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.estimates", description=__doc__)
    parser.add_argument("home", type=Path, help="a CHURN_HOME in which everything is materialised")
    parser.add_argument("--rung", default="logistic", help="which rung of the ladder is trained")
    asked = parser.parse_args()
    found = list(lines(Settings(home=asked.home), asked.rung))
    print("| test cut-off | metric | estimated [95 %] | realised | error | outside |\n|---|---|---|---|---|---|")
    for day, metric, said, low, high, came, is_off in found:
        outside = "yes" if is_off else "no"
        print(
            f"| {day} | {metric} | {said:.4f} [{low:.4f}, {high:.4f}] | {came:.4f} | {said - came:+.4f} | {outside} |"
        )
    print("\n| metric | cut-offs | mean error | root mean square | outside |\n|---|---|---|---|---|")
    for metric in TESTED:
        errors = np.array([said - came for _, name, said, _, _, came, _ in found if name == metric])
        off = sum(line[-1] for line in found if line[1] == metric)
        root = np.sqrt((errors**2).mean())
        print(f"| {metric} | {len(errors)} | {errors.mean():+.4f} | {root:.4f} | {off} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
