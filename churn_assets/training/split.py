"""Time splits: a model tested at a cut-off was trained only on cut-offs whose label windows had closed by then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from churn_assets.cutoffs import CutoffSchedule, days_between
from churn_assets.errors import TrainingError


@dataclass(frozen=True)
class Split:
    """Cut-offs to train and to test on; TrainingError if a training label window is open at the first test."""

    training: tuple[date, ...]
    test: tuple[date, ...]
    horizon_days: int

    def __post_init__(self) -> None:
        horizon = timedelta(days=self.horizon_days)
        still_open = [cutoff for cutoff in self.training if cutoff + horizon > min(self.test)]
        if still_open:
            message = (
                f"The label window of {still_open[0]} closes on {still_open[0] + horizon}, after the test cut-off "
                f"{min(self.test)}: a model tested there must not have seen it. Train on earlier cut-offs."
            )
            raise TrainingError(message)


@dataclass(frozen=True)
class LandedLog:
    """What has landed: the schedule of cut-offs, and the data clock (the first midnight after the last landed day)."""

    schedule: CutoffSchedule
    clock: date


def promotion_split(cutoffs: Sequence[date], log: LandedLog, *, holdout: int) -> Split:
    """Hold out the newest `holdout` of the mature `cutoffs`; train on those whose labels closed by the first of them.

    TrainingError says which cut-off is the first possible and what is missing.
    """
    ordered = sorted(set(cutoffs))
    if len(ordered) > holdout:
        test = tuple(ordered[-holdout:])
        training = _closed_by(test[0], ordered, log.schedule.horizon_days)
        if training:
            return Split(training, test, log.schedule.horizon_days)
    raise TrainingError(_what_is_missing(ordered, log, tests=holdout))


def rolling_origin(cutoffs: Sequence[date], log: LandedLog, *, newest: int) -> tuple[Split, ...]:
    """One split a test cut-off, for the `newest` of the mature `cutoffs` that have anything to train on, oldest first.

    TrainingError says which cut-off is the first possible and what is missing.
    """
    ordered, horizon_days = sorted(set(cutoffs)), log.schedule.horizon_days
    possible = [(_closed_by(test, ordered, horizon_days), test) for test in ordered]
    splits = [Split(training, (test,), horizon_days) for training, test in possible if training]
    if not splits:
        raise TrainingError(_what_is_missing(ordered, log, tests=1))
    return tuple(splits[-newest:])


def _closed_by(test: date, cutoffs: Sequence[date], horizon_days: int) -> tuple[date, ...]:
    return tuple(cutoff for cutoff in cutoffs if cutoff + timedelta(days=horizon_days) <= test)


def _what_is_missing(cutoffs: Sequence[date], log: LandedLog, *, tests: int) -> str:
    needed = _first_possible(log.schedule, tests)
    matures = log.schedule.matures_on(needed[-1])
    have = f"{len(cutoffs)} mature cut-off(s) ({cutoffs[0]} to {cutoffs[-1]})" if cutoffs else "no mature cut-off"
    message = (
        f"Nothing can be trained and tested honestly on {have}: the first cut-off to train on is {needed[0]}, its "
        f"labels close on {log.schedule.matures_on(needed[0])}, so the first test cut-off is {needed[1]}"
    )
    if tests > 1:
        message += f" (with {tests} held out, up to {needed[-1]})"
    last_day = matures - timedelta(days=1)
    return f"{message}, and its labels need every day up to {last_day}. {_remedy(cutoffs, log, needed)}"


def _first_possible(schedule: CutoffSchedule, tests: int) -> list[date]:
    """The first training cut-off, then the first `tests` test cut-offs after its label window."""
    closed = schedule.matures_on(schedule.first)
    first_test = next(cutoff for cutoff in schedule.up_to(closed + schedule.step) if cutoff >= closed)
    return [schedule.first, *(first_test + n * schedule.step for n in range(tests))]


def _remedy(cutoffs: Sequence[date], log: LandedLog, needed: Sequence[date]) -> str:
    last_day = log.schedule.matures_on(needed[-1]) - timedelta(days=1)
    missing = list(days_between(log.clock, last_day))
    if missing:
        return f"Missing: {len(missing)} day(s) of logs, {missing[0]} to {missing[-1]}. Land them and run again."
    absent = [str(cutoff) for cutoff in needed if cutoff not in cutoffs]
    return f"These days have landed: materialise `user_features` and `churn_labels` at {', '.join(absent)}."
