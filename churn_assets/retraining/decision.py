"""A decision whether to retrain, and what came of it: plain data that travels as configuration of a run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any, Self

from churn_assets.errors import RetrainingError
from churn_assets.retraining.cause import Cause, Ground
from churn_assets.retraining.tables import RETRAIN


@dataclass(frozen=True)
class Decision:
    """One decision; `decided_at` is wall time (UTC), `as_of` the data clock, champions are version numbers.

    `dagster_run` to `explanation` are filled in once the run that carries it out, or records it, has them.
    """

    trigger: str
    cause: str
    champion: str | None
    newest_mature: date | None
    as_of: date | None
    evidence: Mapping[str, Any] = field(hash=False)
    verdict: str
    reason: str
    decided_at: datetime
    dagster_run: str | None = None
    mlflow_run: str | None = None
    outcome: str | None = None
    champion_after: str | None = None
    explanation: str | None = None

    @classmethod
    def on(cls, cause: Cause, *, verdict: str, reason: str, at: datetime) -> Self:
        """The decision on a cause; the table keeps milliseconds, and so does `at`."""
        return cls(
            trigger=cause.trigger,
            cause=cause.identity,
            champion=cause.ground.champion,
            newest_mature=cause.ground.newest_mature,
            as_of=cause.as_of,
            evidence=cause.evidence,
            verdict=verdict,
            reason=reason,
            decided_at=at.replace(microsecond=at.microsecond // 1_000 * 1_000),
        )

    @property
    def ground(self) -> Ground:
        """What the retraining stood on."""
        return Ground(self.champion, self.newest_mature)

    @property
    def is_retraining(self) -> bool:
        """Whether a retraining was started."""
        return self.verdict == RETRAIN

    @property
    def key(self) -> tuple[str, datetime]:
        """What tells decisions apart; the same decision keeps it through retries and until its outcome is known."""
        return self.cause, self.decided_at

    def to_json(self) -> dict[str, Any]:
        """Plain data; what is not known yet is left out."""
        told = {name: value for name, value in asdict(self).items() if value is not None}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in told.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The decision that `to_json` told; RetrainingError if something is missing or unknown."""
        known: dict[str, Any] = {one.name: data.get(one.name) for one in fields(cls)}
        try:
            known["decided_at"] = datetime.fromisoformat(data["decided_at"])
            for name in ("newest_mature", "as_of"):
                known[name] = date.fromisoformat(data[name]) if data.get(name) else None
        except (KeyError, TypeError, ValueError) as error:
            message = (
                f"A run's configuration holds no decision to retrain ({error!r}): materialise retraining_decision "
                "without configuration to only write its table again, or run `churn-assets retrain`."
            )
            raise RetrainingError(message) from error
        return cls(**known)
