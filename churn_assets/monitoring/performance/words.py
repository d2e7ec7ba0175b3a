"""A day's verdict in sentences: what was found, on which evidence, and whether the estimates can be trusted."""

from collections.abc import Sequence
from datetime import date

from churn_assets.monitoring.performance.cohort import Cohort
from churn_assets.monitoring.performance.decline import LEAST_CHURNERS, LEAST_CUTOFFS, Decline, Trial
from churn_assets.monitoring.performance.reading import Reading
from churn_assets.monitoring.performance.watch import VersionState, Watch
from churn_assets.monitoring.tables import ESTIMATED, NOT_ENOUGH_DATA, OK, REALISED, REPLACED

NOBODY = "No version has scored a cut-off yet."
CHANCE_OUTSIDE = 0.05
NAMES = {"roc_auc": "AUC", "log_loss": "log-loss", "base_rate": "share of churners"}


def verdict_of(states: Sequence[VersionState]) -> str:
    """The verdict on the version that scores today; NOT_ENOUGH_DATA without one."""
    return next((state.verdict for state in states if state.verdict != REPLACED), NOT_ENOUGH_DATA)


def told(watch: Watch, states: Sequence[VersionState]) -> str:
    """One sentence or two a version."""
    return " ".join(_told(watch, state) for state in states) or NOBODY


def _told(watch: Watch, state: VersionState) -> str:
    name = f"Version {state.production.version}"
    match state.verdict:
        case "replaced":
            return f"{name} was replaced."
        case "not enough data":
            return f"{name}: not enough data. {waiting(watch, state)}"
        case _:
            assert state.decline is not None
            return f"{name}: {_evidence(state.decline)} {trust(watch, state)}".rstrip()


def waiting(watch: Watch, state: VersionState) -> str:
    """What a verdict on a version waits for, and until when."""
    last, schedule = max(state.production.tested), watch.jury.schedule
    scored, matured = _after(last, state.cohorts), _after(last, state.labelled)
    if len(matured) >= LEAST_CUTOFFS:
        return f"Fewer than {LEAST_CHURNERS} churners are expected at its matured cut-offs together."
    newest = max([last, *(part.cutoff for part in state.cohorts or watch.cohorts)])
    ahead = [newest + n * schedule.step for n in range(1, LEAST_CUTOFFS + 1)]
    needed = [*scored, *ahead][:LEAST_CUTOFFS]
    return (
        f"{len(matured)} of {LEAST_CUTOFFS} cut-offs after its promotion test ({last}) have matured: the first, "
        f"{needed[0]}, matures on {schedule.matures_on(needed[0])}, and a verdict is possible from "
        f"{schedule.matures_on(needed[-1])} on."
    )


def _after(last: date, parts: Sequence[Cohort]) -> list[date]:
    return sorted(part.cutoff for part in parts if part.cutoff > last)


def _evidence(decline: Decline) -> str:
    span = f"{len(decline.cutoffs)} matured cut-offs, {decline.cutoffs[0]} to {decline.cutoffs[-1]}"
    if not decline.is_drop:
        return f"no metric got worse beyond chance ({span}; {_figures(decline.worst)})."
    fallen = [trial for trial in decline.trials.values() if trial.p_value <= decline.level]
    return f"performance dropped ({span}): {'; '.join(_figures(trial) for trial in fallen)}."


def _figures(trial: Trial) -> str:
    return (
        f"{NAMES[trial.metric]} {trial.current:.3f}, in production {trial.production:.3f}, expected "
        f"{trial.expected:.3f}, adjusted p-value {trial.p_value:.2g}"
    )


def trust(watch: Watch, state: VersionState) -> str:
    """How often the realised value lay outside the interval of the estimate; empty while nothing can be compared."""
    outside = [is_off for _, is_off in compared(watch, state)]
    if not outside:
        return ""
    share = sum(outside) / len(outside)
    found = f"{sum(outside)} of {len(outside)} realised values of the tested metrics lie outside their estimates"
    if state.verdict == OK and share <= 2 * CHANCE_OUTSIDE:
        return f"{found}."
    return (
        f"{found} (by chance: {CHANCE_OUTSIDE:.0%}): what becomes of listeners no longer goes with the probabilities "
        "as it did, so do not trust the estimates of open cut-offs either."
    )


def compared(watch: Watch, state: VersionState) -> list[tuple[date, bool]]:
    """Cut-off, and whether a tested metric came out beyond its estimate's interval, where both are known."""
    found: dict[tuple[date, str], Reading] = {}
    for cohort, reading in watch.readings(state):
        if reading.target == state.production.target:
            found[cohort.cutoff, reading.kind] = reading
    pairs = [(day, found[day, ESTIMATED], truth) for (day, kind), truth in found.items() if kind == REALISED]
    return [(day, is_off) for day, guess, truth in pairs for is_off in _outside(guess, truth)]


def _outside(guess: Reading, truth: Reading) -> list[bool]:
    sides = ((guess.metrics.get(metric), truth.metrics.get(metric)) for metric in NAMES)
    return [
        not said.low <= came.value <= said.high
        for said, came in sides
        if said and came and said.low is not None and said.high is not None and came.value is not None
    ]
