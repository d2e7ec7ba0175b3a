"""Features at many cut-offs in one pass: pure Ibis, from the daily aggregates alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import ITEM_OPERATORS, Aggregate, Grain, Operator, Window
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.daily import UNKNOWN
from churn_assets.features.declaration import Catalogue, Kind
from churn_assets.features.expressions import CUTOFF, LOG_START, LOOKBACK, Expression, Field, evaluate
from churn_assets.features.ibis_arithmetic import IbisArithmetic, on_rows
from churn_assets.features.sharing import in_layers
from churn_assets.features.tables import ITEMS, LISTENER_DAYS, LISTENER_ITEM_GAPS, STATES
from churn_assets.ingest.tables import SESSIONS

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

AGES = "ages"
KEY = ("user_id", "cutoff")


@dataclass(frozen=True)
class Horizon:
    """What bounds the features of a whole evaluation: the lookback, and where the log starts."""

    lookback_days: int
    log_start: int
    """00:00 UTC of the first day of the log, in epoch milliseconds."""


def ages(cutoffs: Sequence[int], lookback_days: int) -> "pa.Table":
    """Every day that some cut-off sees: day, cutoff (epoch days and milliseconds) and its age in days, from 1."""
    import pyarrow as pa

    rows = [(cutoff - age, cutoff * DAY, age) for cutoff in cutoffs for age in range(1, lookback_days + 1)]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table([pa.array(column, pa.int64()) for column in columns], names=["day", "cutoff", "age"])


def reach_days(aggregate: Aggregate, horizon: Horizon) -> int:
    """How far before the cut-off an item must not have been met, to count as met for the first time in the window."""
    oldest = aggregate.window.oldest
    if aggregate.operator is Operator.NEWLY_HEARD or oldest is None:
        return horizon.lookback_days
    return min(oldest, horizon.lookback_days)


def _ages() -> "ir.Table":
    import ibis

    return ibis.table({"day": "int64", "cutoff": "int64", "age": "int64"}, name=AGES)


def user_features(tables: "Mapping[str, ir.Table]", horizon: Horizon, catalogue: Catalogue = CATALOGUE) -> "ir.Table":
    """Every declared feature of every listener seen in the lookback of a cut-off.

    `tables` are `listener_days`, `sessions` and `listener_item_gaps`; the cut-offs come as the small
    table `ages`. Nothing at or after a cut-off can enter: a day is joined only to later cut-offs.
    """
    parts = [
        _DayRows(tables[LISTENER_DAYS.table], horizon, catalogue).aggregated,
        _SessionRows(tables[SESSIONS.table], horizon, catalogue).aggregated,
        _GapRows(tables[LISTENER_ITEM_GAPS.table], horizon, catalogue).aggregated,
    ]
    first, *rest = parts
    for part in rest:
        joined = first.left_join(part, KEY)
        names = [name for name in joined.columns if not name.endswith("_right")]
        first = joined.select(*names)
    return _finish(first, horizon, catalogue)


def _finish(values: "ir.Table", horizon: Horizon, catalogue: Catalogue) -> "ir.Table":
    """The features, from the values of their aggregates."""
    names = {aggregate.text(): f"a{n}" for n, aggregate in enumerate(catalogue.aggregates)}
    numbers = {feature.name for feature in catalogue.features if feature.kind is not Kind.CATEGORY}
    for layer in in_layers(catalogue.features):
        leaf = partial(_leaf, values, names, horizon)
        columns = {name: evaluate(expression, IbisArithmetic(), leaf) for name, expression in layer.items()}
        values = values.mutate(**{n: v.cast("float64") if n in numbers else v for n, v in columns.items()})
    return values.select("cutoff", "user_id", *(feature.name for feature in catalogue.features))


def _leaf(values: "ir.Table", names: Mapping[str, str], horizon: Horizon, leaf: Expression) -> Any:
    """The value of a leaf of a feature, where the aggregates are columns."""
    import ibis

    match leaf:
        case Field(name=name):
            return values[name]
        case Aggregate():
            return values[names[leaf.text()]]
        case _ if leaf is CUTOFF:
            return values.cutoff
        case _ if leaf is LOG_START:
            return ibis.literal(horizon.log_start, type="int64")
        case _:
            assert leaf is LOOKBACK
            return ibis.literal(horizon.lookback_days, type="int64")


@dataclass(frozen=True)
class _Rows:
    """Rows of one grain, each beside every cut-off that sees it."""

    table: "ir.Table"
    horizon: Horizon
    catalogue: Catalogue

    def wanted(self, *grains: Grain) -> dict[str, Aggregate]:
        """The aggregates of these grains, by the name of their column."""
        return {f"a{n}": a for n, a in enumerate(self.catalogue.aggregates) if a.grain in grains}

    def seen(self, age: Any, window: Window) -> Any:
        """Whether a day so many days before the cut-off lies in the window; None if every row does."""
        oldest = self.horizon.lookback_days if window.oldest is None else window.oldest
        inside = age <= oldest
        return inside & (age > window.ending) if window.ending else inside


class _DayRows(_Rows):
    """Listener-days: what one day adds to an aggregate, and what happens between two of them."""

    @cached_property
    def rows(self) -> "ir.Table":
        import ibis

        order = ibis.window(group_by="user_id", order_by="day")
        days = self.table
        before = {f"before_{name}": days[name].lag().over(order) for name in ("day", "last_ts")}
        states = {f"before_{s}": days[f"latest_{s}"].fill_null(UNKNOWN).lag().over(order) for s in STATES}
        days = days.mutate(**before, **states)
        joined = days.inner_join(_ages(), "day")
        return joined.mutate(gap=joined.day - joined.before_day).mutate(
            is_continued=lambda t: (t.age + t.gap <= self.horizon.lookback_days).fill_null(False)
        )

    @cached_property
    def aggregated(self) -> "ir.Table":
        rows = self.rows
        wanted = self.wanted(Grain.EVENT, Grain.DAY)
        columns = {
            name: self.reduce(aggregate)
            for name, aggregate in wanted.items()
            if aggregate.operator not in (*ITEM_OPERATORS, Operator.LATEST)
        }
        latest = {a.measure: name for name, a in wanted.items() if a.operator is Operator.LATEST}
        states = {f"latest_{state}": f"now_{state}" for state in STATES}
        last_day = self._last_day(sorted({*latest, *states}))
        grouped = rows.group_by(KEY).aggregate(**columns, last_day=last_day, last_seen=rows.last_ts.max())
        picked = {name: grouped.last_day[measure] for measure, name in latest.items()}
        return self._up_to_the_cutoff(grouped.mutate(**picked), wanted)

    def _last_day(self, measures: Sequence[str]) -> Any:
        import ibis

        return ibis.struct({name: self.rows[name] for name in measures}).argmax(self.rows.day)

    def reduce(self, aggregate: Aggregate) -> Any:
        import ibis

        rows = self.rows
        inside = self.seen(rows.age, aggregate.window)
        match aggregate.operator:
            case Operator.COUNT if aggregate.grain is Grain.DAY:
                return inside.cast("int64").sum()
            case Operator.COUNT | Operator.TOTAL:
                return ibis.ifelse(inside, rows[aggregate.measure], 0).sum().cast("int64")
            case Operator.FIRST:
                return rows[aggregate.measure].min()
            case Operator.LAST:
                return rows[aggregate.measure].max()
            case Operator.LONGEST_GAP:
                return rows.gap.max(where=rows.is_continued)
            case _:
                return self.reduce_state(aggregate)

    def reduce_state(self, aggregate: Aggregate) -> Any:
        """Combine what a day holds with what happened since the active day before it."""
        import ibis

        rows, state, daily = self.rows, aggregate.name, self.rows[aggregate.measure]
        first = rows[f"first_{state}"].fill_null(UNKNOWN)
        before = rows[f"before_{state}"]
        has_changed = rows.is_continued & (first != before)
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

    def _up_to_the_cutoff(self, grouped: "ir.Table", wanted: Mapping[str, Aggregate]) -> "ir.Table":
        """Count what lasts until the cut-off: the last silence, the last state."""
        import ibis

        columns = {}
        for name, aggregate in wanted.items():
            if aggregate.operator is Operator.LONGEST_GAP:
                silence = grouped.cutoff // DAY - grouped.last_seen // DAY
                columns[name] = ibis.greatest(grouped[name], silence)
            if aggregate.operator is Operator.TIME_IN:
                assert aggregate.condition is not None
                is_in = grouped.last_day[f"latest_{aggregate.name}"] == aggregate.condition.name
                columns[name] = grouped[name] + ibis.ifelse(is_in, grouped.cutoff - grouped.last_seen, 0)
        return grouped.mutate(**columns).drop("last_day", "last_seen")


class _SessionRows(_Rows):
    """Sessions as a cut-off sees them: their parts of the lookback put together."""

    @cached_property
    def rows(self) -> "ir.Table":
        """Sessions beside their cut-offs; only the few with parts on several days need putting together."""
        session, ages = ["user_id", "session_id"], _ages()
        counts = self.table.group_by(session).aggregate(parts=lambda t: t.count())
        broken = counts.filter(counts.parts > 1)
        whole = self.table.anti_join(broken, session).inner_join(ages, "day")
        parts = self.table.semi_join(broken, session).inner_join(ages, "day")
        mended = parts.group_by("user_id", "cutoff", "session_id").aggregate(
            start_ts=parts.start_ts.min(), end_ts=parts.end_ts.max()
        )
        return whole.select(*mended.columns).union(mended)

    @cached_property
    def aggregated(self) -> "ir.Table":
        columns = {name: self.reduce(aggregate) for name, aggregate in self.wanted(Grain.SESSION).items()}
        return self.rows.group_by(KEY).aggregate(**columns)

    def reduce(self, aggregate: Aggregate) -> Any:
        import ibis

        rows = self.rows
        age = (rows.cutoff - rows.start_ts + (DAY - 1)) // DAY
        inside = self.seen(age, aggregate.window)
        if aggregate.operator is Operator.COUNT:
            return inside.cast("int64").sum()
        assert aggregate.value is not None
        value = on_rows(aggregate.value, rows)
        match aggregate.operator:
            case Operator.TOTAL:
                return ibis.ifelse(inside, value, 0).sum().cast("int64")
            case Operator.FIRST:
                return value.min()
            case _:
                return value.max()


class _GapRows(_Rows):
    """Items and how long before they were met: distinct counts as sums."""

    @cached_property
    def rows(self) -> "ir.Table":
        return self.table.inner_join(_ages(), "day")

    @cached_property
    def aggregated(self) -> "ir.Table":
        heard = self.wanted(Grain.EVENT)
        columns = {n: self.reduce(a) for n, a in heard.items() if a.operator in ITEM_OPERATORS}
        return self.rows.group_by(KEY).aggregate(**columns)

    def reduce(self, aggregate: Aggregate) -> Any:
        import ibis

        assert aggregate.value is not None
        rows, window = self.rows, aggregate.window
        reach = reach_days(aggregate, self.horizon)
        is_first = (rows.age + rows.gap_days > reach).fill_null(True)
        items = rows[ITEMS[aggregate.value.text()]]
        return ibis.ifelse(self.seen(rows.age, window) & is_first, items, 0).sum().cast("int64")
