"""`churn-assets retrain` and `decisions`: a retraining that a person asks for, and everything that was decided."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from churn_assets.errors import ChurnAssetsError, RetrainingError
from churn_assets.resources.bars import Bars, bars
from churn_assets.settings import Settings

if TYPE_CHECKING:
    from churn_assets.resources.retrainings import Retrainings
    from churn_assets.resources.runner import Request
    from churn_assets.resources.session import Session
    from churn_assets.retraining.cause import Cause
    from churn_assets.retraining.decision import Decision

SHOWN_DECISIONS = 30
FINDING_CHARACTERS = 200


def retrain(settings: Settings, *, why: str) -> None:
    """Retrain now, whatever the cool-down says, and tell what came of it.

    RetrainingError if a retraining is in flight. Whatever goes wrong is recorded as a failed retraining.
    """
    from churn_assets.resources.retraining_runs import retraining
    from churn_assets.resources.session import open_session
    from churn_assets.retraining.decision import Decision
    from churn_assets.retraining.tables import RETRAIN

    with open_session(settings) as session:
        known, now = _retrainings(session), datetime.now(UTC)
        with known.deciding():
            busy = known.in_flight(now=now)
            if busy:
                raise RetrainingError(f"{busy} Wait for it, then ask again if you still want to.")
            cause = _cause(session, why)
            decision = Decision.on(cause, verdict=RETRAIN, reason=cause.finding, at=now)
            known.claim(decision)
        _carry_out(session, retraining(decision, session.states()), decision)
        _tell(_retrainings(session).decisions()[-1])


def _retrainings(session: "Session") -> "Retrainings":
    from churn_assets.resources.retrainings import Retrainings

    return Retrainings(session.instance, session.lake, session.settings.home / "retraining.lock")


def _cause(session: "Session", why: str) -> "Cause":
    from churn_assets.cli.model import history_of
    from churn_assets.ingest.clock import data_clock
    from churn_assets.retraining.cause import Cause, Ground
    from churn_assets.retraining.tables import ASKED_FOR

    clock = data_clock(session.lake)
    mature = session.settings.cutoffs.mature(clock)
    sitting = history_of(session.settings).registry.find("champion")
    ground = Ground(sitting.number if sitting else None, mature[-1] if mature else None)
    return Cause(ASKED_FOR, ground, clock, why[:FINDING_CHARACTERS], {"why": why})


def _carry_out(session: "Session", request: "Request", decision: "Decision") -> None:
    from churn_assets.resources.retraining_runs import recording
    from churn_assets.retraining.tables import FAILED

    shown = bars()
    try:
        with shown:
            session.carry_out(request, Bars(shown, {}))
    except ChurnAssetsError as error:
        session.carry_out(recording(replace(decision, outcome=FAILED, explanation=str(error))))
        raise


def _tell(decision: "Decision") -> None:
    colour = "green" if decision.outcome == "promotion" else "yellow"
    typer.secho(f"The retraining ended in a {decision.outcome}. {decision.explanation or ''}", fg=colour)


def show_decisions(settings: Settings) -> None:
    """Print the newest decisions, those in flight among them, the newest last."""
    from churn_assets.resources.session import open_session

    console = Console()
    with open_session(settings) as session:
        decisions = _retrainings(session).decisions()
    if not decisions:
        console.print("Nothing has been decided about retraining yet.", highlight=False)
        return
    console.print(decisions_table(decisions[-SHOWN_DECISIONS:]))


def decisions_table(decisions: "list[Decision]") -> Table:
    """One row a decision: when and of which day, what set it off and what came of it, and why; fits 80 columns."""
    table = Table(title="Decisions to retrain, the newest last", title_justify="left", show_lines=True)
    table.add_column("when (UTC), data clock", no_wrap=True)
    table.add_column("trigger, decision", no_wrap=True)
    table.add_column("why", overflow="fold")
    for decision in decisions:
        when = f"{decision.decided_at.astimezone(UTC):%Y-%m-%d %H:%M}"
        outcome, champion, why = _ended(decision)
        decided = f"{decision.verdict}: {outcome}" if outcome else decision.verdict
        what = f"{decision.trigger}\n{decided}\nchampion {champion}"
        table.add_row(f"{when}\n{_day(decision.as_of)}", what, why)
    return table


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _ended(decision: "Decision") -> tuple[str, str, str]:
    """Outcome, champion before and after, and why."""
    outcome = decision.outcome or ("in flight" if decision.is_retraining else "")
    before, after = decision.champion or "none", decision.champion_after
    champion = before if after in (None, decision.champion) else f"{before} → {after}"
    why = f"{decision.reason} {decision.explanation}" if decision.explanation else decision.reason
    return outcome, champion, why
