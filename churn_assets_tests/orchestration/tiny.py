"""A tiny music service in a folder: landing files, settings, definitions and Dagster's history, all real."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from churn_assets.cutoffs import HOUR, MINUTE, days_between, epoch_ms
from churn_assets.definitions import build_defs
from churn_assets.ingest.arrivals import remember
from churn_assets.lake.engine import describe
from churn_assets.lake.lake import Lake
from churn_assets.resources.planning import AssetState, Work, plan
from churn_assets.resources.prediction_store import StoreResource
from churn_assets.resources.progress import SILENCE, Listener
from churn_assets.resources.runner import Range, RunResult, run_assets
from churn_assets.resources.state import Platform
from churn_assets.resources.storage import LandingResource
from churn_assets.settings import Settings

FIRST_DAY = date(2024, 1, 1)
DAYS = 23
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
LOOKBACK_DAYS = 14
HORIZON_DAYS = 7
LISTENERS = 6
STAGES = ("ingest", "features", "labels")
CUTOFFS = ["2024-01-08", "2024-01-15", "2024-01-22"]
MATURE_CUTOFFS = CUTOFFS[:2]
DAILY = [
    "raw_logs",
    "quarantined_lines",
    "events",
    "sessions",
    "listener_days",
    "listener_item_gaps",
]

Line = Mapping[str, Any]


def line(day: date, user: int, item: int = 0, **fields: Any) -> Line:
    """One log line of a listener: song `item` of the day, in one session a day."""
    ts = epoch_ms(day) + (8 + user) * HOUR + item * 4 * MINUTE
    return {
        "ts": ts,
        "userId": str(user),
        "sessionId": (day - FIRST_DAY).days,
        "itemInSession": item,
        "page": "NextSong",
        "level": "free",
        "artist": f"Artist {user}",
        "song": f"Song {(day.day + item) % 7}",
        "length": 240.5,
        "gender": "F",
        "firstName": "Zaphod",
        "lastName": "Beeblebrox",
        "location": "Napa, CA",
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:31.0) Gecko/20100101 Firefox/31.0",
        "registration": epoch_ms(FIRST_DAY - timedelta(days=100)),
        **fields,
    }


def day_lines(day: date) -> list[Line]:
    """A day of the service: each listener comes every (number)th day, and one visitor looks in."""
    number = (day - FIRST_DAY).days
    lines = [line(day, user, item) for user in range(1, LISTENERS + 1) if number % user == 0 for item in range(3)]
    return [*lines, {**line(day, 9, page="Home"), "userId": ""}]


def write_lines(path: Path, lines: Iterable[Line | str]) -> None:
    """A landing file with these lines, texts as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{text if isinstance(text, str) else json.dumps(text)}\n" for text in lines))


@dataclass(frozen=True)
class Site:
    """Everything below one folder."""

    home: Path
    engine: Literal["duckdb", "spark"] = field(default="duckdb", kw_only=True)

    @property
    def landing(self) -> Path:
        """The landing folder."""
        return self.home / "landing"

    @cached_property
    def settings(self) -> Settings:
        """Settings with a short lookback and horizon, so that a month holds several mature cut-offs."""
        return Settings(
            _env_file=None,
            home=self.home,
            engine=self.engine,
            spark_memory="1g",
            first_day=FIRST_DAY,
            last_day=LAST_DAY,
            lookback_days=LOOKBACK_DAYS,
            horizon_days=HORIZON_DAYS,
            at_risk_days=7,
            warmup_days=7,
        )

    @cached_property
    def defs(self) -> dg.Definitions:
        """The platform's definitions."""
        return build_defs(self.settings)

    @cached_property
    def instance(self) -> dg.DagsterInstance:
        """Dagster's history below the folder."""
        folder = self.home / ".dagster"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(folder)))

    @property
    def lake(self) -> Lake:
        """The lake."""
        return Lake(Path(self.settings.lake_url))

    def run(self, assets: Sequence[str], first: str = "", last: str = "", *, progress: Listener = SILENCE) -> RunResult:
        """Materialise a range of partitions."""
        span = Range(first, last or first)
        return run_assets(self.defs, assets, span, instance=self.instance, progress=progress)

    def states(self, *stages: str) -> dict[str, AssetState]:
        """States of the three stages, or of those that are named, by asset."""
        found = LandingResource.of(self.settings).arrivals(self.lake).surveyed()
        remember(found, self.lake)
        graph = self.defs.resolve_asset_graph()
        served = StoreResource(url=self.settings.prediction_store_url).versions(FIRST_DAY, LAST_DAY)
        platform = Platform(graph, self.instance, self.lake, self.settings.cutoffs, found.versions(), 3, served)
        keys = graph.get_all_asset_keys()
        staged = {key.to_user_string() for key in keys if graph.get(key).group_name in (stages or STAGES)}
        return {state.asset: state for state in platform.states() if state.asset in staged}

    def stale(self) -> dict[str, dict[str, str]]:
        """What is stale, and why, of the assets that have something stale."""
        return {name: dict(state.stale) for name, state in self.states().items() if state.stale}

    def plan(self) -> list[Work]:
        """What there is to do."""
        return plan(list(self.states().values()))

    def catch_up(self) -> list[Work]:
        """Run until nothing is left to do; gives what was done."""
        done: list[Work] = []
        while works := self.plan():
            for work in works:
                self.run(work.assets, work.first, work.last)
            done += works
        return done

    def events_of(self, asset: str) -> list[dg.AssetMaterialization]:
        """Every materialisation of an asset, oldest first."""
        records = self.instance.fetch_materializations(dg.AssetKey(asset), limit=1000).records
        found = [record.asset_materialization for record in records]
        return [made for made in reversed(found) if made is not None]

    def metadata(self, asset: str, key: str) -> dict[str, Any]:
        """Metadata of the latest materialisation of a partition, as plain values."""
        made = [event for event in self.events_of(asset) if event.partition == key]
        return {name: value.value for name, value in made[-1].metadata.items()}

    def digests(self) -> dict[str, str]:
        """Hash of the content of every file of the lake, by path."""
        files = sorted(self.lake.root.glob("*/*/part-0.parquet"))
        return {str(path.relative_to(self.lake.root)): describe("", path).sha256 for path in files}


def landed_site(home: Path, engine: Literal["duckdb", "spark"] = "duckdb") -> Site:
    """A site with one landing file a day and nothing materialised."""
    site = Site(home, engine=engine)
    for day in days_between(FIRST_DAY, LAST_DAY):
        write_lines(site.landing / f"{day}.json", day_lines(day))
    return site


def copied(site: Site, home: Path) -> Site:
    """A copy of a site that may be changed."""
    shutil.copytree(site.home, home, copy_function=shutil.copy2)
    return Site(home)
