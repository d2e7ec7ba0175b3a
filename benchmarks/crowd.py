"""Rows of as many listeners as asked for: those of a small simulated service, drawn again and again with some noise.

The service goes through the platform's own path, so that columns, nulls, categories and outcomes are as models meet
them. A drawn listener keeps all rows of the one it was drawn from; what is no whole number is shaken a little, since as
many real listeners would have as many values.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.workbench import Workbench

if TYPE_CHECKING:
    import pandas as pd

FIRST_DAY = date(2026, 1, 2)
TRAINED, HELD_OUT = 12, 2
WEEKS = 18
"""Mature cut-offs: those to train on, those held out, and those between whose labels close too late for either."""
DAYS = 183
"""The days that so many mature cut-offs need: the warm-up, a week each, and the horizon."""
NOISE = 1e-3
ROWS = "rows.parquet"


def crowd(bench: Workbench, rows: int, *, cutoffs: int = 1) -> Path:
    """A Parquet file with about `rows` at-risk rows at each of the newest `cutoffs`; made if it is not there."""
    size = bench.size
    service = bench.scratch / f"service-{size.service_listeners}"
    if not (service / ROWS).exists():
        bench.say(f"simulating a service of {size.service_listeners:,} listeners")
        bench.measure("simulate, run", make_service, home=str(service), listeners=size.service_listeners)
    drawn = bench.scratch / f"crowd-{rows}-{cutoffs}.parquet"
    if not drawn.exists():
        bench.measure(
            f"{rows:,} rows at {cutoffs} cut-offs",
            draw,
            service=str(service),
            to=str(drawn),
            rows=rows,
            cutoffs=cutoffs,
        )
    return drawn


def make_service(home: str, listeners: int) -> int:
    """Simulate a service and its features and labels at every mature cut-off; gives the rows that it kept."""
    from churn_assets.cli.run import run_everything
    from churn_assets.features.tables import USER_FEATURES
    from churn_assets.labels.tables import CHURN_LABELS
    from churn_assets.lake.frames import read_frame
    from churn_assets.lake.lake import Lake
    from churn_assets.settings import Settings
    from churn_assets.simulate import World, write_logs
    from churn_assets.training.tables import TRAINING_SET

    last = FIRST_DAY + timedelta(days=DAYS - 1)
    settings = Settings(home=Path(home), first_day=FIRST_DAY, last_day=last)
    write_logs(World(FIRST_DAY, 1, listeners, DAYS), Path(settings.landing_url))
    run_everything(settings, until="features")
    lake = Lake(Path(settings.lake_url))
    keys = ["cutoff", "user_id"]
    rows = read_frame(lake.scan(CHURN_LABELS)).merge(read_frame(lake.scan(USER_FEATURES)), on=keys)
    rows[list(TRAINING_SET.names)].to_parquet(Path(home) / ROWS)
    return len(rows)


def draw(service: str, to: str, rows: int, cutoffs: int) -> int:
    """Draw listeners until about `rows` of them are at risk at each of the newest `cutoffs`; gives all rows."""
    import pandas as pd

    known = pd.read_parquet(Path(service) / ROWS)
    newest = sorted(known["cutoff"].unique())[-cutoffs:]
    known = known[known["cutoff"].isin(newest)]
    listeners = round(rows * cutoffs * known["user_id"].nunique() / int(known["at_risk"].sum()))
    drawn = drawn_listeners(known, listeners, seed=listeners)
    drawn.to_parquet(to)
    return len(drawn)


def drawn_listeners(rows: "pd.DataFrame", listeners: int, *, seed: int) -> "pd.DataFrame":
    """All rows of `listeners` drawn with replacement, each a listener of its own, what is no whole number shaken."""
    import numpy as np
    import pandas as pd

    chance = np.random.default_rng(seed)
    chosen = chance.choice(rows["user_id"].unique(), listeners)
    drawn = pd.DataFrame({"user_id": chosen, "number": np.arange(listeners)}).merge(rows, on="user_id")
    drawn["user_id"] = drawn.pop("number").map("{:07d}".format)
    for name in drawn.select_dtypes("float64"):
        values = drawn[name].to_numpy()
        if (values != np.rint(values)).any():
            drawn[name] = values * (1.0 + NOISE * chance.standard_normal(len(values)))
    return drawn.sort_values(["cutoff", "user_id"], ignore_index=True)
