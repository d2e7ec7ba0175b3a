"""Every listener's true probability of churn at a cut-off: the ceiling for any model that reads the log."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from churn_assets.cutoffs import DAY, day_of
from churn_assets.errors import SettingsError
from churn_assets.simulate.behaviour import Flags
from churn_assets.simulate.listeners import user_id
from churn_assets.simulate.observer import Knowledge, silence_ahead, watch
from churn_assets.simulate.world import World

HORIZON_DAYS = 30
AT_RISK_DAYS = 30
TRUTH_FILE = "truth.parquet"


def true_probabilities(
    world: World, cutoffs: Sequence[date], *, horizon_days: int = HORIZON_DAYS, at_risk_days: int = AT_RISK_DAYS
) -> pd.DataFrame:
    """P(no event in [t, t + `horizon_days`)) of every listener at risk at each cut-off `t`, sorted by cut-off.

    Columns `user_id` (text), `cutoff` (naive UTC timestamp, ms) and `churn_probability`. At risk is who had an event
    in the `at_risk_days` before `t` and has not cancelled. SettingsError if a cut-off lies outside the world's days.
    """
    users: list[str] = []
    times: list[int] = []
    probabilities: list[float] = []
    for known in _at(world, cutoffs):
        midnight = world.today(known.number).midnight
        at_risk = _is_at_risk(known, midnight - at_risk_days * DAY)
        chosen = np.flatnonzero(at_risk).tolist()
        users += [user_id(listener) for listener in chosen]
        times += [midnight] * len(chosen)
        probabilities += silence_ahead(world, known, days=horizon_days)[at_risk].tolist()
    return pd.DataFrame(
        {
            "user_id": pd.Series(users, dtype=object),
            "cutoff": np.array(times, "datetime64[ms]"),
            "churn_probability": np.array(probabilities, float),
        }
    )


def write_truth(
    world: World, folder: Path, cutoffs: Sequence[date], *, horizon_days: int = 30, at_risk_days: int = 30
) -> Path:
    """Write the `true_probabilities` of `cutoffs` to `folder`/truth.parquet (replaced at once) and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path, beside = folder / TRUTH_FILE, folder / f".{TRUTH_FILE}.part"
    truth = true_probabilities(world, cutoffs, horizon_days=horizon_days, at_risk_days=at_risk_days)
    truth.to_parquet(beside, index=False)
    beside.replace(path)
    return path


def _at(world: World, cutoffs: Sequence[date]) -> Iterator[Knowledge]:
    """What is known at each of `cutoffs`, in order of time; no day after the last of them is lived."""
    wanted = {(cutoff - world.first_day).days for cutoff in cutoffs}
    for number in sorted(wanted - set(range(1, world.days + 1))):
        first, last = (day_of(world.today(number).midnight) for number in (1, world.days))
        cutoff = day_of(world.today(number).midnight)
        raise SettingsError(f"Cut-off {cutoff} lies outside this world: give one from {first} to {last}, or more days.")
    for known in watch(world):
        if known.number in wanted:
            yield known
        if known.number >= max(wanted, default=0):
            return


def _is_at_risk(known: Knowledge, since: int) -> Flags:
    has_left_openly = known.is_cancelled & ~known.is_in_session
    return (known.last_seen >= since) & ~has_left_openly
