"""What the lake knows for the API: the newest batch score of a listener, and how far the log has landed."""

from typing import Any

from churn_assets.cutoffs import epoch_ms
from churn_assets.ingest.clock import clock_if_landed
from churn_assets.lake.lake import Lake
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.serving.answer import ScoreAnswer


def newest_score(lake: Lake, user_id: str) -> ScoreAnswer | None:
    """The score of the newest cut-off that has one for the listener, or None. Files are read afresh at each call."""
    import pyarrow.parquet as pq

    for key, scan in lake.find(CHURN_SCORES).newest_first():
        ((_, path),) = scan.files
        # Rows are ordered by listener, so that Parquet's statistics spare most of a large file.
        rows = pq.read_table(path, partitioning=None, filters=[("user_id", "=", user_id)]).to_pylist()
        if rows:
            return _answer(rows[0], key)
    return None


def _answer(row: dict[str, Any], key: str) -> ScoreAnswer:
    return ScoreAnswer(
        user_id=row["user_id"],
        cutoff=f"{key}T00:00:00.000Z",
        churn_probability=row["churn_probability"],
        churn_pred=row["churn_pred"],
        risk_band=row["risk_band"],
        model_version=row["model_version"],
        inference_timestamp=row["inference_timestamp"].isoformat(timespec="milliseconds") + "Z",
        as_of=row["as_of"].isoformat(timespec="milliseconds") + "Z",
        at_risk=row["at_risk"],
        reasons=row["reasons"],
    )


def landed_until(lake: Lake) -> int | None:
    """The data clock in epoch milliseconds; None while nothing has landed."""
    clock = clock_if_landed(lake)
    return None if clock is None else epoch_ms(clock)
