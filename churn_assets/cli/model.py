"""`churn-assets model`: who is champion, who challenges, and what was decided."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from churn_assets.settings import Settings

if TYPE_CHECKING:
    from churn_assets.registry.history import History, Record
    from churn_assets.registry.registry import ModelVersion

SHOWN_RECORDS = 20


def history_of(settings: Settings) -> "History":
    """The decisions about the models of these settings."""
    from churn_assets.registry.history import History
    from churn_assets.registry.registry import ModelRegistry
    from churn_assets.registry.tracking import prepare, tracking_of

    return History(ModelRegistry(prepare(tracking_of(settings))))


def show_models(settings: Settings) -> None:
    """Print the versions that carry an alias, and the history of decisions."""
    history, console = history_of(settings), Console()
    for alias in ("champion", "challenger"):
        found = history.registry.find(alias)
        console.print(f"[bold]{alias}[/bold]: {_described(found)}", highlight=False)
    records = history.records()
    if records:
        console.print(_decisions(records[-SHOWN_RECORDS:]))


def _described(version: "ModelVersion | None") -> str:
    if version is None:
        return "none yet; `churn-assets run` trains one"
    return (
        f"version {version.number}, {version.rung}, trained on labels up to {version.last_label_day}, "
        f"features {version.fingerprint}, registered {version.created_at:%Y-%m-%d %H:%M} UTC"
    )


def _decisions(records: "list[Record]") -> Table:
    table = Table(title="Decisions, the newest last", title_justify="left")
    for name in ("#", "when (UTC)", "decision", "version", "before"):
        table.add_column(name, no_wrap=True)
    table.add_column("why", overflow="fold")
    for record in records:
        when = f"{record.at.astimezone(UTC):%Y-%m-%d %H:%M}"
        kind = record.kind if record.state == "done" else f"{record.kind} ({record.state})"
        table.add_row(str(record.number), when, kind, record.version, record.champion or "none", record.reason)
    return table


def roll_back(settings: Settings, *, reason: str) -> None:
    """Put the champion before the present one back, and say so."""
    record = history_of(settings).rollback(at=datetime.now(UTC), reason=reason)
    typer.echo(f"Champion is version {record.version} again; version {record.champion} was rolled back.")


def show_card(settings: Settings, version: str) -> None:
    """Print the card of a version, given by number or alias."""
    registry = history_of(settings).registry
    match version:
        case "champion":
            found = registry.champion()
        case "challenger":
            found = registry.challenger()
        case _:
            found = registry.version(version)
    typer.echo(registry.load(found).artifact.card)
