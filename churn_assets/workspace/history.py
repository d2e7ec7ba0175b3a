"""Everything that was decided about the model, in one list: promotions, refusals, rollbacks, and retrainings."""

from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING, Any

from churn_assets.lake.lake import Lake
from churn_assets.retraining.ledger import read_decisions

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.registry.history import History

COLUMNS = ("when", "what", "decision", "version", "champion before", "champion after", "why")


def decided(history: "History | None", lake: Lake) -> "pd.DataFrame":
    """Every decision, the oldest first; wall-clock times are naive UTC.

    `what` is `champion` (a promotion, refusal or rollback) or `retraining` (whether to train again, and why).
    """
    from churn_assets.workspace.listing import Listing

    rows = sorted([*_champions(history), *_retrainings(lake)], key=lambda row: row[0])
    return Listing(rows, columns=list(COLUMNS))


def _champions(history: "History | None") -> Iterator[tuple[Any, ...]]:
    for record in history.records() if history else []:
        is_done = record.state == "done"
        decision = record.kind if is_done else f"{record.kind} ({record.state})"
        after = record.version if is_done and record.moves_alias else record.champion
        when = record.at.astimezone(UTC).replace(tzinfo=None)
        yield when, "champion", decision, record.version, record.champion, after, record.reason


def _retrainings(lake: Lake) -> Iterator[tuple[Any, ...]]:
    for one in read_decisions(lake):
        outcome = f"{one.verdict}: {one.outcome}" if one.outcome else one.verdict
        when = one.decided_at.astimezone(UTC).replace(tzinfo=None)
        after = one.champion_after or one.champion
        yield when, f"retraining ({one.trigger})", outcome, None, one.champion, after, one.reason
