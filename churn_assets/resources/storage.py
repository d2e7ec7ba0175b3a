"""Resources that hold where logs land, where tables live, and what evaluates expressions over them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self

import dagster as dg

from churn_assets.ingest.arrivals import Arrivals, arrivals
from churn_assets.lake.copies import Copies
from churn_assets.lake.engine import Engine, Maker
from churn_assets.lake.lake import Lake
from churn_assets.lake.spark.engine import SparkEngine
from churn_assets.lake.spark.session import Cluster
from churn_assets.serving.log_days import LogDays
from churn_assets.settings import Settings


class LandingResource(dg.ConfigurableResource):  # type: ignore[type-arg]  # Dagster leaves its resources generic
    """The landing folder, and which days of what lands there belong to the log."""

    url: str
    first_day: str
    last_day: str | None = None
    """None where the log is live; it then ends yesterday."""
    use_served_events: bool = True

    def arrivals(self, lake: Lake) -> Arrivals:
        """What has landed; LandingError if the folder is not there."""
        found = arrivals(self.url, lake, self.first, self.last)
        return found if self.use_served_events else found.without_served()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The landing folder that the settings describe."""
        return cls(
            url=settings.landing_url,
            first_day=settings.first_day.isoformat(),
            last_day=None if settings.last_day == "open" else settings.last_day.isoformat(),
            use_served_events=settings.use_served_events,
        )

    @property
    def first(self) -> date:
        """The first day of the log."""
        return date.fromisoformat(self.first_day)

    @property
    def days(self) -> LogDays:
        """The days that lines may belong to, now or later: an open log has no last one."""
        return LogDays(self.first, self.last if self.last_day else date.max)

    @property
    def last(self) -> date:
        """The last day of the log."""
        return date.fromisoformat(self.last_day) if self.last_day else datetime.now(UTC).date() - timedelta(days=1)


class LakeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The lake of Parquet tables."""

    root: str
    copies: str = ".lake-copies"
    """Folder of local copies, where `root` is the URL of an object store."""
    copies_gb: float = 20.0

    @property
    def lake(self) -> Lake:
        """The lake below `root`."""
        return Lake.at(self.root, Copies.up_to(Path(self.copies), self.copies_gb))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The lake that the settings describe."""
        return cls(root=settings.lake_url, copies=str(settings.lake_copies), copies_gb=settings.lake_copies_gb)


class EngineResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """DuckDB in the process of the run; with `spark_url`, tables are made by Spark, and DuckDB only looks at them."""

    threads: int
    memory_limit: str
    spill: str
    queries: str | None = None
    """Folder of the queries that were compiled before; None compiles each anew."""
    spark_url: str | None = None
    spark_memory: str = "2g"

    @property
    def engine(self) -> Engine:
        """An engine; it connects when it is used."""
        queries = Path(self.queries) if self.queries else None
        return Engine(self.threads, self.memory_limit, Path(self.spill), queries)

    @property
    def maker(self) -> Maker:
        """What makes tables from recipes: that engine, or Spark."""
        if self.spark_url is None:
            return self.engine
        return SparkEngine(Cluster(self.spark_url, self.spark_memory, Path(self.spill) / "spark"))
