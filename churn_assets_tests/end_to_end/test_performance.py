"""The performance report of a whole service, by our own command and in Dagster's eyes."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from churn_assets.monitoring.tables import PERFORMANCE_REPORT
from churn_assets.registry.tracking import MONITORING
from churn_assets.resources.planning import AssetState, Work, plan
from churn_assets.resources.progress import SILENCE
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets_tests.end_to_end.service import CUTOFFS, HELD_OUT, LAST_DAY, Service, copied, succeeded

REPORT, DAYS = PERFORMANCE_REPORT.table, 28
NEWEST = LAST_DAY.isoformat()


@pytest.fixture(scope="module")
def reported(service: Service) -> Service:
    """The service, with its reports; tests must not change it."""
    return service


@pytest.fixture(scope="module")
def rows(reported: Service) -> pd.DataFrame:
    """The newest day's rows."""
    return reported.rows(PERFORMANCE_REPORT, NEWEST)


@pytest.fixture(scope="module")
def made(reported: Service) -> dict[str, dict[str, Any]]:
    """Metadata by day."""
    return reported.made(REPORT)


def state_of(service: Service) -> AssetState:
    """What is stale and missing of the report."""
    with service.session() as session:
        return next(state for state in session.states() if state.asset == REPORT)


def test_the_newest_days_are_reported_and_nothing_is_left_to_do(reported: Service) -> None:
    days = [(LAST_DAY - timedelta(days=n)).isoformat() for n in reversed(range(DAYS))]

    state = state_of(reported)

    assert list(state.materialised) == days
    assert state.todo == ()


def test_only_cutoffs_that_the_champion_never_learned_from_are_reported(reported: Service, rows: pd.DataFrame) -> None:
    champion = reported.registry.champion()

    cutoffs = {moment.date().isoformat(): set(part["kind"]) for moment, part in rows.groupby("cutoff")}

    both = {"estimated", "realised"}
    assert cutoffs == {HELD_OUT[0]: both, HELD_OUT[1]: both, CUTOFFS[-1]: {"estimated"}}
    assert min(cutoffs) >= champion.last_label_day.isoformat()
    assert set(rows["model_version"]) == {champion.number}


def test_realised_metrics_are_those_of_the_registered_evaluation(reported: Service, rows: pd.DataFrame) -> None:
    registry = reported.registry
    measured: list[Mapping[str, Any]] = registry.open(registry.champion()).evaluation["measurements"]
    kept = {
        (entry["segment"], entry["target"], entry["metric"]): (entry["value"], entry["n"], entry["positives"])
        for entry in measured
    }

    realised = rows[(rows["kind"] == "realised") & (rows["metric"] != "base_rate")]

    assert len(realised) == 2 * 2 * 9
    for row in realised.to_dict("records"):
        value, n, positives = kept[f"cutoff={row['cutoff'].date()}", row["target"], row["metric"]]
        assert (row["value"], row["n"], row["positives"]) == (pytest.approx(value), n, positives)
        assert row["production"] == kept["all", row["target"], row["metric"]][0]


def test_the_day_says_what_it_waits_for(made: dict[str, dict[str, Any]], rows: pd.DataFrame) -> None:
    following = date.fromisoformat(CUTOFFS[-1])

    said = made[NEWEST]

    assert said["verdict"] == "not enough data"
    assert set(rows["verdict"]) == {"not enough data"}
    assert f"0 of 2 cut-offs after its promotion test ({HELD_OUT[1]})" in said["reason"]
    assert f"the first, {following}, matures on {following + timedelta(days=7)}" in said["reason"]
    assert (said["cutoffs"], said["mature_cutoffs"], said["estimates_compared"]) == (3, 2, 6)


def test_the_newest_day_shows_plot_table_and_where_else_it_is(
    reported: Service, made: dict[str, dict[str, Any]]
) -> None:
    said = made[NEWEST]
    client = reported.registry.tracking.client()
    found = client.search_runs([reported.registry.tracking.experiment_id(MONITORING)])
    (run,) = [run for run in found if said["mlflow_run"].endswith(run.info.run_id)]

    assert said["plot"].startswith("![plot](data:image/png;base64,")
    assert "| roc_auc | realised |" in said["table"]
    assert run.data.tags["verdict"] == "not enough data"
    with reported.session() as session:
        assert session.instance.get_run_by_id(run.data.tags["dagster_run_id"]) is not None
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == [f"{NEWEST}.csv"]


def test_each_day_is_a_file_for_people(reported: Service, rows: pd.DataFrame) -> None:
    folder = reported.settings.reports / "performance"

    read = pd.read_csv(folder / f"{NEWEST}.csv")

    assert len(list(folder.glob("*.csv"))) == DAYS
    assert read["value"].to_numpy() == pytest.approx(rows["value"].to_numpy(), nan_ok=True)


def test_reports_name_no_listener(reported: Service) -> None:
    listeners = set(reported.rows(CHURN_SCORES, CUTOFFS[-1])["user_id"])
    told = (reported.settings.reports / "performance" / f"{NEWEST}.csv").read_text()

    assert not listeners & set(told.replace("\n", ",").split(","))


def test_the_check_warns_of_a_drop_and_finds_none(reported: Service) -> None:
    done = reported.check(REPORT, "no_drop")

    assert done.passed
    assert done.severity is dg.AssetCheckSeverity.WARN
    assert not done.blocking
    assert done.metadata["days"].value == []
    assert reported.check(REPORT, "contract").passed


def test_reports_of_days_long_past_are_left_as_they_are(reported: Service) -> None:
    later = Service(reported.home, {"report_days": 3, "performance_level": 0.01})

    state = state_of(later)

    newest = [(LAST_DAY - timedelta(days=n)).isoformat() for n in (2, 1, 0)]
    assert state.stale == dict.fromkeys(newest, "its code changed")
    assert len(state.materialised) == DAYS
    assert [(work.first, work.last) for work in plan([state])] == [(newest[0], newest[-1])]


def test_a_promotion_makes_no_report_again_and_a_changed_score_those_that_see_it(
    reported: Service, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    copy = copied(reported, tmp_path_factory.mktemp("promoted") / "home")
    succeeded(copy)
    assert state_of(copy).todo == ()

    with copy.session() as session:
        session.run(Work((CHURN_SCORES.table,), CUTOFFS[-1], CUTOFFS[-1], "asked for"), SILENCE)

    stale = state_of(copy).stale
    first = date.fromisoformat(CUTOFFS[-1]) - timedelta(days=1)
    assert min(stale) == first.isoformat()
    assert list(stale) == [key for key in state_of(copy).materialised if key >= first.isoformat()]
    assert set(stale.values()) == {f"churn_scores {CUTOFFS[-1]} changed"}
