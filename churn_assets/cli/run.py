"""`churn-assets run`: everything that is possible and not done yet, stage by stage, with real progress."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from churn_assets.errors import ChurnAssetsError, LandingError, StoreError, TrainingError
from churn_assets.resources.bars import Bars, bars
from churn_assets.settings import Settings

if TYPE_CHECKING:
    from churn_assets.resources.planning import AssetState, Work
    from churn_assets.resources.session import Session


def run_everything(settings: Settings, *, until: str = "reports") -> None:
    """Materialise every stage up to `until`, and say what had to wait, and why."""
    from churn_assets.resources.runs import report_abandoned
    from churn_assets.resources.session import open_session
    from churn_assets.resources.stages import STAGES

    with open_session(settings) as session:
        report_abandoned(session.instance)
        _export_served_events(session)
        for stage in STAGES:
            _run_stage(session, stage)
            if stage == until:
                break


def bring_up_to_date(session: "Session") -> None:
    """Materialise what the daemon would when something has landed: everything but models."""
    from churn_assets.resources.stages import FLOWING

    for stage in FLOWING:
        _run_stage(session, stage)


def _export_served_events(session: "Session") -> None:
    """What the API was sent joins the data; where it cannot, everything else goes on without it."""
    try:
        session.export_served_events()
    except (LandingError, StoreError) as error:
        typer.secho(f"Served events wait. {error}", fg="yellow")


def _run_stage(session: "Session", stage: str) -> None:
    """Plan and run until nothing is left to do; a stage that has nothing to learn from yet only says so."""
    from churn_assets.resources.stages import NEED_CHAMPION

    if stage in NEED_CHAMPION and not _has_champion(session):
        typer.echo(f"{stage.capitalize()} wait for a champion: `churn-assets model` says what was decided.")
        return
    busy = _retraining_in_flight(session) if stage == "models" else None
    if busy:
        typer.secho(f"Training waits. {busy} Run this again when it has ended.", fg="yellow")
        return
    done: set[str] = set()
    while works := _todo(session, stage, done):
        for work in works:
            if work.cause in done:
                raise ChurnAssetsError(f"{', '.join(work.assets)} would be made again and again ({work.why}).")
            done.add(work.cause)
            try:
                _run_work(session, work)
            except TrainingError as error:
                typer.secho(f"Training waits. {error}", fg="yellow")
                return


def _has_champion(session: "Session") -> bool:
    from churn_assets.cli.model import history_of

    return history_of(session.settings).registry.find("champion") is not None


def _retraining_in_flight(session: "Session") -> str | None:
    """In words, a retraining beside which nothing may train: each would promote what the other does not know of."""
    from churn_assets.resources.retrainings import Retrainings

    known = Retrainings(session.instance, session.lake, session.settings.home / "retraining.lock")
    with known.deciding():
        return known.in_flight(now=datetime.now(UTC))


def _todo(session: "Session", stage: str, done: Collection[str]) -> "list[Work]":
    """What is left to do; predictions that are served while it is done are left to the next run, or it never ended."""
    from churn_assets.resources.planning import plan
    from churn_assets.resources.state import OTHERS_SERVED

    works = plan(_wanted(session, stage))
    return [work for work in works if not (work.cause in done and OTHERS_SERVED in work.why)]


def _wanted(session: "Session", stage: str) -> "Sequence[AssetState]":
    """States of the stage's assets; for the days alone, only those with a partition a day."""
    from churn_assets.resources.stages import STAGES

    groups, wanted = session.groups, STAGES[stage]
    states = [state for state in session.states() if groups[state.asset] in wanted]
    return [state for state in states if state.grain == "day"] if stage == "days" else states


def _run_work(session: "Session", work: "Work") -> None:
    shown = bars()
    with shown:
        session.run(work, Bars(shown, dict(_totals(session, work))))


def _totals(session: "Session", work: "Work") -> "Iterator[tuple[str, int]]":
    """How many partitions of each asset the work makes."""
    for state in session.states():
        if state.asset in work.assets:
            yield state.asset, sum(1 for key in state.keys if work.first <= key <= work.last)
