"""The batch path without files: the same unbound expressions, compiled once, over Arrow tables in one DuckDB."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from churn_assets.contracts.contract import Contract
from churn_assets.cutoffs import DAY
from churn_assets.features.batch import AGES, Horizon, ages, user_features
from churn_assets.features.daily import listener_days
from churn_assets.features.item_gaps import listener_item_gaps
from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS, USER_FEATURES
from churn_assets.ingest.sessions import sessions
from churn_assets.ingest.tables import EVENTS, SESSIONS
from churn_assets.labels.labels import WINDOWS, churn_labels, label_windows, population
from churn_assets.labels.tables import CHURN_LABELS, POPULATION
from churn_assets.lake.engine import to_sql
from churn_assets.lake.recipe import unbound
from churn_assets_tests.logs import LOG_START, Log, event_table

ASKED = "asked"
HORIZON_DAYS = AT_RISK_DAYS = 30
HORIZON = Horizon(90, LOG_START)

Row = Mapping[str, Any]
Rows = dict[tuple[str, int], Row]
"""One row a listener and cut-off (epoch day)."""


@cache
def _daily_sql(lookback_days: int) -> Mapping[Contract, str]:
    return {
        SESSIONS: to_sql(sessions(unbound(EVENTS))),
        LISTENER_DAYS: to_sql(listener_days(unbound(EVENTS))),
        LISTENER_ITEM_GAPS: _gaps_sql(lookback_days),
    }


@cache
def _gaps_sql(lookback_days: int, **how: bool) -> str:
    events, asked = unbound(EVENTS), unbound(EVENTS, ASKED)
    return to_sql(listener_item_gaps(events, asked, lookback_days=lookback_days, **how))


@cache
def _features_sql(horizon: Horizon) -> str:
    tables = {contract.table: unbound(contract) for contract in (LISTENER_DAYS, SESSIONS, LISTENER_ITEM_GAPS)}
    return to_sql(user_features(tables, horizon))


@cache
def _labels_sql() -> Mapping[Contract, str]:
    days = unbound(LISTENER_DAYS)
    return {
        POPULATION: to_sql(population(days, at_risk_days=AT_RISK_DAYS)),
        CHURN_LABELS: to_sql(churn_labels(unbound(POPULATION), days)),
    }


@cache
def memory_batch(lookback_days: int = 90) -> "MemoryBatch":
    """The one in-memory batch of the test run for a lookback: its SQL is compiled and planned once."""
    return MemoryBatch(Horizon(lookback_days, LOG_START))


def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    return connection


@dataclass(frozen=True)
class MemoryBatch:
    """Features and labels of small logs, from the expressions that the lake's recipes use."""

    horizon: Horizon = HORIZON
    connection: duckdb.DuckDBPyConnection = field(default_factory=_connection)

    def features(self, log: Log, cutoffs: Sequence[int]) -> Rows:
        """Every declared feature of every listener at every cut-off."""
        self.aggregate(log)
        return self.features_of_days(cutoffs)

    def aggregate(self, log: Log) -> None:
        """Make the daily tables of a log, all days in one run."""
        self.connection.register("log", event_table(log))
        self._keep(EVENTS.table, "SELECT * FROM log")
        self._keep(ASKED, "SELECT * FROM events")
        for contract, sql in _daily_sql(self.horizon.lookback_days).items():
            self._keep(contract.table, sql)

    def table(self, contract: Contract) -> pa.Table:
        """A table as it is now."""
        return self.connection.sql(f"SELECT * FROM {contract.table} ORDER BY ALL").to_arrow_table()

    def replace(self, contract: Contract, rows: pa.Table) -> None:
        """Put other rows in the place of a table."""
        self.connection.register("rows", rows)
        self._keep(contract.table, "SELECT * FROM rows")

    def make_gaps(self, days: Sequence[int], **how: bool) -> None:
        """Make the item gaps anew, of `days` alone."""
        self._keep(ASKED, f"SELECT * FROM events WHERE day IN ({', '.join(map(str, days))})")
        self._keep(LISTENER_ITEM_GAPS.table, _gaps_sql(self.horizon.lookback_days, **how))

    def features_of_days(self, cutoffs: Sequence[int]) -> Rows:
        """The features from the daily tables that are there."""
        self.connection.register(AGES, ages(cutoffs, self.horizon.lookback_days))
        self._keep(USER_FEATURES.table, _features_sql(self.horizon))
        return self._rows(USER_FEATURES)

    def labels(self, log: Log, cutoffs: Sequence[int]) -> tuple[Rows, Rows]:
        """The population and the labels at every cut-off."""
        self.aggregate(log)
        self.connection.register(AGES, ages(cutoffs, self.horizon.lookback_days))
        self.connection.register(WINDOWS, label_windows(cutoffs, HORIZON_DAYS))
        for contract, sql in _labels_sql().items():
            self._keep(contract.table, sql)
        return self._rows(POPULATION), self._rows(CHURN_LABELS)

    def _keep(self, name: str, sql: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")

    def _rows(self, contract: Contract) -> Rows:
        rows = self.table(contract).to_pylist()
        return {(row.pop("user_id"), row.pop("cutoff") // DAY): row for row in rows}
