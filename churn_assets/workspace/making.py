"""Materialising from a notebook: in this process, checked beforehand, and kept in the history that the UI shows."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from churn_assets.errors import UnknownNameError
from churn_assets.lake.lake import WHOLE
from churn_assets.workspace.choice import Choice
from churn_assets.workspace.partitions import Partitions
from churn_assets.workspace.place import Place

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.resources.session import Session

SHOWN_REASONS = 3


@dataclass(frozen=True, repr=False)
class Made:
    """A run that ended well: its id in Dagster, and the partitions that it wrote by table."""

    run_id: str
    written: dict[str, tuple[str, ...]]

    def __repr__(self) -> str:
        parts = [f"{name} ({_span(keys)})" for name, keys in self.written.items()]
        return f"<Made {', '.join(parts)}; run {self.run_id[:8]} in the Dagster UI>"


def _span(keys: Sequence[str]) -> str:
    named = [key for key in keys if key]
    if not named:
        return "the table"
    return named[0] if len(named) == 1 else f"{len(named)}: {named[0]} to {named[-1]}"


def wanted_keys(partitions: Partitions, choice: Choice) -> Sequence[str]:
    """The keys to make, one range without a gap; the error of what cannot be made says why and what can.

    Everything that can be made, if nothing was chosen.
    """
    possible = list(partitions.possible)
    keys = sorted(choice.keys if choice.keys is not None else choice.within(possible))
    if not partitions.entry.partition:
        return [WHOLE]
    if not keys:
        raise partitions.none_possible(choice)
    partitions.require_possible(keys)
    between = [key for key in possible if keys[0] <= key <= keys[-1]]
    if between != keys:
        gap = next(key for key in between if key not in keys)
        message = (
            f"{gap} lies between {keys[0]} and {keys[-1]}: make one range with start= and end=, or each by itself."
        )
        raise UnknownNameError(message)
    return keys


def materialize(place: Place, name: str, keys: Sequence[str]) -> Made:
    """Make the partitions of a table, and of those that the same step makes, as one run of this process.

    Raises the error of the step that failed, in its own words.
    """
    # Dagster takes seconds to load.
    from churn_assets.resources.runner import Range, Request
    from churn_assets.workspace.progress import shown_progress

    with place.session() as session:
        assets = session.made_together(name)
        request = Request(assets, Range(keys[0], keys[-1]).tags)
        with shown_progress(dict.fromkeys(assets, len(keys))) as progress, _beside_an_event_loop():
            done = session.carry_out(request, progress)
    return Made(done.run_id, done.written)


@contextmanager
def _beside_an_event_loop() -> Iterator[None]:
    """Silence a warning of Dagster's, which drops a coroutine that it cannot await where a kernel's loop runs."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "coroutine 'BaseEventLoop.shutdown_asyncgens' was never awaited")
        yield


def judged(session: "Session") -> "pd.DataFrame":
    """One row a table: how many partitions are materialised, missing and stale, and why."""
    from churn_assets.workspace.listing import Listing

    states = session.states()
    rows = []
    for state in states:
        reasons = list(dict.fromkeys(state.stale[key] for key in sorted(state.stale)))
        why = "; ".join([*(["never made"] if state.missing else []), *reasons[:SHOWN_REASONS]])
        more = f"; {len(reasons) - SHOWN_REASONS} more reasons" if len(reasons) > SHOWN_REASONS else ""
        rows.append((len(state.materialised), len(state.missing), len(state.stale), why + more))
    return Listing(rows, index=[state.asset for state in states], columns=["materialised", "missing", "stale", "why"])
