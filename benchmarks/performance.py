"""`python -m benchmarks.performance`: how often the verdict on performance is wrong, and how good the estimates are.

Every world is a service of its own, simulated from its own seed: a model is trained by the platform's procedure,
promoted on two cut-offs, and watched at every later one (`watched.py`). Nothing changes; or only the listeners do
(covariate drift); or what makes them leave does (concept drift). Prints Markdown tables, the ones of
`docs/performance-monitoring.md`.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from benchmarks.panel import FIRST_DAY, panel
from benchmarks.watched import Watched, jury, watched
from churn_assets.monitoring.performance.decline import Decline
from churn_assets.monitoring.performance.reading import estimated, realised
from churn_assets.monitoring.performance.resampled import TESTED
from churn_assets.simulate.world import Change, World
from churn_assets.training.bootstrap import Resampling

DAYS = 226
CHANGE_DAY = FIRST_DAY + timedelta(days=143)
"""A cut-off: the fifth after the promotion test, whose own label windows have closed by then."""
NON_OVERLAPPING = 5
"""Every so-manieth cut-off is asked for the estimate's error: their label windows do not overlap."""
FIRST_SEED = 1_000
SIZES = (300, 1_000, 2_000)
LEVEL = 0.05


@dataclass(frozen=True)
class Scenario:
    """What happens to the worlds of one line, how many are simulated, and whether a drop should be found."""

    name: str
    changes: tuple[Change, ...]
    worlds: int
    is_drop: bool


@dataclass(frozen=True)
class Story:
    """One world: its verdicts by look, and (metric, estimated minus realised, is off) of cut-offs after the change."""

    verdicts: tuple[Decline, ...]
    errors: tuple[tuple[str, float, bool], ...]

    @property
    def first_drop(self) -> int | None:
        """The look at which a drop was found first."""
        return next((verdict.look for verdict in self.verdicts if verdict.is_drop), None)


def scenarios(worlds: int) -> tuple[Scenario, ...]:
    """The lines of the tables; what should stay silent is asked more often than what should not."""
    return (
        Scenario("no change", (), 3 * worlds, is_drop=False),
        Scenario("covariate drift", (Change(CHANGE_DAY, covariate=1.0),), worlds, is_drop=False),
        Scenario("concept drift 0.5", (Change(CHANGE_DAY, concept=0.5),), worlds, is_drop=True),
        Scenario("concept drift 1.0", (Change(CHANGE_DAY, concept=1.0),), worlds, is_drop=True),
    )


def story(scenario: Scenario, listeners: int, seed: int) -> Story:
    """Simulate, train, promote and watch one world."""
    world = World(FIRST_DAY, seed=seed, listeners=listeners, days=DAYS, has_visitors=False, changes=scenario.changes)
    found = watched(panel(world))
    return Story(tuple(found.looks(jury(LEVEL))), tuple(_errors(found)))


def _errors(found: Watched) -> Iterator[tuple[str, float, bool]]:
    target, threshold, resampling = found.production.target, found.production.threshold, Resampling()
    for cohort in [part for part in found.later if part.cutoff >= CHANGE_DAY][::NON_OVERLAPPING]:
        guess = estimated(cohort, target, threshold=threshold, resampling=resampling)
        truth = realised(cohort, target, threshold=threshold, resampling=resampling)
        for metric in TESTED:
            said, came = guess.metrics[metric], truth.metrics[metric]
            if said.value is not None and came.value is not None and said.low is not None and said.high is not None:
                is_off = not said.low <= came.value <= said.high
                yield metric, said.value - came.value, is_off


def verdict_line(scenario: Scenario, listeners: int, stories: Sequence[Story]) -> str:
    """Worlds, looks, and in how many of the worlds a drop was found at any look."""
    drops = [drop for drop in (found.first_drop for found in stories) if drop is not None]
    looks = sum(len(found.verdicts) for found in stories)
    silent = sum(not found.verdicts for found in stories)
    first = f"{np.median(drops):.0f}" if drops else "-"
    cells = (
        scenario.name,
        f"{listeners:,}",
        len(stories),
        silent,
        looks,
        len(drops),
        f"{_share(drops, stories)}",
        first,
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def _share(drops: Sequence[int], stories: Sequence[Story]) -> str:
    low, high = _wilson(len(drops), len(stories))
    return f"{len(drops) / len(stories):.0%} [{low:.0%}, {high:.0%}]"


def _wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    share = hits / n
    middle, spread = share + z * z / (2 * n), z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (middle - spread) / (1 + z * z / n)), min(1.0, (middle + spread) / (1 + z * z / n))


def error_lines(scenario: Scenario, listeners: int, stories: Sequence[Story]) -> Iterator[str]:
    """Mean and root mean square of the estimates' errors in the changed world, and how often an estimate was off."""
    for metric in TESTED:
        found = [(error, is_off) for told in stories for name, error, is_off in told.errors if name == metric]
        errors = np.array([error for error, _ in found])
        off = np.mean([is_off for _, is_off in found])
        cells = (scenario.name, f"{listeners:,}", metric, len(found), f"{errors.mean():+.4f}")
        yield "| " + " | ".join(map(str, (*cells, f"{np.sqrt((errors**2).mean()):.4f}", f"{off:.0%}"))) + " |"


def main() -> int:
    """Simulate everything, print the tables; 1 if a false alarm is more frequent than the level beyond chance."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.performance", description=__doc__)
    parser.add_argument("--worlds", type=int, default=10, help="worlds a line; three times as many without any change")
    parser.add_argument("--listeners", type=int, action="append", help="size of the worlds; may be repeated")
    asked = parser.parse_args()
    verdicts, errors, is_kept = [], [], True
    for listeners in asked.listeners or SIZES:
        for scenario in scenarios(asked.worlds):
            stories = [story(scenario, listeners, FIRST_SEED + number) for number in range(scenario.worlds)]
            verdicts.append(verdict_line(scenario, listeners, stories))
            errors += error_lines(scenario, listeners, stories)
            print(verdicts[-1], file=sys.stderr, flush=True)
            drops = sum(found.first_drop is not None for found in stories)
            is_kept &= scenario.is_drop or _wilson(drops, len(stories))[0] <= LEVEL
    print("| worlds | listeners | simulated | no verdict | looks | dropped | share [95 %] | median look |")
    print("|---|---|---|---|---|---|---|---|", *verdicts, "", sep="\n")
    print("| worlds | listeners | metric | cut-offs | mean error | root mean square | outside the interval |")
    print("|---|---|---|---|---|---|---|", *errors, sep="\n")
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
