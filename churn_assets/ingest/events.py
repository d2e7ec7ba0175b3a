"""Clean events from raw logs: pure Ibis, one day at a time."""

from typing import TYPE_CHECKING

from churn_assets.ingest.tables import EVENTS

if TYPE_CHECKING:
    import ibis.expr.types as ir

AGENTS = "agents"
PLACES = "places"
IDENTITY = ("user_id", "session_id", "item_in_session", "ts", "page")
"""What makes an event itself; of several lines with the same, the first by file and line stays."""
LINE = ("file", "line")


def events(raw_logs: "ir.Table") -> "ir.Table":
    """The clean events of listeners: visitors' rows left out, duplicates collapsed, device and place looked up.

    The lookups come as the small tables `agents` (user_agent, device, os, browser) and `places`
    (location, city, region, country).
    """
    import ibis

    agents = ibis.table(dict.fromkeys(("user_agent", "device", "os", "browser"), "string"), name=AGENTS)
    places = ibis.table(dict.fromkeys(("location", "city", "region", "country"), "string"), name=PLACES)
    listeners = raw_logs.filter(raw_logs.user_id != "")
    known = _first_ones(listeners).left_join(agents, "user_agent").drop("user_agent_right")
    return known.left_join(places, "location").select(*EVENTS.names)


def _first_ones(rows: "ir.Table") -> "ir.Table":
    """The first row of each identity; only identities that repeat are sorted, and on most days none does."""
    import ibis

    lines = rows.select(*IDENTITY, *LINE)
    counts = lines.group_by(IDENTITY).aggregate(lines=lambda t: t.count())
    copies = lines.semi_join(counts.filter(counts.lines > 1), IDENTITY)
    order = ibis.window(group_by=IDENTITY, order_by=LINE)
    later = copies.mutate(earlier=ibis.row_number().over(order)).filter(lambda t: t.earlier > 0)
    return rows.anti_join(later.select(*LINE), LINE)
