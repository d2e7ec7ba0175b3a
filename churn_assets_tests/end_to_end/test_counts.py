"""Every line of the log is accounted for."""

import gzip
import io

import pandas as pd
import pytest
from rich.console import Console as Terminal

from churn_assets.cli.summary import show_counts
from churn_assets.ingest.tables import EVENTS, QUARANTINED_LINES, RAW_LOGS
from churn_assets_tests.end_to_end.service import CUTOFFS, DAYS, MATURE, Service

PARTS = ["events", "visitors", "duplicates", "quarantined"]


@pytest.fixture(scope="module")
def account(service: Service) -> pd.DataFrame:
    """What the metadata of `events` says of each day."""
    made = service.made(EVENTS.table)
    return pd.DataFrame({key: {name: said[name] for name in ["lines", *PARTS]} for key, said in sorted(made.items())}).T


def test_lines_are_the_sum_of_their_fates_on_every_day(account: pd.DataFrame) -> None:
    assert account["lines"].tolist() == account[PARTS].sum(axis="columns").tolist()


def test_totals_are_those_of_the_simulator(account: pd.DataFrame, service: Service) -> None:
    told, total = service.simulated, account.sum()

    assert total["events"] == told.events
    assert total["quarantined"] == told.broken_lines
    assert total["visitors"] + total["duplicates"] == told.visitor_rows + told.duplicates
    assert told.duplicates >= total["duplicates"] > 0


def test_every_landed_line_is_counted_once(account: pd.DataFrame, service: Service) -> None:
    bodies = [gzip.decompress(path.read_bytes()) for path in (service.home / "landing").iterdir()]

    assert account["lines"].sum() == sum(body.count(b"\n") for body in bodies)


def test_the_tables_hold_what_the_metadata_says(account: pd.DataFrame, service: Service) -> None:
    contracts = (RAW_LOGS, EVENTS, QUARANTINED_LINES)
    per_day = {contract.table: service.rows(contract).groupby("day").size() for contract in contracts}

    assert per_day["events"].tolist() == account["events"].tolist()
    assert per_day["quarantined_lines"].sum() == account["quarantined"].sum()
    assert per_day["raw_logs"].tolist() == (account["lines"] - account["quarantined"]).tolist()


def test_late_rows_reach_their_own_day(service: Service) -> None:
    raw = service.rows(RAW_LOGS)
    late = raw["file"].str[:10] != raw["day"].dt.strftime("%Y-%m-%d")

    assert (raw["ts"].dt.normalize() == raw["day"]).all()
    assert late.sum() >= service.simulated.late_rows > 0


def test_the_summary_shows_the_same_counts(service: Service) -> None:
    shown = io.StringIO()

    show_counts(Terminal(file=shown, width=120), service.lake)

    said, told = shown.getvalue(), service.simulated
    assert f"{told.events:,} on {DAYS} days" in said
    assert f"{told.broken_lines:,}" in said
    assert f"{told.listeners:,}" in said
    assert f"{len(CUTOFFS)}, of which {len(MATURE)} mature" in said
