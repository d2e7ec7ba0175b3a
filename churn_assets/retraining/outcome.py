"""What came of a retraining, as the history of the champion tells it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from churn_assets.errors import RetrainingError
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.tables import PROMOTION, REFUSAL


def concluded(decision: Decision, challenger: str, history: Iterable[Mapping[str, Any]]) -> Decision:
    """The decision with its outcome: what was decided about version `challenger`, which the retraining made.

    `history` holds rows of `champion_model`, the oldest first. A version that was promoted since stays so, whatever a
    retried run then says of it. RetrainingError if nothing was decided about it.
    """
    about = [row for row in history if row["version"] == challenger and row["state"] == "done"]
    if not about:
        message = (
            f"Nothing was decided about version {challenger}, which this retraining made: materialise champion_model, "
            "then retraining_decision with the same configuration."
        )
        raise RetrainingError(message)
    promotion = next((row for row in about if row["kind"] == PROMOTION), None)
    if promotion is not None and decision.champion != challenger:
        return replace(decision, outcome=PROMOTION, champion_after=challenger, explanation=promotion["reason"])
    last = about[-1]
    return replace(decision, outcome=REFUSAL, champion_after=last["champion_before"], explanation=last["reason"])
