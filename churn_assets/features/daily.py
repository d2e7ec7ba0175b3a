"""Events to daily aggregates: pure Ibis, one listener's day at a time."""

from typing import TYPE_CHECKING, Any

from churn_assets.features.aggregates import Aggregate, Condition, Operator
from churn_assets.features.expressions import Expression
from churn_assets.features.ibis_arithmetic import on_rows
from churn_assets.features.tables import BASE_COLUMNS, LISTENER_DAYS, MEASURES, STATES

if TYPE_CHECKING:
    import ibis.expr.types as ir

CANCELLED = "Cancellation Confirmation"
LISTENER_DAY = ("user_id", "day")
ORDER = ("ts", "session_id", "item_in_session", "page")
"""The order of a listener's events: no two of them tie."""
UNKNOWN = ""
"""A null state is a state like any other."""


def listener_days(events: "ir.Table") -> "ir.Table":
    """The daily aggregates of each listener, from clean events.

    Comparing events in their full order costs more than all the sums together, so only those few are compared whose
    order tells something: the ones of the last millisecond of a listener's day, and those of days that saw a change.
    """
    days = events.group_by(LISTENER_DAY).aggregate(**_base(events), **_simple(events))
    telling = _telling(events, days)
    days = days.inner_join(_latest(telling), LISTENER_DAY)
    for state in STATES:
        days = _with_changes(days, telling, state)
    latest = {f"latest_{name}": days["_latest"][name] for name in _latest_fields()}
    return days.mutate(**latest).select(*LISTENER_DAYS.names)


def _telling(events: "ir.Table", days: "ir.Table") -> "ir.Table":
    """The events whose order matters: the last ones of each day, and all of a day that saw a state change."""
    import ibis

    mixed = {f"_is_mixed_{state}": days[f"_least_{state}"] != days[f"_greatest_{state}"] for state in STATES}
    beside = events.inner_join(days.select(*LISTENER_DAY, "last_ts", **mixed), LISTENER_DAY)
    names = sorted({*LISTENER_DAY, *ORDER, *_latest_fields(), *STATES, "last_ts", *mixed})
    return beside.filter(ibis.or_(beside.ts == beside.last_ts, *(beside[name] for name in mixed))).select(*names)


def _order(events: "ir.Table") -> Any:
    """The order of a listener's events, as one comparable value."""
    import ibis

    return ibis.struct({name: events[name] for name in ORDER})


def _base(events: "ir.Table") -> dict[str, Any]:
    return {
        "first_ts": events.ts.min(),
        "last_ts": events.ts.max(),
        "events": events.count(),
        "cancellations": events.count(where=events.page == CANCELLED),
    }


def _simple(events: "ir.Table") -> dict[str, Any]:
    """The measures that need no order: counts, totals, firsts and lasts; and each state's extremes."""
    base = {column.name for column in BASE_COLUMNS}
    found = {name: _reduce(measure, events) for name, measure in MEASURES.items() if name not in base}
    simple = {name: value for name, value in found.items() if value is not None}
    for state in STATES:
        value = events[state].fill_null(UNKNOWN)
        simple |= {f"_least_{state}": value.min(), f"_greatest_{state}": value.max()}
    return simple


def _reduce(measure: Aggregate, events: "ir.Table") -> Any:
    match measure.operator:
        case Operator.COUNT if measure.condition is None:
            return events.count()
        case Operator.COUNT:
            return events.count(where=_holds(measure.condition, events))
        case Operator.TOTAL:
            return _total(measure, events)
        case Operator.FIRST:
            return on_rows(_value(measure), events).min()
        case Operator.LAST:
            return on_rows(_value(measure), events).max()
        case _:
            return None


def _holds(condition: Condition | None, events: "ir.Table") -> Any:
    """Whether events meet a condition; null where that is unknown, which counts as not, in filters as in `ifelse`.

    It is left null on purpose: DuckDB compares a text column with a name once for each distinct text, and a `fill_null`
    around it would make that once for each event.
    """
    import ibis

    return ibis.literal(value=True) if condition is None else on_rows(condition.test, events)


def _total(measure: Aggregate, events: "ir.Table") -> Any:
    import ibis

    value = on_rows(_value(measure), events).fill_null(0)
    return ibis.ifelse(_holds(measure.condition, events), value, 0).sum().cast("int64")


def _value(measure: Aggregate) -> Expression:
    assert measure.value is not None
    return measure.value


def _latest_fields() -> list[str]:
    latest = {m.name for m in MEASURES.values() if m.operator is Operator.LATEST}
    return sorted(latest | {"page"} | set(STATES))


def _latest(telling: "ir.Table") -> "ir.Table":
    """The latest event's fields of each day as one struct, so that a null in it stays null."""
    import ibis

    last = telling.filter(telling.ts == telling.last_ts)
    fields = ibis.struct({name: last[name] for name in _latest_fields()})
    return last.group_by(LISTENER_DAY).aggregate(_latest=fields.argmax(_order(last)))


def _with_changes(days: "ir.Table", telling: "ir.Table", state: str) -> "ir.Table":
    """Changes of a state and the time in each of its values; windows run only over the days that saw a change."""
    import ibis

    parts = _changes(telling.filter(telling[f"_is_mixed_{state}"]), state)
    joined = days.left_join(parts, LISTENER_DAY)
    # Without a change, every value of the day is the least of them.
    first = joined[f"_first_{state}"].fill_null(joined[f"_least_{state}"])
    whole_day = {
        name: ibis.ifelse(first == held, joined.last_ts - joined.first_ts, 0) for name, held in _times(state).items()
    }
    columns = {name: joined[f"_{name}"].fill_null(otherwise) for name, otherwise in whole_day.items()}
    columns[f"changes_{state}"] = joined[f"_changes_{state}"].fill_null(0)
    columns[f"last_change_{state}"] = joined[f"_last_change_{state}"]
    columns[f"first_{state}"] = first.nullif(UNKNOWN)
    return joined.select(*(joined[name] for name in days.columns), **columns)


def _times(state: str) -> dict[str, str]:
    """Value of the state by the measure that is the time spent in it."""
    return {
        name: measure.condition.name
        for name, measure in MEASURES.items()
        if measure.operator is Operator.TIME_IN and measure.name == state and measure.condition is not None
    }


def _changes(events: "ir.Table", state: str) -> "ir.Table":
    import ibis

    order = ibis.window(group_by=LISTENER_DAY, order_by=ORDER)
    value = events[state].fill_null(UNKNOWN)
    steps = events.select(
        *LISTENER_DAY,
        "ts",
        value=value,
        order=_order(events),
        changed=(value != value.lag().over(order)).fill_null(False),
        before=value.lag().over(order),
        step=events.ts - events.ts.lag().over(order),
    )
    times = {f"_{name}": ibis.ifelse(steps.before == held, steps.step, 0).sum() for name, held in _times(state).items()}
    return steps.group_by(LISTENER_DAY).aggregate(
        **{f"_first_{state}": steps.value.argmin(steps.order)},
        **{f"_changes_{state}": steps.changed.cast("int64").sum()},
        **{f"_last_change_{state}": steps.ts.max(where=steps.changed)},
        **times,
    )
