"""Resources that hold where logs land, where tables live, and what evaluates expressions over them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg

from churn_assets.ingest.arrivals import Arrivals, arrivals
from churn_assets.lake.engine import Engine
from churn_assets.lake.lake import Lake


class LandingResource(dg.ConfigurableResource):  # type: ignore[type-arg]  # Dagster leaves its resources generic
    """The landing folder, and which days of what lands there belong to the log."""

    url: str
    first_day: str
    last_day: str | None = None
    """None where the log is live; it then ends yesterday."""

    def arrivals(self, lake: Lake) -> Arrivals:
        """What has landed; LandingError if the folder is not there."""
        return arrivals(self.url, lake, date.fromisoformat(self.first_day), self.last)

    @property
    def last(self) -> date:
        """The last day of the log."""
        return date.fromisoformat(self.last_day) if self.last_day else datetime.now(UTC).date() - timedelta(days=1)


class LakeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The lake of Parquet tables."""

    root: str

    @property
    def lake(self) -> Lake:
        """The lake below `root`."""
        return Lake(Path(self.root))


class EngineResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """DuckDB in the process of the run."""

    threads: int
    memory_limit: str
    spill: str

    @property
    def engine(self) -> Engine:
        """An engine; it connects when it is used."""
        return Engine(self.threads, self.memory_limit, Path(self.spill))
