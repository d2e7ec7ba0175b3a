"""What each table's charts show: queries over the files just written, drawn by `plots`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import dagster as dg

from churn_assets.contracts.contract import Type
from churn_assets.cutoffs import DAY, EPOCH
from churn_assets.lake.engine import Engine, scan_sql
from churn_assets.lake.lake import Scan
from churn_assets.resources.lake_io import Report
from churn_assets.resources.plots import THIRD, Histogram, bars, line, picture, small_histograms

TOP_PAGES = 12
BINS = 20


Draw = Callable[[Scan, Engine], dg.MetadataValue[Any]]


def charted(draw: Draw) -> Report:
    """A report that shows the chart on the last partition of the run, so that it is stored once."""
    return lambda landed: {landed.scan.keys[-1]: {"plot": draw(landed.scan, landed.engine)}}


def queried(scan: Scan, engine: Engine, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query over the view `t`, the files of `scan` with times as whole numbers."""
    with engine.connect() as connection:
        connection.execute(f"CREATE TEMP VIEW t AS {scan_sql(scan)}")
        return connection.execute(query).fetchall()


def events_chart(scan: Scan, engine: Engine) -> dg.MetadataValue[Any]:
    """Events a day, events by hour of the day, and the share of each page."""
    days = queried(scan, engine, "SELECT day, count(*) FROM t GROUP BY ALL ORDER BY 1")
    hours = queried(scan, engine, "SELECT ts // 3600000 % 24, count(*) FROM t GROUP BY ALL ORDER BY 1")
    share = "100.0 * count(*) / sum(count(*)) OVER ()"
    pages = queried(scan, engine, f"SELECT page, {share} FROM t GROUP BY page ORDER BY 2 DESC LIMIT {TOP_PAGES}")
    panels = [
        line("events a day", [day_key(day) for day, _ in days], [n for _, n in days]),
        line("events by hour of the day (UTC)", [str(hour) for hour, _ in hours], [n for _, n in hours]),
        bars("share of pages, %", [page for page, _ in pages], [share for _, share in pages]),
    ]
    return picture(panels, columns=3, size=THIRD)


def daily_rows_chart(title: str) -> Draw:
    """Rows a day."""
    return lambda scan, engine: _daily_rows(scan, engine, title)


def _daily_rows(scan: Scan, engine: Engine, title: str) -> dg.MetadataValue[Any]:
    days = queried(scan, engine, "SELECT day, count(*) FROM t GROUP BY ALL ORDER BY 1")
    return picture([line(title, [day_key(day) for day, _ in days], [n for _, n in days])], columns=1)


def features_chart(scan: Scan, engine: Engine) -> dg.MetadataValue[Any]:
    """The distribution of every numeric feature from its 1st to its 99th percentile, what lies beyond counted there."""
    names = [column.name for column in scan.contract.columns if column.type is Type.NUMBER]
    ends = _each(scan, engine, [f"quantile_cont({name}, [0.01, 0.99])" for name in names])
    axes = [_Axis(name, *(end or (0.0, 0.0))) for name, end in zip(names, ends, strict=True)]
    counts = _each(scan, engine, [f"histogram({_bin(*axis)})" for axis in axes])
    return small_histograms([_histogram(axis, found or {}) for axis, found in zip(axes, counts, strict=True)])


class _Axis(NamedTuple):
    """A feature, and the ends of the axis that it is drawn on."""

    name: str
    low: float
    high: float


def _each(scan: Scan, engine: Engine, expressions: Sequence[str]) -> Sequence[Any]:
    """What each of these expressions is over all rows."""
    ((*found,),) = queried(scan, engine, f"SELECT {', '.join(expressions)} FROM t")
    return found


def _histogram(axis: _Axis, counts: Mapping[int, int]) -> Histogram:
    return Histogram(*axis, [counts.get(number, 0) for number in range(BINS)])


def _bin(name: str, low: float, high: float) -> str:
    """SQL of the bin that a value falls into; values beyond the ends fall into the outermost."""
    width = (high - low) / BINS or 1.0
    return f"least(greatest(floor(({name} - {low}) / {width}), 0), {BINS - 1})::INTEGER"


def labels_chart(scan: Scan, engine: Engine) -> dg.MetadataValue[Any]:
    """Churn and cancellation rate of the listeners at risk, and their number, by cut-off."""
    rates = "100 * avg(churned::INT), 100 * avg(cancelled::INT), count(*)"
    query = f"SELECT cutoff, {rates} FROM t WHERE at_risk GROUP BY ALL ORDER BY 1"
    titles = ("churned, % of listeners at risk", "cancelled, % of listeners at risk", "listeners at risk")
    return _by_cutoff(titles, queried(scan, engine, query))


def population_chart(scan: Scan, engine: Engine) -> dg.MetadataValue[Any]:
    """Listeners seen and at risk, by cut-off."""
    sums = "count(*), sum(at_risk::INT), sum(is_cancelled::INT)"
    query = f"SELECT cutoff, {sums} FROM t GROUP BY ALL ORDER BY 1"
    titles = ("listeners seen in the lookback", "listeners at risk", "listeners already gone")
    return _by_cutoff(titles, queried(scan, engine, query))


def _by_cutoff(titles: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dg.MetadataValue[Any]:
    """A panel for each title, a line over the cut-offs that the rows begin with."""
    cutoffs = [day_key(cutoff // DAY) for cutoff, *_ in rows]
    panels = [line(title, cutoffs, [row[n] for row in rows]) for n, title in enumerate(titles, start=1)]
    return picture(panels, columns=3, size=THIRD)


def day_key(epoch_day: int) -> str:
    """A day counted from 1970-01-01 as a partition key."""
    return (EPOCH + timedelta(days=epoch_day)).isoformat()
