"""Which rows a day's report looks at."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.contracts.contract import Contract
from churn_assets.cutoffs import midnight
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.tables import USER_FEATURES
from churn_assets.labels.tables import POPULATION
from churn_assets.lake.lake import Lake
from churn_assets.monitoring.window import Window, each_once, scored_rows, served_rows, stacked
from churn_assets.serving.tables import PREDICTION_LOG

MONDAY = date(2026, 3, 2)
WEEK = Window(MONDAY - timedelta(days=1), 7)
EMPTY_FEATURES = dict.fromkeys(CATALOGUE.schema(90).names)


def rows(*listeners: tuple[str, date, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "user_id": [user for user, _, _ in listeners],
            "cutoff": [midnight(cutoff) for _, cutoff, _ in listeners],
            "freq_7d": [value for _, _, value in listeners],
        }
    ).astype({"cutoff": "datetime64[ms]"})


@pytest.mark.parametrize(("late", "is_inside"), [(-7, False), (-6, True), (0, True), (1, False)])
def test_a_row_belongs_to_the_day_before_its_cutoff(late: int, *, is_inside: bool) -> None:
    frame = rows(("1", MONDAY + timedelta(days=late), 1.0))

    assert len(WEEK.rows(frame)) == is_inside


@pytest.mark.parametrize("ending", range(14))
def test_seven_days_hold_exactly_one_weekly_cutoff(ending: int) -> None:
    window = Window(MONDAY + timedelta(days=ending), 7)
    mondays = [MONDAY + timedelta(days=7 * week) for week in range(-3, 4)]

    inside = [day for day in mondays if window.first_cutoff <= day <= window.last_cutoff]

    assert len(inside) == 1


def test_each_listener_counts_once_with_the_latest_row() -> None:
    frame = rows(("1", MONDAY, 3.0), ("1", MONDAY - timedelta(days=1), 2.0), ("2", MONDAY, 5.0))

    once = each_once(frame)

    assert once[["user_id", "freq_7d"]].to_numpy().tolist() == [["1", 3.0], ["2", 5.0]]


def test_what_was_served_at_a_cutoff_counts_as_later_than_its_score() -> None:
    scored, served = rows(("1", MONDAY, 3.0)), rows(("1", MONDAY, 4.0))

    once = each_once(stacked(scored, served))

    assert once["freq_7d"].tolist() == [4.0]


def test_nothing_stacked_on_nothing_keeps_its_columns() -> None:
    assert list(stacked(rows(), rows()).columns) == ["user_id", "cutoff", "freq_7d"]


def written(lake: Lake, contract: Contract, key: str, frame: pd.DataFrame) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, arrow_schema(contract), preserve_index=False)
    with lake.replacing(contract, key) as path:
        pq.write_table(table, path)


def test_only_listeners_at_risk_are_compared(tmp_path: Path) -> None:
    lake, key = Lake(tmp_path), MONDAY.isoformat()
    features = [{**EMPTY_FEATURES, "user_id": user, "freq_7d": 1.0} for user in ("1", "2")]
    unknown = dict.fromkeys(column.name for column in POPULATION.stored)
    people = [{**unknown, "user_id": "1", "at_risk": True}, {**unknown, "user_id": "2", "at_risk": False}]
    written(lake, USER_FEATURES, key, pd.DataFrame(features))
    written(lake, POPULATION, key, pd.DataFrame(people))

    found = scored_rows(lake.scan(USER_FEATURES), lake.scan(POPULATION), ["freq_7d"])

    assert found["user_id"].tolist() == ["1"]
    assert found["cutoff"].tolist() == [pd.Timestamp(MONDAY)]


def served(user: str, hour: int, **changes: object) -> dict[str, object]:
    """A prediction as the log holds it."""
    about = {"request_id": f"{user}-{hour}", "user_id": user, "as_of": midnight(MONDAY), "fingerprint": "abc"}
    said = {"churn_probability": 0.1, "churn_pred": False, "risk_band": "low", "model_version": "1", "knowledge": 1.0}
    more = {"at_risk": True, "is_cold_start": False, "events": 1, "logs": b"[]", "freq_7d": float(hour)}
    when = {"inference_timestamp": pd.Timestamp(2026, 5, 1, hour)}
    return {**EMPTY_FEATURES, **about, **said, **more, **when, **changes}


def test_of_the_predictions_those_at_risk_and_of_the_same_declaration_count(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    log = [served("1", 9), served("1", 8), served("2", 8, at_risk=False), served("3", 8, fingerprint="other")]
    written(lake, PREDICTION_LOG, "2026-03-01", pd.DataFrame(log))

    found = served_rows(lake.scan(PREDICTION_LOG), "abc", ["freq_7d"])

    assert found["user_id"].tolist() == ["1", "1"]
    assert each_once(found)["freq_7d"].tolist() == [9.0]
    assert found["cutoff"].tolist() == [pd.Timestamp(MONDAY)] * 2


def test_without_a_prediction_log_nothing_was_served(tmp_path: Path) -> None:
    found = served_rows(Lake(tmp_path).scan(PREDICTION_LOG), "abc", ["freq_7d"])

    assert (len(found), list(found.columns)) == (0, ["user_id", "cutoff", "freq_7d"])
