"""Drift and novelty reports of a whole service: what is made, where it is found again, and what makes it stale."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.contracts.contract import Contract
from churn_assets.cutoffs import days_between, midnight
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.tables import USER_FEATURES
from churn_assets.labels.tables import POPULATION
from churn_assets.monitoring.drift.report import would_retrain
from churn_assets.monitoring.log_age import LogAge
from churn_assets.monitoring.tables import DRIFT, DRIFT_REPORT, NOVEL, NOVELTY_REPORT
from churn_assets.registry.tracking import MONITORING
from churn_assets.resources.input_reports import Inputs, watched
from churn_assets.resources.runner import Range, run_assets
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.serving.tables import PREDICTION_LOG
from churn_assets_tests.end_to_end.service import CUTOFFS, FIRST_DAY, LAST_DAY, Service, copied

DAYS = [day.isoformat() for day in days_between(LAST_DAY - timedelta(days=27), LAST_DAY)]
NEWEST = DAYS[-1]
SERVED = 30
REPORTS = pytest.mark.parametrize("contract", [DRIFT_REPORT, NOVELTY_REPORT], ids=lambda contract: contract.table)
COUNTS = ("features", "drifted", "drifted_calendar", "undecided", "n_reference", "n_window", "would_retrain")


@pytest.fixture(scope="module")
def reported(service: Service) -> Service:
    """The service with every report that is possible; tests must not change it."""
    return service


@pytest.fixture(scope="module")
def shifted(reported: Service, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """A copy where everybody played more before the newest cut-off, in a new region, and new listeners were served."""
    made = copied(reported, tmp_path_factory.mktemp("shifted") / "home")
    stored = pq.read_table(made.lake.path(USER_FEATURES, CUTOFFS[-1]), partitioning=None)
    features = stored.to_pandas()
    moved = features.assign(freq_7d=features["freq_7d"] + 4, region="Atlantis")
    with made.lake.replacing(USER_FEATURES, CUTOFFS[-1]) as path:
        pq.write_table(pa.Table.from_pandas(moved, stored.schema, preserve_index=False), path)
    serve(made, moved.head(SERVED))
    with made.session() as session:
        span = Range(DAYS[-9], NEWEST)
        run_assets(session.defs, ["drift_report", "novelty_report"], span, instance=session.instance)
    return made


def serve(service: Service, features: pd.DataFrame) -> None:
    """Write predictions for listeners whom nobody ever saw, on the newest day, as the store's asset would."""
    said = {"churn_probability": 0.1, "churn_pred": False, "risk_band": "low", "model_version": "1", "knowledge": 1.0}
    more = {"at_risk": True, "is_cold_start": False, "events": 1, "logs": b"[]", "request_id": "r"}
    about = {
        "user_id": [f"new {number}" for number in range(len(features))],
        "as_of": midnight(LAST_DAY + timedelta(days=1)),
        "inference_timestamp": midnight(LAST_DAY),
        "fingerprint": CATALOGUE.schema(service.settings.lookback_days).fingerprint,
    }
    rows = features.assign(**said | more | about)
    with service.lake.replacing(PREDICTION_LOG, NEWEST) as path:
        pq.write_table(pa.Table.from_pandas(rows, arrow_schema(PREDICTION_LOG), preserve_index=False), path)


def logged(service: Service, day: str) -> Any:
    """The newest MLflow run about a day."""
    tracking = service.registry.tracking
    place = [tracking.experiment_id(MONITORING)]
    return tracking.client().search_runs(place, f"tags.`churn.day` = '{day}'", order_by=["start_time DESC"])[0]


def artefact(service: Service, day: str, name: str) -> bytes:
    run = logged(service, day)
    return Path(service.registry.tracking.client().download_artifacts(run.info.run_id, name)).read_bytes()


def stale(service: Service) -> dict[str, dict[str, str]]:
    with service.session() as session:
        return {state.asset: dict(state.stale) for state in session.states()}


@REPORTS
def test_each_of_the_newest_days_has_a_report_that_keeps_its_contract(reported: Service, contract: Contract) -> None:
    assert reported.lake.keys(contract) == DAYS
    assert reported.check(contract.table, "contract").passed
    assert set(reported.rows(contract)["model_version"]) == {reported.registry.champion().number}


def test_a_world_that_does_not_change_asks_for_no_retraining(reported: Service) -> None:
    drift, novelty = reported.rows(DRIFT_REPORT), reported.rows(NOVELTY_REPORT)

    assert drift["statistic"].notna().mean() > 0.9
    assert not would_retrain(drift)
    assert NOVEL not in set(novelty["verdict"])
    assert reported.check("drift_report", "no_drift").passed
    assert reported.check("novelty_report", "nothing_novel").passed


def test_exactly_the_listeners_that_were_scored_are_compared(reported: Service) -> None:
    scored = reported.rows(CHURN_SCORES, CUTOFFS[-1])

    newest = reported.rows(DRIFT_REPORT, NEWEST)

    assert set(newest["n_window"]) == {len(scored)}


def test_table_csv_metadata_and_mlflow_hold_the_same_numbers(reported: Service) -> None:
    for day in (DAYS[0], NEWEST):
        rows, said = reported.rows(DRIFT_REPORT, day), reported.made("drift_report")[day]
        csv = Path(said["csv"])

        read = pd.read_csv(csv, float_precision="round_trip", dtype={"model_version": str}, parse_dates=["day"])

        pd.testing.assert_frame_equal(read, rows.astype({"day": read["day"].dtype}))
        assert csv == reported.settings.reports.resolve() / "drift" / f"{day}.csv"
        assert artefact(reported, day, csv.name) == csv.read_bytes()
        assert {name: said[name] for name in COUNTS} == {
            name: logged(reported, day).data.metrics[name] for name in COUNTS
        }
        assert said["features_table"].count("\n") == len(rows) + 1


def test_the_page_shows_the_very_distances_and_is_found_in_mlflow_too(reported: Service) -> None:
    rows, said = reported.rows(DRIFT_REPORT, NEWEST), reported.made("drift_report")[NEWEST]
    page = Path(said["evidently"])

    html = page.read_text()

    heeded = rows[~rows["is_calendar"] & rows["statistic"].notna() & (rows["statistic"] > 0.001)]
    assert len(heeded) > 5
    assert all(f"{round(value, 6)}" in html for value in heeded["statistic"])
    assert artefact(reported, NEWEST, page.name) == page.read_bytes()


def test_dagster_and_mlflow_lead_to_each_other(reported: Service) -> None:
    said, run = reported.made("drift_report")[NEWEST], logged(reported, NEWEST)

    assert said["mlflow_run"].endswith(f"/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}")
    assert run.info.status == "FINISHED"
    with reported.session() as session:
        assert session.instance.get_run_by_id(run.data.tags["dagster_run_id"]) is not None


def test_the_worst_movers_of_every_day_are_drawn_small_enough_for_the_event_log(reported: Service) -> None:
    made = reported.made("drift_report")

    charts = [made[day]["worst_movers"] for day in DAYS]

    assert all(chart.startswith("![plot](data:image/png;base64,") for chart in charts)
    assert max(map(len, charts)) < 30_100


def test_a_shift_is_found_on_the_days_that_see_it_and_only_warns(shifted: Service) -> None:
    rows = shifted.rows(DRIFT_REPORT)
    seen = rows[(rows["verdict"] == DRIFT) & ~rows["is_calendar"]]
    first = (date.fromisoformat(CUTOFFS[-1]) - timedelta(days=1)).isoformat()

    assert sorted({day.date().isoformat() for day in seen["day"]}) == [day for day in DAYS if day >= first]
    assert set(seen["feature"]) == {"freq_7d"}
    warned = shifted.check("drift_report", "no_drift")
    assert (warned.passed, warned.blocking, warned.severity) == (False, False, dg.AssetCheckSeverity.WARN)
    assert "freq_7d" in str(warned.description)


def test_a_new_category_is_novelty_and_no_drift(shifted: Service) -> None:
    rows = shifted.rows(NOVELTY_REPORT, NEWEST)
    atlantis = rows[rows["value"] == "Atlantis"].iloc[0]

    assert (atlantis["feature"], atlantis["share"], atlantis["verdict"]) == ("region", 1.0, NOVEL)
    assert not shifted.check("novelty_report", "nothing_novel").passed
    assert "region" not in set(shifted.rows(DRIFT_REPORT, NEWEST).query("verdict == 'drift'")["feature"])


def test_listeners_who_were_only_served_are_compared_too(shifted: Service) -> None:
    eve = (date.fromisoformat(CUTOFFS[-1]) - timedelta(days=1)).isoformat()
    scored = len(shifted.rows(CHURN_SCORES, CUTOFFS[-1]))

    windows = {day: set(shifted.rows(DRIFT_REPORT, day)["n_window"]) for day in (eve, NEWEST)}

    assert windows == {eve: {scored}, NEWEST: {scored + SERVED}}
    unseen = [shifted.rows(NOVELTY_REPORT, day).query("feature == 'user_id'")["rows"].item() for day in (eve, NEWEST)]
    assert unseen[1] == unseen[0] + SERVED


def test_new_decisions_about_the_champion_make_no_report_stale(reported: Service, tmp_path: Path) -> None:
    copy = copied(reported, tmp_path / "home")
    with copy.session() as session:
        session.instance.report_runless_asset_event(dg.AssetMaterialization("champion_model"))

    found = stale(copy)

    assert (found["drift_report"], found["novelty_report"]) == ({}, {})


def test_changed_features_make_the_reports_stale_that_saw_them(reported: Service, tmp_path: Path) -> None:
    copy, cutoff = copied(reported, tmp_path / "home"), CUTOFFS[-2]
    with copy.session() as session:
        changed = dg.AssetMaterialization("user_features", partition=cutoff, tags={"dagster/data_version": "other"})
        session.instance.report_runless_asset_event(changed)

    found = stale(copy)["drift_report"]

    eve = date.fromisoformat(cutoff) - timedelta(days=1)
    assert found == {
        day.isoformat(): f"user_features {cutoff} changed" for day in days_between(eve, eve + timedelta(days=6))
    }


def test_nothing_is_left_to_do_once_reports_are_made(reported: Service) -> None:
    with reported.session() as session:
        states = {state.asset: state for state in session.states()}

    assert (states["drift_report"].todo, states["novelty_report"].todo) == ((), ())
    assert states["drift_report"].keys == tuple(DAYS)


def test_a_log_is_as_old_as_its_first_event_however_early_the_settings_begin(reported: Service) -> None:
    early = reported.settings.model_copy(update={"first_day": FIRST_DAY - timedelta(days=300)})
    scans = Inputs(*(reported.lake.scan(table) for table in (USER_FEATURES, POPULATION, PREDICTION_LOG)))

    found = watched(early, reported.registry, scans)

    assert found.age == LogAge(FIRST_DAY, early.lookback_days)
