"""How clean events and sessions are made: which files, which expression, in which passes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from churn_assets.ingest.events import AGENTS, PLACES, events
from churn_assets.ingest.sessions import sessions
from churn_assets.ingest.tables import EVENTS, RAW_LOGS, SESSIONS
from churn_assets.lake.lake import Scan
from churn_assets.lake.recipe import SUMMARY_PASS_BYTES, Distinct, Recipe

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa


def events_recipe(raw_logs: Scan) -> Recipe:
    """A day a pass, from its raw lines and what its user agents and locations say."""
    return Recipe(EVENTS, _events, lambda keys: {RAW_LOGS.table: raw_logs.only(keys)}, _lookups)


def sessions_recipe(events: Scan) -> Recipe:
    """A few days a pass, each from its own events."""
    return Recipe(
        SESSIONS,
        _sessions,
        lambda keys: {EVENTS.table: events.only(keys)},
        pass_bytes=SUMMARY_PASS_BYTES,
    )


def _events(tables: "Mapping[str, ir.Table]") -> "ir.Table":
    return events(tables[RAW_LOGS.table])


def _sessions(tables: "Mapping[str, ir.Table]") -> "ir.Table":
    return sessions(tables[EVENTS.table])


def _lookups(_keys: Sequence[str], distinct: Distinct) -> "Mapping[str, pa.Table]":
    """What the day's user agents and locations say."""
    from churn_assets.ingest.location import place_table
    from churn_assets.ingest.user_agent import agent_table

    agents = distinct(RAW_LOGS.table, "user_agent")
    return {AGENTS: agent_table(agents), PLACES: place_table(distinct(RAW_LOGS.table, "location"))}
