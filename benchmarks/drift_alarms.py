"""`python -m benchmarks.drift_alarms`: how often the input reports cry wolf and what they find; writes `docs/drift.md`.

Everything runs through the functions that the sensors ask, `would_retrain` and `is_novel`, over reports as the assets
make them.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.drift_page import Figures, Rate, write_page
from benchmarks.drift_worlds import LAST_TRAINED, LAST_TRAINED_YOUNG, SCHEMA, Service, resampled
from churn_assets.monitoring.drift.report import Baseline, Rule, would_retrain
from churn_assets.monitoring.novelty.report import NoveltyRule, Training, is_novel
from churn_assets.monitoring.reference import Reference

ALARM_SIZES = (7, 20, 50, 100, 400, 10_000)
POWER_SIZES = (50, 100, 400)
SHIFTS = (0.25, 0.5, 0.75, 1.0)
SHIFTED = "avg_session_len_min"
LARGE, LARGE_SHARE = 2_000, 0.2
"""Windows beyond so many rows are drawn more rarely, since they vary less and cost more."""
SPEED_ROWS = 200_000


@dataclass(frozen=True, eq=False)
class Judge:
    """What a window is held against: the newest week of a training and all its rows."""

    baseline: Baseline
    training: Training

    @classmethod
    def of(cls, reference: Reference) -> "Judge":
        """The judge of a champion with this reference."""
        return cls(Baseline(reference.newest(7), SCHEMA, Rule()), Training(reference.rows, SCHEMA))

    def has_drifted(self, window: pd.DataFrame, calendar: frozenset[str]) -> bool:
        """Whether the drift report of a window asks for a retraining."""
        return would_retrain(self.baseline.compare(window, calendar))

    def is_novel(self, window: pd.DataFrame, calendar: frozenset[str]) -> bool:
        """Whether the novelty report of a window asks for a retraining."""
        return is_novel(self.training.novelty(window, NoveltyRule(), calendar))

    def would_retrain(self, window: pd.DataFrame, calendar: frozenset[str]) -> bool:
        """Whether either asks."""
        return self.has_drifted(window, calendar) or self.is_novel(window, calendar)


@dataclass(frozen=True)
class Study:
    """How much is drawn, and where simulated worlds are kept."""

    scratch: Path
    repeats: int
    listeners: int
    seeds: int
    strengths: Sequence[float]

    def figures(self) -> Figures:
        """Everything that the page shows."""
        service = Service.of(self.scratch, listeners=self.listeners, seed=7)
        trained = service.watched(LAST_TRAINED).reference
        reference, judge = trained.newest(7), Judge.of(trained)
        later = service.weeks_after(LAST_TRAINED)[-1]
        same = [self._rate(judge, reference, size) for size in ALARM_SIZES]
        weeks = [self._rate(judge, later.window, size, later.calendar) for size in ALARM_SIZES]
        return Figures(
            sizes=ALARM_SIZES,
            same=same,
            later=weeks,
            shifts={size: [self._shifted(judge, reference, size, shift) for shift in SHIFTS] for size in POWER_SIZES},
            shift_values=SHIFTS,
            strengths={strength: self._changed(strength) for strength in self.strengths},
            power_sizes=POWER_SIZES,
            unchanged=self._unchanged(),
            seconds=seconds_of(reference),
            repeats=self.repeats,
            listeners=self.listeners,
            shifted=SHIFTED,
        )

    def _rate(
        self,
        judge: Judge,
        pool: pd.DataFrame,
        size: int,
        calendar: frozenset[str] = frozenset(),
        moved: Callable[[pd.DataFrame], pd.DataFrame] = lambda window: window,
    ) -> Rate:
        repeats = round(self.repeats * LARGE_SHARE) if size > LARGE else self.repeats
        windows = (moved(resampled(pool, size, seed)) for seed in range(repeats))
        return Rate(sum(judge.would_retrain(window, calendar) for window in windows), repeats)

    def _shifted(self, judge: Judge, pool: pd.DataFrame, size: int, shift: float) -> Rate:
        by = shift * float(pool[SHIFTED].std())
        return self._rate(judge, pool, size, moved=lambda window: window.assign(**{SHIFTED: window[SHIFTED] + by}))

    def _changed(self, strength: float) -> list[Rate]:
        """Windows of the last week of a world that changed."""
        service = Service.of(self.scratch, listeners=self.listeners // 3, seed=7, covariate=strength)
        judge = Judge.of(service.watched(LAST_TRAINED).reference)
        last = service.weeks_after(LAST_TRAINED)[-1]
        return [self._rate(judge, last.window, size, last.calendar) for size in POWER_SIZES]

    def _unchanged(self) -> dict[str, tuple[Rate, Rate]]:
        """Whole weeks of worlds that never change, after a training on an old and on a young log."""
        worlds = [(7, self.listeners), *((seed, self.listeners // 3) for seed in range(self.seeds))]
        found = {}
        for name, trained in (("older than the lookback", LAST_TRAINED), ("10 weeks old", LAST_TRAINED_YOUNG)):
            drift, novel, weeks = 0, 0, 0
            for seed, listeners in worlds:
                service = Service.of(self.scratch, listeners=listeners, seed=seed)
                judge = Judge.of(service.watched(trained).reference)
                for week in service.weeks_after(trained):
                    weeks += 1
                    drift += judge.has_drifted(week.window, week.calendar)
                    novel += judge.is_novel(week.window, week.calendar)
            found[name] = (Rate(drift, weeks), Rate(novel, weeks))
        return found


def seconds_of(rows: pd.DataFrame) -> float:
    """CPU seconds of a report of 200,000 window rows against as many reference rows, without the page."""
    reference, window = (resampled(rows, SPEED_ROWS, seed) for seed in (1, 2))
    began = time.process_time()
    Baseline(reference, SCHEMA, Rule()).compare(window, frozenset())
    return time.process_time() - began


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and write page and picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=500, help="windows drawn for each rate")
    parser.add_argument("--listeners", type=int, default=900, help="listeners of the largest world")
    parser.add_argument("--seeds", type=int, default=6, help="further worlds that never change")
    parser.add_argument("--strengths", type=float, nargs="*", default=[0.25, 0.5, 1.0], help="covariate shifts")
    parser.add_argument("--scratch", help="folder where simulated worlds are kept for the next run")
    parser.add_argument("--docs", default="docs", help="folder of the page")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="churn-drift-") as temporary:
        study = Study(Path(asked.scratch or temporary), asked.repeats, asked.listeners, asked.seeds, asked.strengths)
        write_page(study.figures(), Path(asked.docs))
    print(f"Wrote {asked.docs}/drift.md and its picture.")


if __name__ == "__main__":
    main()
