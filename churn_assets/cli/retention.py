"""`churn-assets retention`: whom to call, as a table and a file, and what calling did."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from churn_assets.cli.summary import RAISES
from churn_assets.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.lake.lake import Lake
    from churn_assets.retention.effect import Effect, Interval

SHOWN = 10
PERCENT = 100.0


@dataclass(frozen=True)
class Order:
    """What was asked for: cut-off (None: the newest), budget (None: the settings'), and where to write the list."""

    cutoff: date | None
    budget: float | None
    out: Path | None
    calls_only: bool


def show_list(settings: Settings, order: Order) -> None:
    """Print the head of a list, and write it to a file if one is given.

    The list that was kept for the cut-off is shown, if it was made on these terms; else one is worked out of the
    scores. Only the asset `retention_list` keeps one.
    """
    from churn_assets.lake.lake import Lake
    from churn_assets.retention.export import export_list

    console = Console()
    listed, origin = _listed(Lake.of(settings), settings, order)
    console.print(f"{origin}: {_figures(listed)}", highlight=False)
    console.print(_head(listed))
    if order.out is not None:
        path = export_list(listed, order.out, calls_only=order.calls_only)
        console.print(f"wrote {path}", highlight=False, soft_wrap=True)


def _listed(lake: "Lake", settings: Settings, order: Order) -> "tuple[pd.DataFrame, str]":
    """A list, and in words where it comes from."""
    from churn_assets.lake.frames import read_frame
    from churn_assets.retention.candidates import newest_scored
    from churn_assets.retention.listing import listing_of
    from churn_assets.retention.tables import RETENTION_LIST
    from churn_assets.retention.terms import Terms

    day = order.cutoff or newest_scored(lake)
    terms = Terms.of(settings, budget=order.budget)
    kept = read_frame(lake.find(RETENTION_LIST, [day.isoformat()]))
    if order.budget is None and terms.made(kept):
        return kept, f"The list of {day}, as it was kept"
    other = "" if kept.empty else "other than the one that was kept"
    return listing_of(lake, terms, day).listed, f"A list of {day} on these terms, {other or 'which is not kept'}"


def _figures(listed: "pd.DataFrame") -> str:
    called = listed[listed["arm"] == "call"]
    return (
        f"{len(called):,} calls for {called['cost'].sum():,.2f}, expected to bring "
        f"{called['expected_value'].sum():,.2f}; {len(listed) - len(called):,} held out."
    )


def _head(listed: "pd.DataFrame") -> Table:
    table = Table()
    for name in ("#", "listener", "arm", "leaves", "level", "worth"):
        table.add_column(name, no_wrap=True, justify="right" if name in ("#", "leaves", "worth") else "left")
    table.add_column("what raises the risk most", overflow="fold")
    for row in listed.head(SHOWN).to_dict("records"):
        figures = (f"{row['churn_probability']:.2f}", row["level"] or "", f"{row['expected_value']:,.2f}")
        raising = (reason.removesuffix(RAISES) for reason in row["reasons"] if reason.endswith(RAISES))
        table.add_row(str(row["rank"]), row["user_id"], row["arm"], *figures, next(raising, ""))
    return table


def show_effect(settings: Settings, campaign: str | None) -> None:
    """Print what the calls of a campaign did, as far as labels are mature."""
    from churn_assets.labels.tables import CHURN_LABELS
    from churn_assets.lake.frames import read_frame
    from churn_assets.lake.lake import Lake
    from churn_assets.retention.effect import LABELLED, LISTED, effect
    from churn_assets.retention.tables import RETENTION_LIST

    lake = Lake.of(settings)
    listed = read_frame(lake.scan(RETENTION_LIST), LISTED)
    labels = read_frame(lake.find(CHURN_LABELS, lake.keys(RETENTION_LIST)), LABELLED)
    name = campaign or settings.retention_campaign
    Console().print(_told(effect(listed, labels, campaign=name, target=settings.target)))


def _told(found: "Effect") -> Table:
    table = Table(title=f"Campaign {found.campaign}, each listener's first list", title_justify="left")
    for name in ("", "value", "95 % interval"):
        table.add_column(name, justify="left" if not name else "right")
    called, held_out = found.called, found.held_out
    table.add_row(f"left, of {called.listeners:,} called", *_percent(called.share))
    table.add_row(f"left, of {held_out.listeners:,} held out", *_percent(held_out.share))
    table.add_row("kept by calling", *_percent(found.kept))
    rate = "unknown" if found.save_rate is None else f"{PERCENT * found.save_rate:.1f} %"
    table.add_row("save rate", rate, "")
    table.add_row("money, cost paid", f"{found.gain.value:,.2f}", f"{found.gain.low:,.2f} to {found.gain.high:,.2f}")
    table.caption = "Chance alone does not explain it." if found.is_shown else "Chance alone may explain it."
    return table


def _percent(share: "Interval") -> tuple[str, str]:
    return f"{PERCENT * share.value:.1f} %", f"{PERCENT * share.low:.1f} to {PERCENT * share.high:.1f} %"
