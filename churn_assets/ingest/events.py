"""Clean events from raw logs: pure Ibis, one day at a time."""

from typing import TYPE_CHECKING

from churn_assets.ingest.tables import DEVICES, EVENTS
from churn_assets.ingest.user_agent import OTHER

if TYPE_CHECKING:
    import ibis.expr.types as ir

AGENTS = "agents"
PLACES = "places"
IDENTITY = ("user_id", "session_id", "item_in_session", "ts", "page")
"""What makes an event itself; of several lines with the same, the first by origin, file and line stays."""
LINE = ("file", "line")
FIRST = ("origin", *LINE)
"""The log's own line goes before one that the API was sent, whatever the files are called: `log` sorts first."""


def events(raw_logs: "ir.Table") -> "ir.Table":
    """The clean events of listeners: visitors' rows left out, duplicates collapsed, device and place looked up.

    The lookups come as the small tables `agents` (user_agent, device, os, browser) and `places`
    (location, city, region, country).
    """
    import ibis

    agents = ibis.table(dict.fromkeys(("user_agent", "device", "os", "browser"), "string"), name=AGENTS)
    places = ibis.table(dict.fromkeys(("location", "city", "region", "country"), "string"), name=PLACES)
    first = _first_ones(raw_logs).mutate(literal=lambda t: _literal_device(t.device)).drop("device")
    known = first.left_join(agents, "user_agent").drop("user_agent_right")
    known = known.mutate(device=lambda t: t.device.coalesce(t.literal))
    return known.left_join(places, "location").select(*EVENTS.names)


def _literal_device(written: "ir.StringColumn") -> "ir.StringColumn":
    """The kind of device that a line names instead of a user agent: `user_agent.named_device`, in a query."""
    import ibis

    word = written.strip().capitalize()
    return ibis.cases((word.isin(DEVICES), word), (word.fill_null("") == "", ibis.null(str)), else_=OTHER)


def _first_ones(raw_logs: "ir.Table") -> "ir.Table":
    """Listeners' first row of each identity; only identities that repeat are sorted, and on most days none does.

    Each step reads the few columns that it needs by itself: what they had in common, the engine would hold meanwhile.
    """
    import ibis

    identities = _of_listeners(raw_logs.select(*IDENTITY))
    counts = identities.group_by(IDENTITY).aggregate(lines=lambda t: t.count())
    copies = _of_listeners(raw_logs.select(*IDENTITY, *FIRST)).semi_join(counts.filter(counts.lines > 1), IDENTITY)
    order = ibis.window(group_by=IDENTITY, order_by=FIRST)
    later = copies.mutate(earlier=ibis.row_number().over(order)).filter(lambda t: t.earlier > 0)
    return _of_listeners(raw_logs).anti_join(later.select(*LINE), LINE)


def _of_listeners(rows: "ir.Table") -> "ir.Table":
    return rows.filter(rows.user_id != "")
