"""The materialisations that a score came through, back to the raw logs, and whether they are the same."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NamedTuple

from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS, USER_FEATURES
from churn_assets.ingest.tables import EVENTS, RAW_LOGS, SESSIONS
from churn_assets.labels.tables import POPULATION
from churn_assets.lineage.materialisation import EventLog
from churn_assets.scoring.tables import CHURN_SCORES

if TYPE_CHECKING:
    import pandas as pd

DAILY = (LISTENER_DAYS, SESSIONS, LISTENER_ITEM_GAPS)
TABLES = (CHURN_SCORES, USER_FEATURES, POPULATION, *DAILY, EVENTS, RAW_LOGS)
COLUMNS = ("table", "partition", "event", "run_id", "made_at", "code_version", "data_version", "as_used")


class Link(NamedTuple):
    """A partition, and one that it was made from."""

    table: str
    key: str
    parent: str
    parent_key: str


@dataclass(frozen=True)
class Chain:
    """The score of a cut-off, and the days on which its listener was active."""

    cutoff: str
    days: Sequence[str]

    def table(self, log: EventLog) -> "pd.DataFrame":
        """One row a partition: the columns COLUMNS.

        `as_used` says whether everything of the chain that was made from it saw the content that it has now; null for
        the score itself, and where the event log does not tell.
        """
        import pandas as pd

        cutoffs, used = (self.cutoff,), self._used(log)
        rows = []
        for contract in TABLES:
            keys = cutoffs if contract.partition == "cutoff" else self.days
            for key, made in sorted(log.newest(contract.table, keys).items()):
                seen = used.get((contract.table, key))
                rows.append({**asdict(made), "as_used": None if seen is None else seen == {made.data_version}})
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _used(self, log: EventLog) -> dict[tuple[str, str], set[str | None]]:
        """The data versions of each partition that others of the chain were made from."""
        used: dict[tuple[str, str], set[str | None]] = {}
        for link in self.links():
            seen = log.seen(link.table, link.key, link.parent)
            if seen:
                used.setdefault((link.parent, link.parent_key), set()).add(seen.get(link.parent_key))
        return used

    def links(self) -> Iterator[Link]:
        """What was made from what; a day's item gaps come from the events of the days before it, too."""
        for parent in (USER_FEATURES, POPULATION):
            yield Link(CHURN_SCORES.table, self.cutoff, parent.table, self.cutoff)
        for day in self.days:
            for contract in DAILY:
                yield Link(USER_FEATURES.table, self.cutoff, contract.table, day)
            yield Link(POPULATION.table, self.cutoff, LISTENER_DAYS.table, day)
            yield Link(EVENTS.table, day, RAW_LOGS.table, day)
            for contract in (LISTENER_DAYS, SESSIONS):
                yield Link(contract.table, day, EVENTS.table, day)
            for before in self.days[: self.days.index(day) + 1]:
                yield Link(LISTENER_ITEM_GAPS.table, day, EVENTS.table, before)
