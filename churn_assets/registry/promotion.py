"""The promotion rule, pure: what is known of challenger, champion and simple rungs in; a decision with reasons out."""

from dataclasses import dataclass

from churn_assets.registry.evidence import CHAMPION, MOST_LEAKS, Evidence, Rival


@dataclass(frozen=True)
class Decision:
    """Whether the challenger becomes champion, and why in one sentence."""

    is_promoted: bool
    reason: str
    evidence: Evidence


def decide(evidence: Evidence) -> Decision:
    """Promote only what beats the champion and every simple rung on the same matured rows, without a leak.

    Whoever is compared is compared by log-loss and must be beaten beyond chance: the 95 % interval of the paired
    difference excludes 0. A tie keeps the champion. Without a comparable champion, the simple rungs are the bar.
    """
    objection = _objection(evidence)
    if objection is not None:
        return Decision(is_promoted=False, reason=objection, evidence=evidence)
    beaten = ", ".join(f"{_called(rival, evidence)} by {_interval(rival)}" for rival in evidence.rivals)
    note = f" The champion was not compared: {evidence.incomparable}." if evidence.incomparable else ""
    reason = f"Version {evidence.challenger} ({evidence.rung}) beats {beaten} nats a row, {_where(evidence)}.{note}"
    return Decision(is_promoted=True, reason=reason, evidence=evidence)


def _objection(evidence: Evidence) -> str | None:
    """The first reason against promoting, or None."""
    unbeaten = [rival for rival in evidence.rivals if not rival.is_beaten]
    if evidence.challenger == evidence.champion:
        return f"Version {evidence.challenger} is the champion already."
    if evidence.leaks:
        return f"Version {evidence.challenger} may see the future: {'; '.join(evidence.leaks[:MOST_LEAKS])}."
    if evidence.rows == 0:
        return (
            f"No matured test row lies at or after the last label day of both models ({evidence.rows_refused} lie "
            "before): wait until a newer cut-off matures, then train again."
        )
    if not evidence.rivals:
        return "There is nobody to compare with: evaluate the simple rungs on the same rows."
    if unbeaten:
        losers = ", ".join(
            f"{_called(rival, evidence)} (better by {_interval(rival)} nats a row)" for rival in unbeaten
        )
        return (
            f"Version {evidence.challenger} ({evidence.rung}) does not beat {losers} beyond chance, {_where(evidence)}."
        )
    return None


def _called(rival: Rival, evidence: Evidence) -> str:
    return f"champion {evidence.champion}" if rival.name == CHAMPION else rival.name.replace("_", " ")


def _interval(rival: Rival) -> str:
    return f"{rival.better_by:+.4f} [{rival.low:+.4f}, {rival.high:+.4f}]"


def _where(evidence: Evidence) -> str:
    refused = f"; {evidence.rows_refused} earlier ones left out" if evidence.rows_refused else ""
    return (
        f"on {evidence.rows:,} matured rows ({evidence.positives:,} churned) of cut-offs {evidence.first_cutoff} to "
        f"{evidence.last_cutoff}{refused}"
    )
