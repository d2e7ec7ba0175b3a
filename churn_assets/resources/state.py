"""What is materialised, missing and stale, and why: Dagster's own rules, for all assets at once and in few queries.

A partition is stale when its code version changed, when the content of an upstream partition it was made
from changed since, when what it was read from outside of the lake (landing files, the prediction store)
has another version, or when its contract is broken or was never checked. Dagster's UI says the same for the
first two, one partition at a time.
"""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetNode
from dagster._core.definitions.metadata.metadata_value import ObjectMetadataValue

from churn_assets.contracts.contract import Contract
from churn_assets.cutoffs import CutoffSchedule
from churn_assets.ingest.clock import clock_if_landed
from churn_assets.ingest.tables import RAW_LOGS
from churn_assets.lake.lake import WHOLE, Lake
from churn_assets.resources.checks import CHECK
from churn_assets.resources.history import Histories, History, Made
from churn_assets.resources.lake_asset import AFTER, MATURE, NEWEST, ON_REQUEST, POSSIBLE, RECENT, RECORD, SERVED
from churn_assets.resources.lake_io import CONTRACT
from churn_assets.resources.partitions import Reach, reach
from churn_assets.resources.planning import AssetState
from churn_assets.serving.tables import PREDICTION_LOG

LANDING_VERSION = "landing_version"
"""Metadata of a raw day: which version of its landing files it was read from."""
STORE_VERSION = "store_version"
"""Metadata of a day of the prediction log: which version of the prediction store it was read from."""
NOTHING_LANDED = NOTHING_SERVED = ""
OTHERS_SERVED = "other predictions were served"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Platform:
    """Everything that says what is done and what is not: definitions, event log, lake, schedule, landing, store.

    `landing` holds the version of what has landed, by day (`Arrivals.versions`), and `served` that of what the
    prediction store holds (`StoreResource.versions`); None leaves either out of the judgement. `report_days` is the
    number of newest days that reports are made for.
    """

    graph: AssetGraph
    instance: dg.DagsterInstance
    lake: Lake
    schedule: CutoffSchedule
    landing: Mapping[str, str] | None = None
    report_days: int = 0
    served: Mapping[str, str] | None = None
    kept: Histories | None = None
    """What is known of the event log from earlier looks; None where this is the only one."""

    def states(self) -> list[AssetState]:
        """The state of every table of the lake, upstream ones first."""
        order = [key for level in self.graph.toposorted_asset_keys_by_level for key in sorted(level)]
        return [
            self._state(_Asset(self, self.graph.get(key))) for key in order if CONTRACT in self.graph.get(key).metadata
        ]

    def _state(self, asset: "_Asset") -> AssetState:
        keys, there = asset.possible, set(asset.there)
        return AssetState(
            asset=asset.name,
            grain=asset.contract.partition,
            keys=tuple(keys),
            materialised=tuple(asset.there),
            missing=tuple(key for key in keys if key not in there),
            stale=asset.stale(),
            parents=tuple(key.to_user_string() for key in sorted(asset.node.parent_keys)),
            together=asset.together,
            is_record=RECORD in asset.node.metadata,
        )

    def ground(self, assets: Sequence[str]) -> str:
        """Hash of all that these assets are made from: the same work on the same ground has been tried already."""
        names = sorted({*assets, *self._above(assets)})
        made = {name: _versions(self.histories[name]) for name in names}
        served = self.served if PREDICTION_LOG.table in names else None
        outside = sorted((self.landing or {}).items()), sorted((served or {}).items())
        return hashlib.sha256(repr((outside, made)).encode()).hexdigest()[:16]

    def _above(self, assets: Sequence[str]) -> Iterator[str]:
        """Names of all that these assets are made from."""
        for asset in assets:
            yield from (key.to_user_string() for key in self.graph.get_ancestor_asset_keys(dg.AssetKey(asset)))

    @cached_property
    def clock(self) -> date | None:
        """The data clock; None while nothing has landed."""
        return clock_if_landed(self.lake)

    def recent(self, keys: Sequence[str]) -> Sequence[str]:
        """Those of the days `keys` that reports are made for: the newest ones that have landed."""
        if self.clock is None:
            return []
        first, end = (self.clock - timedelta(days=self.report_days)).isoformat(), self.clock.isoformat()
        return [key for key in keys if first <= key < end]

    def width(self, node: BaseAssetNode) -> timedelta:
        """How many days a partition of an asset stands for."""
        return self.schedule.step if _contract(node).partition == "cutoff" else ONE_DAY

    @property
    def outside(self) -> Mapping[str, "_Outside"]:
        """What tables are read from that is no table, by table."""
        return {
            RAW_LOGS.table: _Outside(LANDING_VERSION, self.landing, "other files have landed"),
            PREDICTION_LOG.table: _Outside(STORE_VERSION, self.served, OTHERS_SERVED),
        }

    @cached_property
    def histories(self) -> Mapping[str, History]:
        """Event logs by asset, each asked once."""
        kept = self.kept or Histories(self.instance)
        return kept.of([key.to_user_string() for key in self.graph.get_all_asset_keys()])


@dataclass(frozen=True)
class _Outside:
    """The versions, by day, of what lies outside of the lake, and the metadata that says which one was read."""

    key: str
    versions: Mapping[str, str] | None
    what: str

    def changes(self, key: str, made: Made) -> Iterator[str]:
        """In words, that the day `key` has another version than when it was made; nothing where none are known."""
        seen = made.metadata.get(self.key)
        if self.versions is not None and (str(seen.value) if seen else "") != self.versions.get(key, ""):
            yield self.what


@dataclass(frozen=True, eq=False)
class _Asset:
    """One asset of the platform."""

    platform: Platform
    node: BaseAssetNode

    @property
    def name(self) -> str:
        return self.node.key.to_user_string()

    @cached_property
    def contract(self) -> Contract:
        return _contract(self.node)

    @property
    def together(self) -> tuple[str, ...]:
        return tuple(sorted(key.to_user_string() for key in self.node.execution_set_asset_keys))

    @cached_property
    def made(self) -> Mapping[str, Made]:
        return self.platform.histories[self.name].made

    @cached_property
    def there(self) -> list[str]:
        """Keys that both the lake and the event log have."""
        return [key for key in self.platform.lake.keys(self.contract) if key in self.made]

    @cached_property
    def possible(self) -> Sequence[str]:
        """Keys that can be made of what has landed."""
        platform = self.platform
        match self.contract.partition:
            case None:
                return self.there if self.node.metadata.get(POSSIBLE) == ON_REQUEST else [WHOLE]
            case "day":
                assert self.node.partitions_def is not None
                return self._days(self.node.partitions_def.get_partition_keys())
            case _ if platform.clock is None:
                return []
            case _:
                return self._cutoffs(platform.clock)

    def _cutoffs(self, clock: date) -> Sequence[str]:
        """Those of the cut-offs up to the data clock that can be made."""
        schedule, rule = self.platform.schedule, self.node.metadata.get(POSSIBLE)
        landed = [day.isoformat() for day in (schedule.mature(clock) if rule == MATURE else schedule.up_to(clock))]
        return [key for key in landed if key in self.there or key == landed[-1]] if rule == NEWEST else landed

    def _days(self, keys: Sequence[str]) -> Sequence[str]:
        """Those of the days `keys` that can be made."""
        platform, rule = self.platform, self.node.metadata.get(POSSIBLE)
        if rule == RECENT:
            return platform.recent(keys)
        if rule == SERVED:
            wanted = {*platform.recent(keys), *(platform.served or {}), *self.there}
            return [key for key in keys if key in wanted]
        return keys

    def stale(self) -> dict[str, str]:
        """Why each stale partition is, in a few words; one that cannot be made any more stays what it is."""
        possible = set(self.possible)
        return {key: reason for key, reason in self._stale().items() if key in possible}

    def _stale(self) -> dict[str, str]:
        unkept = self._unkept()
        if RECORD in self.node.metadata:
            return unkept
        after = self.node.metadata.get(AFTER, ())
        parents = [_Parent.of(self, key) for key in sorted(self.node.parent_keys) if key.to_user_string() not in after]
        reasons: dict[str, str] = {}
        for key in self.there:
            reason = next(self._reasons(key, parents), None) or unkept.get(key)
            if reason:
                reasons[key] = reason
        return reasons

    def _reasons(self, key: str, parents: Sequence["_Parent"]) -> Iterator[str]:
        made = self.made[key]
        if self.node.code_version is not None and made.code_version != self.node.code_version:
            yield "its code changed"
        if self.contract.table in self.platform.outside:
            yield from self.platform.outside[self.contract.table].changes(key, made)
        for parent in parents:
            yield from parent.changes(key, made)

    def _unkept(self) -> dict[str, str]:
        """Partitions whose contract is broken, or was not checked since they were made."""
        if dg.AssetCheckKey(self.node.key, CHECK) not in self.node.check_keys:
            return {}
        open_keys = set(self.there)
        reasons: dict[str, str] = {}
        for judged in self.platform.histories[self.name].judgements():
            for key in [key for key in open_keys if judged.covers(key)]:
                open_keys.discard(key)
                if judged.timestamp < self.made[key].timestamp:
                    reasons[key] = "its contract was not checked"
                elif not judged.is_kept:
                    reasons[key] = "its contract is broken"
            if not open_keys:
                break
        return reasons | dict.fromkeys(open_keys, "its contract was not checked")


def _versions(history: History) -> dict[str, str | None]:
    return {key: made.version for key, made in history.made.items()}


def _contract(node: BaseAssetNode) -> Contract:
    carried = node.metadata[CONTRACT]
    assert isinstance(carried, ObjectMetadataValue)
    assert isinstance(carried.instance, Contract)
    return carried.instance


@dataclass(frozen=True, eq=False)
class _Parent:
    """One upstream asset, as a partition downstream sees it."""

    history: History
    reach: Reach | None
    """None: every partition."""
    newest: Sequence[tuple[str, int]]
    """Newest event of each partition, by key."""

    @classmethod
    def of(cls, child: _Asset, key: dg.AssetKey) -> "_Parent":
        """The parent `key` of an asset."""
        platform = child.platform
        history = platform.histories[key.to_user_string()]
        newest = sorted((partition, made.event) for partition, made in history.made.items())
        is_windowed = child.contract.partition is not None and platform.graph.get(key).partitions_def is not None
        if not is_windowed:
            return cls(history, None, newest)
        mapping = platform.graph.get_partition_mapping(child.node.key, key)
        step, upstream = (platform.width(node) for node in (child.node, platform.graph.get(key)))
        return cls(history, reach(mapping, step, upstream=upstream), newest)

    def changes(self, key: str, made: Made) -> Iterator[str]:
        """In words, an upstream partition that holds something else than when `made` was."""
        seen = made.saw(self.history.asset)
        for upstream, event in self._within(key):
            if event > (seen or 0) and self.history.made[upstream].version != self.history.versions_at(seen).get(
                upstream
            ):
                yield f"{self.history.asset} {upstream} changed".replace("  ", " ")

    def _within(self, key: str) -> Sequence[tuple[str, int]]:
        if self.reach is None:
            return self.newest
        first, last = self.reach.span(key)
        return self.newest[bisect_left(self.newest, (first, 0)) : bisect_right(self.newest, (last + "~", 0))]
