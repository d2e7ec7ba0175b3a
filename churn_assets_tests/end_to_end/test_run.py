"""What one `run` leaves, and what a second one does."""

from churn_assets.registry.assets import LEAK_ALARM
from churn_assets.resources.checks import CHECK
from churn_assets_tests.cli.console import Console
from churn_assets_tests.end_to_end.service import CUTOFFS, DAYS, MATURE, Service

BY_GRAIN = {"day": DAYS, "cutoff": len(CUTOFFS), None: 1}
ON_REQUEST = "retraining_decision"
PARTITIONS = {
    "churn_labels": len(MATURE),
    **dict.fromkeys(("prediction_log", "drift_report", "novelty_report", "performance_report"), 28),
    "retention_list": 1,
    ON_REQUEST: 0,
}
"""Of the assets that are not made for every day or cut-off."""


def test_every_partition_of_every_asset_is_made_and_none_is_stale(service: Service) -> None:
    with service.session() as session:
        states = session.states()

    assert {state.asset for state in states} > set(PARTITIONS)
    for state in states:
        possible = PARTITIONS.get(state.asset, BY_GRAIN[state.grain])
        assert (state.asset, len(state.materialised), state.todo) == (state.asset, possible, ())


def test_every_contract_was_checked_and_kept(service: Service) -> None:
    with service.session() as session:
        tables = [state.asset for state in session.states()]

    made = [table for table in tables if table != ON_REQUEST]
    assert [table for table in made if not service.check(table, CHECK).passed] == []


def test_the_leak_alarm_is_silent_on_the_real_thing(service: Service) -> None:
    alarm = service.check("challenger_model", LEAK_ALARM)

    assert alarm.passed
    assert alarm.metadata["count"].value == 0


def test_status_says_that_nothing_is_missing_or_stale(service: Service, console: Console) -> None:
    said = console.call("status")

    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.lines if line.startswith("│")]
    assert [row for row in rows if row[3:] != ["-", "-"]] == []
    assert {row[1]: row[2] for row in rows}["churn_scores"] == f"5: {CUTOFFS[0]} to {CUTOFFS[-1]}"
    assert f"home {service.home}" in said.out
    assert "data clock 2026-02-11" in said.out


def test_verbose_status_names_every_partition(console: Console) -> None:
    said = console.call("status", "--verbose", columns=400)

    assert all(cutoff in said.out for cutoff in CUTOFFS)


def test_a_second_run_starts_nothing_and_changes_no_byte(service: Service, console: Console) -> None:
    files, runs = service.files(), service.runs()

    again = console.call("run")

    assert again.code == 0
    assert service.runs() == runs
    assert service.files() == files


def test_every_run_ended_well(service: Service) -> None:
    assert {name.split()[1] for name in service.runs()} <= {"SUCCESS", "FINISHED"}


def test_nothing_is_written_outside_the_home(service: Service, console: Console) -> None:
    for command in (["run"], ["status"], ["model"], ["summary"]):
        assert console.call(*command).code == 0

    assert list(console.folder.iterdir()) == []
    assert list((service.home.parent / "cwd").iterdir()) == []
    assert sorted(path.name for path in service.home.parent.iterdir()) == ["cwd", "home", "lock"]


def test_the_home_holds_what_the_readme_says(service: Service) -> None:
    assert {"landing", "lake", "mlflow", ".dagster", "truth"} <= {path.name for path in service.home.iterdir()}
