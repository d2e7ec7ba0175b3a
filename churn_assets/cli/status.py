"""`churn-assets status`: what is materialised, what is stale, what is missing, and why."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from churn_assets.settings import Settings

if TYPE_CHECKING:
    from churn_assets.resources.planning import AssetState
    from churn_assets.resources.session import Session

SHOWN_REASONS = 3


def show_status(settings: Settings, *, is_verbose: bool = False) -> None:
    """Print one row an asset, and below it why partitions are stale."""
    from churn_assets.resources.session import open_session

    console = Console()
    with open_session(settings) as session:
        states, platform = session.states(), session.platform()
        console.print(f"home {settings.home.resolve()}, landing {settings.landing_url}", highlight=False)
        console.print(_clock(settings, platform.clock), highlight=False)
        console.print(_table(session, states, is_verbose=is_verbose))
        for state in states:
            for reason in _reasons(state):
                console.print(f"{state.asset}: {reason}", highlight=False)


def _clock(settings: Settings, clock: object) -> str:
    span = f"{settings.first_day} to {settings.last_day}"
    if clock is None:
        return f"Nothing has landed for {span}: put log files into the landing folder."
    return f"log from {span}; data clock {clock} (the first midnight after the last event)"


def _table(session: "Session", states: "Sequence[AssetState]", *, is_verbose: bool) -> Table:
    table = Table()
    for name in ("group", "asset", "materialised", "missing", "stale"):
        table.add_column(name, overflow="fold")
    groups = session.groups
    for state in states:
        keys = (state.materialised, state.missing, tuple(state.stale))
        table.add_row(groups[state.asset], state.asset, *(_spans(k, state, is_verbose=is_verbose) for k in keys))
    return table


def _spans(keys: Sequence[str], state: "AssetState", *, is_verbose: bool) -> str:
    """Partition keys as spans, or named one by one."""
    from churn_assets.resources.planning import contiguous

    if not keys:
        return "-"
    if state.grain is None:
        return "yes"
    if is_verbose:
        return f"{len(keys)}: {', '.join(keys)}"
    known = [key for key in keys if key in state.keys]
    spans = contiguous(known, state.keys)
    shown = ", ".join(first if first == last else f"{first} to {last}" for first, last in spans[:SHOWN_REASONS])
    return f"{len(keys)}: {shown}{' …' if len(spans) > SHOWN_REASONS else ''}"


def _reasons(state: "AssetState") -> Iterator[str]:
    """Why partitions are missing or stale, each reason once."""
    if state.missing:
        yield f"{len(state.missing)} missing because they were never made"
    reasons = list(dict.fromkeys(state.stale[key] for key in sorted(state.stale)))
    yield from (f"stale because {reason}" for reason in reasons[:SHOWN_REASONS])
    if len(reasons) > SHOWN_REASONS:
        yield f"stale for {len(reasons) - SHOWN_REASONS} more reasons"
