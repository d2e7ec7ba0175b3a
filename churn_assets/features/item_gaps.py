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
ITEM = ("user_id", "item")
GAP = ("day", "listener", "gap_days")


def listener_item_gaps(
    events: "ir.Table",
    asked: "ir.Table",
    *,
    lookback_days: int,
    of_few_days: bool = False,
    is_scattered: bool = False,
) -> "ir.Table":
    """How many items of a listener's day were met last so many days before, for the days of the events `asked`.

    `events` holds those days and the lookback before the first of them. Distinct items of a window are
    then the sum over its days of the items whose gap reaches back beyond the window: exact, and
    any window at any cut-off from one small table.

    Listeners and items are numbered before anything is sorted: numbers sort many times faster than texts, and unlike
    hashes they never collide. The numbers live only as long as the query. `of_few_days` changes the way, not the
    result: the little that a few days met is then looked up in the lookback instead of sorting all of it. So does
    `is_scattered`, for many machines: numbering takes one that sees all texts, so texts they stay.
    """
    listeners = None if is_scattered else _numbered(asked.user_id, "user_id", "listener")
    gaps = []
    for kind, name in ITEMS.items():
        met, wanted = _met(events, kind), _met(asked, kind)
        if of_few_days:
            met = met.semi_join(wanted.select(*ITEM).distinct(), ITEM)
        met = met.distinct() if kind in OFTEN_REPEATED else met
        met = _as_they_are(met) if listeners is None else _numbers(met, wanted, listeners)
        gaps.append(_gaps(met, lookback_days).mutate(**_only(name)))
    together = reduce(lambda left, right: left.union(right), gaps)
    counted = together.group_by(GAP).aggregate(**{name: together[name].sum() for name in ITEMS.values()})
    theirs = counted.semi_join(asked.select("day").distinct(), "day")
    named = theirs.rename(user_id="listener") if listeners is None else theirs.inner_join(listeners, "listener")
    return named.select("day", "user_id", "gap_days", *ITEMS.values())


def _met(events: "ir.Table", kind: str) -> "ir.Table":
    """Each time that an item of a kind was met."""
    condition = ITEM_CONDITIONS.get(kind)
    is_met = events[kind].notnull()
    if condition is not None:
        is_met &= on_rows(condition.test, events)
    return events.filter(is_met).select("day", "user_id", item=events[kind])


def _numbered(texts: "ir.StringColumn", name: str, number: str) -> "ir.Table":
    """The distinct texts, each with a number; in order, so that an engine that asks again gives the same numbers."""
    import ibis

    distinct = texts.name(name).as_table().distinct()
    return distinct.mutate(**{number: ibis.row_number().over(order_by=distinct[name]).cast("int32")})


def _numbers(met: "ir.Table", asked: "ir.Table", listeners: "ir.Table") -> "ir.Table":
    """Listener, item and day as 32-bit numbers; the joins drop listeners and items that the asked days do not have."""
    items = _numbered(asked["item"], "item", "number")
    known = met.inner_join(listeners, "user_id").inner_join(items, "item")
    return known.select("listener", "number", day=known.day.cast("int32"))


def _as_they_are(met: "ir.Table") -> "ir.Table":
    """Listener and item as texts where others have numbers."""
    return met.select(listener="user_id", number="item", day=met.day.cast("int32"))


def _gaps(met: "ir.Table", lookback_days: int) -> "ir.Table":
    """The items of one kind, counted by listener, day and gap."""
    import ibis

    order = ibis.window(group_by="listener", order_by=["number", "day"])
    before = {name: met[name].lag().over(order) for name in ("number", "day")}
    gap = ibis.ifelse(met.number == before["number"], met.day - before["day"], ibis.null("int32"))
    steps = met.select("listener", "day", gap=gap)
    firsts = steps.filter(steps.gap.isnull() | (steps.gap > 0))
    counted = firsts.group_by("listener", "day", "gap").aggregate(items=lambda t: t.count())
    gap_days = ibis.ifelse(counted.gap <= lookback_days, counted.gap, ibis.null("int32")).cast("int64")
    return counted.select("listener", "items", day=counted.day.cast("int64"), gap_days=gap_days)


def _only(kind: str) -> dict[str, Any]:
    """The counts of one kind (the name of its column), as a row of all kinds has them."""
    import ibis

    return {name: ibis._["items"] if kind == name else ibis.literal(0, type="int64") for name in ITEMS.values()}
