from pathlib import Path

import pandas as pd
import pytest

from churn_assets_tests.cli.console import Console, told_plainly

SMALL = ("simulate", "--listeners", "12", "--days", "4")
WITH_CUTOFFS = {"warmup_days": 1, "cutoff_schedule": "daily"}


def landed(console: Console) -> dict[str, bytes]:
    """Content of every landing file by its name."""
    return {path.name: path.read_bytes() for path in sorted((console.home / "landing").iterdir())}


def test_a_file_a_day_and_the_truth_at_every_cutoff_are_written(console: Console) -> None:
    done = console.call(*SMALL, "--first-day", "2026-02-03", first_day="2026-02-03", **WITH_CUTOFFS)

    truth = pd.read_parquet(console.home / "truth" / "truth.parquet")
    assert done.code == 0
    assert list(landed(console)) == [f"2026-02-0{day}.json.gz" for day in (3, 4, 5, 6)]
    assert sorted(set(truth["cutoff"].dt.strftime("%m-%d"))) == ["02-04", "02-05", "02-06", "02-07"]
    assert truth["churn_probability"].between(0, 1).all()


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(console: Console) -> None:
    console.call(*SMALL, "--seed", "3")
    first = landed(console)
    console.call(*SMALL, "--seed", "3")
    again = landed(console)
    console.call(*SMALL, "--seed", "4")

    assert again == first
    assert landed(console) != first


def test_logs_go_to_the_landing_folder_of_the_settings(console: Console, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"

    console.call(*SMALL, landing=elsewhere)

    assert len(list(elsewhere.iterdir())) == 4
    assert not (console.home / "landing").exists()


def test_without_days_the_log_has_those_of_the_settings(console: Console) -> None:
    console.call("simulate", "--listeners", "5", first_day="2026-01-05", last_day="2026-01-06")

    assert list(landed(console)) == ["2026-01-05.json.gz", "2026-01-06.json.gz"]


def test_a_first_day_after_the_last_is_told_with_the_remedy(console: Console) -> None:
    message = told_plainly(console.call("simulate", "--first-day", "2027-01-01"))

    assert message == "CHURN_LAST_DAY (2026-05-31) lies before 2027-01-01: give --days, or set CHURN_LAST_DAY."


@pytest.mark.parametrize("nonsense", [("--listeners", "0"), ("--days", "0"), ("--seed", "-1"), ("--first-day", "soon")])
def test_nonsense_is_refused_by_the_name_of_the_option(nonsense: tuple[str, str], console: Console) -> None:
    refused = console.call("simulate", *nonsense)

    assert refused.code == 2
    assert nonsense[0] in refused.err
    assert not console.home.exists()


def test_the_demo_refuses_to_mix_its_logs_with_others(console: Console) -> None:
    own = console.home / "landing" / "mine.json"
    own.parent.mkdir(parents=True)
    own.write_text("{}\n")

    message = told_plainly(console.call("demo"))

    assert "holds logs that the demo did not simulate" in message
    assert "set CHURN_HOME to an empty folder" in message
    assert [path.name for path in own.parent.iterdir()] == ["mine.json"]
