"""The tiny service whose logs land in a bucket and whose tables live in one, beside the same in folders."""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from churn_assets.lake.lake import Lake
from churn_assets.settings import Settings
from churn_assets_tests.orchestration.growing import promote
from churn_assets_tests.orchestration.tiny import CUTOFFS, Site, landed_site


@dataclass(frozen=True)
class BucketSite(Site):
    """A site at a URL, as a machine sees it whose home is `home`."""

    url: str

    @cached_property
    def settings(self) -> Settings:
        """The settings of a site, logs and lake elsewhere."""
        places = {"landing": f"{self.url}/landing", "lake": f"{self.url}/lake"}
        return Site(self.home).settings.model_copy(update=places)

    @property
    def lake(self) -> Lake:
        """The lake behind the URL."""
        return Lake.of(self.settings)


def scored(site: Site) -> Site:
    """The site with everything made from its logs, and with scores by a small champion."""
    site.catch_up()
    promote(site)
    site.run(["churn_scores"], CUTOFFS[0], CUTOFFS[-1])
    site.run(["training_set"])
    return site


def landed_in(bucket: BucketSite, beside: Path) -> BucketSite:
    """The logs of the tiny service, put into the landing folder of a bucket site."""
    local = landed_site(beside)
    system = bucket.lake.store.system  # type: ignore[union-attr]
    for path in sorted(local.landing.iterdir()):
        system.put_file(str(path), f"{bucket.url.removeprefix('s3://')}/landing/{path.name}")
    return bucket


def copied_in(site: BucketSite, name: str, home: Path) -> BucketSite:
    """A copy of a site, in a bucket of its own name and another home, that a test may change."""
    copy = BucketSite(home, f"{site.url}-{name}")
    system = site.lake.store.system  # type: ignore[union-attr]
    system.copy(site.url, copy.url, recursive=True)
    shutil.copytree(site.home, home)
    return copy


def tables(lake: Lake) -> dict[str, pa.Table]:
    """Every row of a lake, by the name of its file; when they were computed is left out."""
    found = [file for table in lake.store.tables() for file in lake.below(table).items()]
    return {name: _timeless(pq.ParquetFile(path).read()) for name, path in found}


def _timeless(rows: pa.Table) -> pa.Table:
    return rows.drop_columns([name for name in ("inference_timestamp",) if name in rows.column_names])
