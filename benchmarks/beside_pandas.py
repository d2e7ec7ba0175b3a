"""Features beside a plain pandas version of them: what a cut-off costs, and whether both say the same."""

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.aggregates import feature_cost
from benchmarks.findings import Findings, Line, Target
from benchmarks.references import UNUSED_COLUMNS
from benchmarks.sizes import FIRST_DAY
from benchmarks.workbench import Workbench

if TYPE_CHECKING:
    import pandas as pd

BOUND = """
Plain pandas holds every event of the lookback in memory and groups it once for each feature; ours adds up days. The
comparison is by CPU seconds a cut-off, at a size that pandas can do.
"""

SPEED_UP = 20
TOLERANCE = 1e-9


def beside_pandas(bench: Workbench) -> Findings:
    """At least 20 times less CPU a cut-off, equal values."""
    size, service = bench.size, bench.size.pandas
    ours = feature_cost(bench, service, service.cutoffs(size.cutoffs))
    lake, cutoff = bench.lake(service), service.end.isoformat()
    plain = bench.measure(
        "plain pandas at 1 cut-off",
        plain_features,
        lake=str(lake),
        cutoff=cutoff,
        lookback_days=size.lookback_days,
        first_day=FIRST_DAY.isoformat(),
    )
    compared = bench.measure("both compared", compare, lake=str(lake), cutoff=cutoff).answer
    a_cutoff = ours.cpu_seconds / size.cutoffs
    return Findings(
        "beside_pandas",
        {
            "events": bench.events(service),
            "rows compared": compared["rows"],
            "values": compared["values"],
        },
        [
            Line("reference: plain pandas at 1 cut-off", plain.cost),
            Line(f"user_features at {size.cutoffs} cut-offs", ours),
        ],
        [
            Target(
                "pandas' CPU a cut-off beside ours",
                plain.cost.cpu_seconds / a_cutoff,
                SPEED_UP,
                is_ceiling=False,
                issue=2,
            ),
            Target("largest relative difference", compared["difference"], TOLERANCE),
            Target("values that are there in one only, or other texts", compared["unequal"], 0),
        ],
    )


def plain_features(lake: str, cutoff: str, lookback_days: int, first_day: str) -> int:
    """The plain pandas features at a cut-off, from the events of its lookback alone; gives the rows."""
    from benchmarks.plain_pandas import plain_features as make
    from churn_assets.ingest.tables import EVENTS
    from churn_assets.lake.frames import read_frame
    from churn_assets.lake.lake import Lake

    at = date.fromisoformat(cutoff)
    days = ((at - timedelta(days=n)).isoformat() for n in (lookback_days, 1))
    columns = [name for name in EVENTS.names if name not in UNUSED_COLUMNS]
    events = read_frame(Lake(Path(lake)).scan(EVENTS).between(*days), columns)
    features = make(_in_milliseconds(events), at, lookback_days=lookback_days, log_start=date.fromisoformat(first_day))
    features.to_parquet(_plain_path(lake))
    return len(features)


def _in_milliseconds(events: "pd.DataFrame") -> "pd.DataFrame":
    """The same events with whole epoch milliseconds for times; no time is missing in these lakes."""
    return events.assign(**{name: events[name].astype("int64") for name in ("ts", "registration")})


def _plain_path(lake: str) -> Path:
    return Path(lake) / "plain_features.parquet"


def compare(lake: str, cutoff: str) -> dict[str, float]:
    """How far the stored features of both lie apart: rows, values, the largest difference, and what is unequal."""
    import pandas as pd

    from churn_assets.features.tables import USER_FEATURES
    from churn_assets.lake.frames import read_frame
    from churn_assets.lake.lake import Lake

    ours = read_frame(Lake(Path(lake)).scan(USER_FEATURES, [cutoff])).set_index("user_id").sort_index()
    plain = pd.read_parquet(_plain_path(lake)).sort_index()
    ours = ours.drop(columns="cutoff")
    missing = len(ours.index.symmetric_difference(plain.index)) + len(set(ours.columns) ^ set(plain.columns))
    plain = plain.reindex(index=ours.index, columns=ours.columns)
    found = [_difference(ours[name], plain[name]) for name in ours.columns]
    unequal = missing + sum(count for _, count in found)
    return {"rows": len(ours), "values": ours.size, "difference": max(d for d, _ in found), "unequal": unequal}


def _difference(left: "pd.Series[float]", right: "pd.Series[float]") -> tuple[float, int]:
    """The largest relative difference (around 0 an absolute one), and how many values differ in kind."""
    import numpy as np
    import pandas as pd

    one_only = int((left.isna() != right.isna()).sum())
    if not pd.api.types.is_numeric_dtype(left):
        both = left.notna() & right.notna()
        return 0.0, one_only + int((left[both] != right[both]).sum())
    a, b = left.to_numpy(float), right.to_numpy(float)
    size = np.fmax(np.fmax(np.abs(a), np.abs(b)), 1.0)
    return float(np.nan_to_num(np.abs(a - b) / size).max(initial=0.0)), one_only
