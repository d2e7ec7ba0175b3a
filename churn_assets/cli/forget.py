"""`churn-assets forget`: removes a listener everywhere, and prints the proof."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from churn_assets.errors import ForgettingError
from churn_assets.settings import Settings

if TYPE_CHECKING:
    from churn_assets.forgetting.forgetting import Proof
    from churn_assets.resources.forgetting import Forgetting

UNREACHED = 2
"""Exit code where something lies beyond the reach of this machine."""


def forget_listener(settings: Settings, user: str | None, *, is_agreed: bool, is_resumed: bool) -> None:
    """Count, ask, remove, count again; ForgettingError if nobody is named, or something else runs."""
    from churn_assets.forgetting.journal import Journal
    from churn_assets.resources.forgetting import Forgetting
    from churn_assets.resources.instance import open_instance

    pending = Journal(settings.home).user
    if is_resumed and pending is None:
        raise ForgettingError("No forgetting was interrupted: name the listener to be forgotten.")
    named = pending if is_resumed else user
    if named is None:
        raise ForgettingError("Name the listener: `churn-assets forget USER`, the `userId` of the log.")
    with open_instance(settings) as instance:
        work = Forgetting(settings, instance, named)
        if not (is_agreed or is_resumed):
            _ask(work.count())
        proof = work.carry_out()
        _show(proof)
        _tell_unreached(work)


def _ask(found: Mapping[str, int]) -> None:
    table = Table("place", "holds")
    for name, rows in found.items():
        table.add_row(name, f"{rows:,}")
    Console().print(table)
    typer.confirm("Remove all of this? It cannot be undone.", abort=True)


def _show(proof: "Proof") -> None:
    table = Table("place", "removed", "left")
    for name, rows in proof.removed.items():
        table.add_row(name, f"{rows:,}", f"{proof.left[name]:,}")
    console = Console()
    console.print(table)
    if not any(proof.removed.values()):
        console.print("Nothing was known of this listener.")
    if proof.versions:
        seen = ", ".join(proof.versions)
        console.print(
            f"Model versions that were trained on them: {seen}. Their rows are gone from the reference; what models "
            "learned is not. `churn-assets retrain` trains one that never saw them.",
            soft_wrap=True,
        )
    else:
        console.print("No model version was trained on them.")


def _tell_unreached(work: "Forgetting") -> None:
    unreached = list(work.unreached())
    for what in unreached:
        typer.secho(f"Not looked into: {what}", fg="red", err=True)
    if unreached:
        raise typer.Exit(UNREACHED)
