"""What a cut-off sees of a listener's days in a row: the latest state, how long states lasted, how often they changed.

What a day holds is known of the day itself. What lies between two active days, and between the last one and the
cut-off, is found here, on a table of few columns: the window that looks at the day before carries all of them along.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import Aggregate, Operator
from churn_assets.features.daily import LISTENER_DAY, UNKNOWN
from churn_assets.features.tables import STATES

if TYPE_CHECKING:
    import ibis.expr.types as ir

STATE_OPERATORS = (
    Operator.LATEST,
    Operator.LONGEST_GAP,
    Operator.CHANGES,
    Operator.LAST_CHANGE,
    Operator.TIME_IN,
)
"""Operators for which the order of a listener's days matters."""
EDGES = ("first_ts", "last_ts", *(f"{edge}_{state}" for state in STATES for edge in ("first", "latest")))
"""What must be known of both ends of a day."""


def over_states(
    days: "ir.Table", ages: "ir.Table", wanted: Mapping[str, Aggregate], *, lookback_days: int
) -> "ir.Table":
    """The aggregates `wanted`, by the name of their column, of every listener (user_id) at every cutoff.

    `days` are listener-days, `ages` says how old each day is to each cut-off that sees it.
    """
    rows = _in_a_row(days, ages, wanted, lookback_days)
    sums = {name: _combined(rows, a) for name, a in wanted.items() if a.operator is not Operator.LATEST}
    grouped = rows.group_by("user_id", "cutoff").aggregate(last_day=rows.day.max(), **sums)
    latest = {a.measure for a in wanted.values() if a.operator is Operator.LATEST}
    names = sorted({*latest, *(f"latest_{state}" for state in STATES), "last_ts"})
    seen = grouped.inner_join(days.select("user_id", last_day="day", **{n: n for n in names}), ["user_id", "last_day"])
    return seen.select("user_id", "cutoff", **{name: _at_the_cutoff(seen, name, a) for name, a in wanted.items()})


def _in_a_row(days: "ir.Table", ages: "ir.Table", wanted: Mapping[str, Aggregate], lookback_days: int) -> "ir.Table":
    """The days beside their cut-offs, each with the end of the active day before it."""
    import ibis

    has_measure = (Operator.CHANGES, Operator.LAST_CHANGE, Operator.TIME_IN)
    measures = sorted({a.measure for a in wanted.values() if a.operator in has_measure})
    narrow = days.select(*LISTENER_DAY, *EDGES, *measures)
    order = ibis.window(group_by="user_id", order_by="day")
    before = {f"before_{name}": narrow[name].lag().over(order) for name in ("day", "last_ts")}
    states = {f"before_{s}": narrow[f"latest_{s}"].fill_null(UNKNOWN).lag().over(order) for s in STATES}
    joined = narrow.mutate(**before, **states).inner_join(ages, "day")
    gaps = joined.mutate(gap=joined.day - joined.before_day)
    return gaps.mutate(is_continued=(gaps.age + gaps.gap <= lookback_days).fill_null(False))


def _combined(rows: "ir.Table", aggregate: Aggregate) -> Any:
    """What the days hold, and what happened since the active day before each."""
    import ibis

    if aggregate.operator is Operator.LONGEST_GAP:
        return rows.gap.max(where=rows.is_continued)
    state, daily = aggregate.name, rows[aggregate.measure]
    before = rows[f"before_{state}"]
    has_changed = rows.is_continued & (rows[f"first_{state}"].fill_null(UNKNOWN) != before)
    match aggregate.operator:
        case Operator.CHANGES:
            return (daily + has_changed.fill_null(False).cast("int64")).sum().cast("int64")
        case Operator.LAST_CHANGE:
            return ibis.greatest(daily, ibis.ifelse(has_changed, rows.first_ts, ibis.null("int64"))).max()
        case _:
            assert aggregate.condition is not None
            was_in = rows.is_continued & (before == aggregate.condition.name)
            between = ibis.ifelse(was_in, rows.first_ts - rows.before_last_ts, 0)
            return (daily + between).sum().cast("int64")


def _at_the_cutoff(seen: "ir.Table", name: str, aggregate: Aggregate) -> Any:
    """The aggregate with what lasts until the cut-off: the last silence, the last state."""
    import ibis

    match aggregate.operator:
        case Operator.LATEST:
            return seen[aggregate.measure]
        case Operator.LONGEST_GAP:
            return ibis.greatest(seen[name], seen.cutoff // DAY - seen.last_day)
        case Operator.TIME_IN:
            assert aggregate.condition is not None
            is_in = seen[f"latest_{aggregate.name}"] == aggregate.condition.name
            return seen[name] + ibis.ifelse(is_in, seen.cutoff - seen.last_ts, 0)
        case _:
            return seen[name]
