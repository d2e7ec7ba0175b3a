"""Events to item gaps: how long before each distinct item of a listener's day was met last. Pure Ibis."""

from functools import reduce
from typing import TYPE_CHECKING, Any

from churn_assets.features.aggregates import ITEM_CONDITIONS, PAGE
from churn_assets.features.ibis_arithmetic import on_rows
from churn_assets.features.tables import ITEMS

if TYPE_CHECKING:
    import ibis.expr.types as ir

OFTEN_REPEATED = (PAGE.name,)
"""Items of which a listener meets the same few all day: dropping copies first costs less than sorting them."""
GAP = ("day", "listener", "gap_days")


def listener_item_gaps(events: "ir.Table", days: "ir.Table", *, lookback_days: int) -> "ir.Table":
    """How many items of each listener's asked `days` (one column, `day`) were met last so many days before.

    `events` holds those days and the lookback before the first of them. Distinct items of a window are
    then the sum over its days of the items whose gap reaches back beyond the window: exact, and
    any window at any cut-off from one small table.

    Listeners and items are numbered before anything is sorted: numbers sort many times faster than texts, and unlike
    hashes they never collide. The numbers live only as long as the query.
    """
    listeners = _numbered(events.semi_join(days, "day").user_id, "user_id", "listener")
    gaps = [_gaps(_met(events, kind), days, listeners, lookback_days).mutate(**_only(kind)) for kind in ITEMS]
    together = reduce(lambda left, right: left.union(right), gaps)
    counted = together.group_by(GAP).aggregate(**{name: together[name].sum() for name in ITEMS.values()})
    return counted.inner_join(listeners, "listener").select("day", "user_id", "gap_days", *ITEMS.values())


def _met(events: "ir.Table", kind: str) -> "ir.Table":
    """Each time that an item of a kind was met (for those that are often repeated, each day)."""
    condition = ITEM_CONDITIONS.get(kind)
    is_met = events[kind].notnull()
    if condition is not None:
        is_met &= on_rows(condition.test, events)
    met = events.filter(is_met).select("day", "user_id", item=events[kind])
    return met.distinct() if kind in OFTEN_REPEATED else met


def _numbered(texts: "ir.StringColumn", name: str, number: str) -> "ir.Table":
    """The distinct texts, each with a number; in order, so that an engine that asks again gives the same numbers."""
    import ibis

    distinct = texts.name(name).as_table().distinct()
    return distinct.mutate(**{number: ibis.row_number().over(order_by=distinct[name]).cast("int32")})


def _gaps(met: "ir.Table", days: "ir.Table", listeners: "ir.Table", lookback_days: int) -> "ir.Table":
    """The items of one kind, counted by listener, day and gap; the join with the asked days' items drops all others."""
    import ibis

    items = _numbered(met.semi_join(days, "day")["item"], "item", "number")
    known = met.inner_join(listeners, "user_id").inner_join(items, "item")
    numbers = known.select("listener", "number", day=known.day.cast("int32"))
    order = ibis.window(group_by="listener", order_by=["number", "day"])
    before = {name: numbers[name].lag().over(order) for name in ("number", "day")}
    gap = ibis.ifelse(numbers.number == before["number"], numbers.day - before["day"], ibis.null("int32"))
    steps = numbers.select("listener", "day", gap=gap)
    firsts = steps.filter(steps.gap.isnull() | (steps.gap > 0))
    counted = firsts.group_by("listener", "day", "gap").aggregate(items=lambda t: t.count())
    gap_days = ibis.ifelse(counted.gap <= lookback_days, counted.gap, ibis.null("int32")).cast("int64")
    asked = counted.select("listener", "items", day=counted.day.cast("int64"), gap_days=gap_days)
    return asked.semi_join(days, "day")


def _only(kind: str) -> dict[str, Any]:
    """The counts of one kind, as a row of all kinds has them."""
    import ibis

    return {name: ibis._["items"] if kind == one else ibis.literal(0, type="int64") for one, name in ITEMS.items()}
