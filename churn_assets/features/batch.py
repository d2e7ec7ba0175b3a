"""Features at many cut-offs in one pass: pure Ibis, from the daily aggregates alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import ITEM_OPERATORS, Aggregate, Grain, Operator, Window
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.declaration import Catalogue, Kind
from churn_assets.features.expressions import CUTOFF, LOG_START, LOOKBACK, Expression, Field, evaluate
from churn_assets.features.ibis_arithmetic import IbisArithmetic, on_rows
from churn_assets.features.sharing import in_layers
from churn_assets.features.states import STATE_OPERATORS, over_states
from churn_assets.features.tables import ITEMS, LISTENER_DAYS, LISTENER_ITEM_GAPS
from churn_assets.ingest.tables import SESSIONS
from churn_assets.lake.recipe import whole_numbers

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
    rows = [(cutoff - age, cutoff * DAY, age) for cutoff in cutoffs for age in range(1, lookback_days + 1)]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return whole_numbers(dict(zip(("day", "cutoff", "age"), columns, strict=True)))


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
    values = _DayRows(tables[LISTENER_DAYS.table], horizon, catalogue).aggregated
    for grain, contract in ((_StateRows, LISTENER_DAYS), (_SessionRows, SESSIONS), (_GapRows, LISTENER_ITEM_GAPS)):
        values = _beside(values, grain(tables[contract.table], horizon, catalogue))
    return _finish(values, horizon, catalogue)


def _beside(values: "ir.Table", rows: "_Rows") -> "ir.Table":
    more = rows.aggregated
    joined = values.left_join(more, KEY)
    names = [name for name in more.columns if name not in KEY]
    columns = {name: joined[name] if rows.of_none is None else joined[name].fill_null(rows.of_none) for name in names}
    return joined.select(*values.columns, **columns)


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
    of_none: ClassVar[int | None] = None
    """What the aggregates of a listener without any such row are."""

    @property
    def aggregated(self) -> "ir.Table":
        """The aggregates of these rows, one row a listener and cut-off."""
        raise NotImplementedError

    def wanted(self, *grains: Grain) -> dict[str, Aggregate]:
        """The aggregates of these grains, by the name of their column."""
        return {f"a{n}": a for n, a in enumerate(self.catalogue.aggregates) if a.grain in grains}

    def seen(self, age: Any, window: Window) -> Any:
        """Whether a day so many days before the cut-off lies in the window; None if every row does.

        It becomes the FILTER of an aggregate: a row outside of the window then costs a comparison, not an addition.
        """
        is_late = age > window.ending if window.ending else None
        if window.oldest is None or window.oldest >= self.horizon.lookback_days:
            return is_late
        is_young = age <= window.oldest
        return is_young if is_late is None else is_young & is_late


class _DayRows(_Rows):
    """Listener-days: what one day adds to an aggregate."""

    @cached_property
    def rows(self) -> "ir.Table":
        return self.table.inner_join(_ages(), "day")

    @property
    def aggregated(self) -> "ir.Table":
        wanted = self.wanted(Grain.EVENT, Grain.DAY)
        others = (*ITEM_OPERATORS, *STATE_OPERATORS)
        columns = {name: self.reduce(a) for name, a in wanted.items() if a.operator not in others}
        return self.rows.group_by(KEY).aggregate(**columns)

    def reduce(self, aggregate: Aggregate) -> Any:
        rows = self.rows
        inside = self.seen(rows.age, aggregate.window)
        match aggregate.operator:
            case Operator.COUNT if aggregate.grain is Grain.DAY:
                return rows.count(where=inside)
            case Operator.COUNT | Operator.TOTAL:
                return _sum(rows[aggregate.measure], inside)
            case Operator.FIRST:
                return rows[aggregate.measure].min()
            case _:
                return rows[aggregate.measure].max()


class _StateRows(_Rows):
    """Listener-days in a row: what lasts from one to the next."""

    @property
    def aggregated(self) -> "ir.Table":
        wanted = self.wanted(Grain.EVENT, Grain.DAY)
        states = {name: a for name, a in wanted.items() if a.operator in STATE_OPERATORS}
        return over_states(self.table, _ages(), states, lookback_days=self.horizon.lookback_days)


class _SessionRows(_Rows):
    """Sessions as a cut-off sees them: their parts of the lookback put together."""

    @cached_property
    def rows(self) -> "ir.Table":
        """Sessions beside their cut-offs; only the few with parts on several days need putting together."""
        session, ages = ["user_id", "session_id"], _ages()
        counts = self.table.group_by(session).aggregate(parts=lambda t: t.count())
        broken = counts.filter(counts.parts > 1)
        whole = self.table.anti_join(broken, session).inner_join(ages, "day")
        # A table that two joins share as it is would be written out, and computed, in both; its columns are shared.
        parts = self.table.semi_join(broken.select(*session), session).inner_join(ages, "day")
        mended = parts.group_by("user_id", "cutoff", "session_id").aggregate(
            start_ts=parts.start_ts.min(), end_ts=parts.end_ts.max()
        )
        return whole.select(*mended.columns).union(mended)

    @property
    def aggregated(self) -> "ir.Table":
        columns = {name: self.reduce(aggregate) for name, aggregate in self.wanted(Grain.SESSION).items()}
        return self.rows.group_by(KEY).aggregate(**columns)

    def reduce(self, aggregate: Aggregate) -> Any:
        rows = self.rows
        age = (rows.cutoff - rows.start_ts + (DAY - 1)) // DAY
        inside = self.seen(age, aggregate.window)
        if aggregate.operator is Operator.COUNT:
            return rows.count(where=inside)
        assert aggregate.value is not None
        value = on_rows(aggregate.value, rows)
        match aggregate.operator:
            case Operator.TOTAL:
                return _sum(value, inside)
            case Operator.FIRST:
                return value.min()
            case _:
                return value.max()


class _GapRows(_Rows):
    """Items and how long before they were met: distinct counts as sums."""

    of_none = 0

    @cached_property
    def heard(self) -> dict[str, Aggregate]:
        wanted = self.wanted(Grain.EVENT)
        return {name: aggregate for name, aggregate in wanted.items() if aggregate.operator in ITEM_OPERATORS}

    @cached_property
    def counted(self) -> dict[tuple[Window, int], str]:
        """Each window and reach that some aggregate counts, and the column of `spans` that says when it does."""
        found = {(a.window, reach_days(a, self.horizon)) for a in self.heard.values()}
        return {key: f"is_counted_{n}" for n, key in enumerate(sorted(found, key=repr))}

    @property
    def spans(self) -> "ir.Table":
        """Every day, gap and cut-off of which some aggregate counts the items; no item met before has a longer gap."""
        import ibis

        every_gap = ibis.range(1, self.horizon.lookback_days + 2).unnest().name("gap").as_table()
        pairs = _ages().cross_join(every_gap)
        flags = {name: self.is_first(pairs, *key) for key, name in self.counted.items()}
        flagged = pairs.select("day", "cutoff", gap=pairs.gap.cast("int64"), **flags)
        return flagged.filter(reduce(or_, [flagged[name] for name in flags]))

    @cached_property
    def rows(self) -> "ir.Table":
        """The gaps beside the cut-offs that count them: most items of a lookback were met before in it."""
        gaps = self.table.mutate(gap=self.table.gap_days.fill_null(self.horizon.lookback_days + 1))
        return gaps.inner_join(self.spans, ["day", "gap"])

    @property
    def aggregated(self) -> "ir.Table":
        return self.rows.group_by(KEY).aggregate(**{n: self.reduce(a) for n, a in self.heard.items()})

    def is_first(self, pairs: "ir.Table", window: Window, reach: int) -> Any:
        """Whether items lie in the window, and were not met before within the reach."""
        inside = self.seen(pairs.age, window)
        is_first = pairs.age + pairs.gap > reach
        return is_first if inside is None else inside & is_first

    def reduce(self, aggregate: Aggregate) -> Any:
        assert aggregate.value is not None
        items = self.rows[ITEMS[aggregate.value.text()]]
        key = aggregate.window, reach_days(aggregate, self.horizon)
        return _sum(items, self.rows[self.counted[key]])


def _sum(value: Any, where: Any) -> Any:
    """A sum of whole numbers, 0 of none."""
    return value.sum(where=where).fill_null(0)
