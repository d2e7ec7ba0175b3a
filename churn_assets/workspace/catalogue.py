"""Every table that there is: its contract, its group, and which of its partitions can be."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Literal, TypeAlias

from churn_assets.contracts.contract import Contract
from churn_assets.errors import UnknownNameError
from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS, USER_FEATURES
from churn_assets.ingest.tables import EVENTS, QUARANTINED_LINES, RAW_LOGS, SESSIONS
from churn_assets.labels.tables import CHURN_LABELS, POPULATION
from churn_assets.monitoring.tables import DRIFT_REPORT, NOVELTY_REPORT, PERFORMANCE_REPORT
from churn_assets.registry.tables import CANDIDATE_MODELS, CHALLENGER_MODEL, CHAMPION_MODEL
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.retraining.tables import RETRAINING_DECISION
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.serving.tables import PREDICTION_LOG
from churn_assets.training.tables import MODEL_BACKTEST, TRAINING_SET

TableName: TypeAlias = Literal[
    "raw_logs",
    "quarantined_lines",
    "events",
    "sessions",
    "listener_days",
    "listener_item_gaps",
    "user_features",
    "population",
    "churn_labels",
    "training_set",
    "model_backtest",
    "candidate_models",
    "challenger_model",
    "champion_model",
    "churn_scores",
    "retention_list",
    "prediction_log",
    "drift_report",
    "novelty_report",
    "performance_report",
    "retraining_decision",
]
"""Names of the tables, for editors that complete them."""


class Possible(Enum):
    """Which partitions of a table can be made."""

    WHOLE = "the table, which has no partitions"
    ON_REQUEST = "the table, once something was recorded"
    DAYS = "every day of the log"
    RECENT = "the newest days of the log, as many as reports are made for"
    CUTOFFS = "every cut-off up to the data clock"
    MATURE = "every cut-off whose label window has landed"
    NEWEST = "the newest cut-off"


@dataclass(frozen=True)
class Entry:
    """One table: its contract, the group that the UI shows it in, and which of its partitions can be made."""

    contract: Contract
    group: str
    possible: Possible

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.contract.table

    @property
    def partition(self) -> str | None:
        """`day` or `cutoff`; None for a table without partitions."""
        return self.contract.partition

    def column_names(self, wanted: Iterable[str] | None) -> tuple[str, ...] | None:
        """The wanted columns, checked; None for all of them. UnknownNameError for one that the table has not."""
        if wanted is None:
            return None
        names = (wanted,) if isinstance(wanted, str) else tuple(wanted)
        for name in names:
            if name not in self.contract.names:
                raise UnknownNameError(_unknown(f"{self.name} has no column", name, self.contract.names))
        return names


ENTRIES: tuple[Entry, ...] = (
    *(Entry(one, "ingest", Possible.DAYS) for one in (RAW_LOGS, QUARANTINED_LINES, EVENTS, SESSIONS)),
    *(Entry(one, "features", Possible.DAYS) for one in (LISTENER_DAYS, LISTENER_ITEM_GAPS)),
    Entry(USER_FEATURES, "features", Possible.CUTOFFS),
    Entry(POPULATION, "labels", Possible.CUTOFFS),
    Entry(CHURN_LABELS, "labels", Possible.MATURE),
    *(Entry(one, "training", Possible.WHOLE) for one in (TRAINING_SET, MODEL_BACKTEST)),
    *(Entry(one, "training", Possible.WHOLE) for one in (CANDIDATE_MODELS, CHALLENGER_MODEL, CHAMPION_MODEL)),
    Entry(CHURN_SCORES, "scoring", Possible.CUTOFFS),
    Entry(RETENTION_LIST, "retention", Possible.NEWEST),
    Entry(PREDICTION_LOG, "monitoring", Possible.RECENT),
    *(Entry(one, "monitoring", Possible.RECENT) for one in (DRIFT_REPORT, NOVELTY_REPORT, PERFORMANCE_REPORT)),
    Entry(RETRAINING_DECISION, "retraining", Possible.ON_REQUEST),
)
"""Every table of the lake, upstream ones first."""
BY_NAME = {entry.name: entry for entry in ENTRIES}


def find(name: str) -> Entry:
    """The table called `name`; UnknownNameError, with the likely one, if there is none."""
    if name not in BY_NAME:
        raise UnknownNameError(_unknown("There is no table", name, BY_NAME))
    return BY_NAME[name]


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    """That a name is unknown, with the ones it may have meant first."""
    names = list(known)
    near = get_close_matches(str(name), names, n=3, cutoff=0.5) or [one for one in names if str(name) in one][:3]
    guess = f"did you mean {' or '.join(repr(one) for one in near)}? " if near else ""
    return f"{what} {name!r}: {guess}There are {', '.join(names)}."
