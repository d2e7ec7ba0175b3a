"""What Dagster's event log knows of an asset: the latest materialisation and contract check of each partition."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation
from dagster._core.definitions.data_version import (
    CODE_VERSION_TAG,
    DATA_VERSION_TAG,
    NULL_EVENT_POINTER,
    get_input_event_pointer_tag,
)
from dagster._core.events import DagsterEventType
from dagster._core.storage.asset_check_execution_record import COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES

from churn_assets.lake.lake import WHOLE
from churn_assets.resources.checks import CHECK, FIRST_KEY, LAST_KEY

MADE = DagsterEventType.ASSET_MATERIALIZATION
PAGE = 200
MOST_LATER = 1_000
"""With more events than these since the last look, all of them are read again."""


@dataclass(frozen=True)
class Made:
    """The latest materialisation of a partition: where in the log and when, with its tags and metadata."""

    event: int
    timestamp: float
    tags: Mapping[str, str]
    metadata: Mapping[str, Any]
    run_id: str = ""

    @property
    def version(self) -> str | None:
        """Hash of the content."""
        return self.tags.get(DATA_VERSION_TAG)

    @property
    def code_version(self) -> str | None:
        """Version of the code that made it."""
        return self.tags.get(CODE_VERSION_TAG)

    def saw(self, parent: str) -> int | None:
        """Newest event of the parent when this was made; None if there was none, or it was not yet a parent."""
        pointer = self.tags.get(get_input_event_pointer_tag(dg.AssetKey(parent)), NULL_EVENT_POINTER)
        return None if pointer == NULL_EVENT_POINTER else int(pointer)


@dataclass(frozen=True)
class Judged:
    """One evaluation of the contract: which partitions (None: all), when, and whether it was kept."""

    timestamp: float
    first: str | None
    last: str | None
    is_kept: bool

    def covers(self, key: str) -> bool:
        """Whether the partition was judged."""
        return self.first is None or (self.last is not None and self.first <= key <= self.last)


@dataclass(frozen=True, eq=False)
class History:
    """The event log of one asset."""

    instance: dg.DagsterInstance
    asset: str
    known: "History | None" = None
    """The same log as it was read earlier, up to the event `read_up_to`: only what is newer is read again."""
    read_up_to: int = 0

    @property
    def key(self) -> dg.AssetKey:
        """The asset's key."""
        return dg.AssetKey(self.asset)

    @cached_property
    def made(self) -> Mapping[str, Made]:
        """The latest materialisation of each partition; two queries however many there are."""
        later = self._later()
        if later is not None:
            return later
        ids = self._latest_events()
        if not ids:
            return {}
        chosen = dg.AssetRecordsFilter(self.key, storage_ids=sorted(ids))
        return _latest(self.instance.fetch_materializations(chosen, limit=len(ids)).records)

    def after(self, event: int) -> "History":
        """The same log as it is now, of which this one knows what was made up to `event`."""
        return replace(self, known=self if "made" in vars(self) else None, read_up_to=event)

    def _later(self) -> dict[str, Made] | None:
        """What is known, and what was made since; None if that is nothing, or so much that all is read again."""
        if self.known is None:
            return None
        later = dg.AssetRecordsFilter(self.key, after_storage_id=self.read_up_to)
        records = self.instance.fetch_materializations(later, limit=MOST_LATER, ascending=True).records
        return None if len(records) == MOST_LATER else {**self.known.made, **_latest(records)}

    def _latest_events(self) -> Sequence[int]:
        by_partition = self.instance.event_log_storage.get_latest_storage_id_by_partition(self.key, MADE)
        if by_partition:
            return list(by_partition.values())
        latest = self.instance.fetch_materializations(self.key, limit=1).records
        return [record.storage_id for record in latest]

    def versions_at(self, event: int | None) -> Mapping[str, str]:
        """Content hash of each partition as of an event of the log; nothing at all before the first."""
        if event is None:
            return {}
        if event not in self._versions:
            self._versions[event] = self._find_versions(event)
        return self._versions[event]

    @cached_property
    def _versions(self) -> dict[int, Mapping[str, str]]:
        # What was there as of an event does not change.
        return {} if self.known is None else self.known._versions  # noqa: SLF001 — another of the same class

    def _find_versions(self, event: int) -> Mapping[str, str]:
        if WHOLE in self.made:
            return self._whole_at(event)
        storage = self.instance.event_log_storage
        found = storage.get_latest_tags_by_partition(self.key, MADE, [DATA_VERSION_TAG], before_cursor=event + 1)
        return {partition: tags[DATA_VERSION_TAG] for partition, tags in found.items()}

    def _whole_at(self, event: int) -> Mapping[str, str]:
        """The same for a table without partitions, which Dagster's query by partition leaves out."""
        wanted = dg.AssetRecordsFilter(self.key, before_storage_id=event + 1)
        records = self.instance.fetch_materializations(wanted, limit=1).records
        done = records[0].asset_materialization if records else None
        version = (done.tags or {}).get(DATA_VERSION_TAG) if done else None
        return {} if version is None else {WHOLE: version}

    def judgements(self) -> Iterator[Judged]:
        """Evaluations of the contract, newest first."""
        check = dg.AssetCheckKey(self.key, CHECK)
        cursor: int | None = None
        while True:
            page = self.instance.event_log_storage.get_asset_check_execution_history(
                check, limit=PAGE, cursor=cursor, status=COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES
            )
            for record in page:
                evaluation = _evaluation(record.event)
                if record.event is not None and evaluation is not None:
                    yield _judged(record.event.timestamp, evaluation)
            if len(page) < PAGE:
                return
            cursor = page[-1].id


def _latest(records: Sequence[dg.EventLogRecord]) -> dict[str, Made]:
    """What was made last of each partition; `records` are in order of the log, or hold each partition once."""
    found: dict[str, Made] = {}
    for record in records:
        done = record.asset_materialization
        assert done is not None
        made = Made(record.storage_id, record.timestamp, done.tags or {}, done.metadata, record.run_id)
        found[done.partition or WHOLE] = made
    return found


@dataclass(eq=False)
class Histories:
    """The event logs of assets, kept from one look to the next, so that only what is new is read again.

    For one process that looks again and again while it works. Nobody may take events away meanwhile, as forgetting
    does: it lets nothing run beside it.
    """

    instance: dg.DagsterInstance
    _read_up_to: int = 0
    _known: Mapping[str, History] = field(default_factory=dict)

    def of(self, assets: Sequence[str]) -> Mapping[str, History]:
        """The logs as they are now, by asset."""
        newest = self.instance.event_log_storage.get_maximum_record_id() or 0
        if newest > self._read_up_to:
            self._known = {asset: history.after(self._read_up_to) for asset, history in self._known.items()}
            self._read_up_to = newest
        fresh = {asset: History(self.instance, asset) for asset in assets if asset not in self._known}
        self._known = {**self._known, **fresh}
        return self._known


def _evaluation(entry: dg.EventLogEntry | None) -> AssetCheckEvaluation | None:
    event = entry.dagster_event if entry else None
    data = event.event_specific_data if event else None
    return data if isinstance(data, AssetCheckEvaluation) else None


def _judged(timestamp: float, evaluation: AssetCheckEvaluation) -> Judged:
    first, last = (evaluation.metadata.get(key) for key in (FIRST_KEY, LAST_KEY))
    if first is None or last is None:
        return Judged(timestamp, None, None, evaluation.passed)
    return Judged(timestamp, str(first.value), str(last.value), evaluation.passed)
