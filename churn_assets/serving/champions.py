"""Which champion answers: followed as its alias moves, without a restart and without a failed request."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from churn_assets.errors import ChurnAssetsError
from churn_assets.features.schema import FeatureSchema
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.serving.champion import Champion

if TYPE_CHECKING:
    from churn_assets.registry.registry import ModelVersion

PATIENCE_S = 30.0
"""A version that could not be loaded is tried again after so many seconds."""


@dataclass
class Champions:
    """The champion in use; `refresh` follows the alias and keeps the old one where the new one cannot be used.

    One thread refreshes, any number read `current`: it is replaced as a whole.
    """

    registry: ModelRegistry
    schema: FeatureSchema
    current: Champion | None = None
    trouble: str | None = None
    failures: int = 0
    _refused: dict[str, float] = field(default_factory=dict)

    def refresh(self, now_s: float) -> bool:
        """Load what the alias points to, if that is another version than the current one; whether it was swapped in.

        `now_s` is a clock that only runs forward. What goes wrong is told in `trouble`, and counted.
        """
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            found = self.registry.find(CHAMPION)
            return self._follow(found, now_s)
        except (ChurnAssetsError, MlflowException, SQLAlchemyError, OSError) as error:
            self.failures += 1
            self.trouble = f"The registry cannot be asked for the champion ({type(error).__name__})."
            return False

    def _follow(self, found: "ModelVersion | None", now_s: float) -> bool:
        if found is None:
            self.trouble = None if self.current is None else "No version carries the champion alias any more."
            return False
        if self.current is not None and found.number == self.current.version:
            self.trouble = None
            return False
        if now_s - self._refused.get(found.number, -PATIENCE_S) < PATIENCE_S:
            return False
        return self._swap_in(found, now_s)

    def _swap_in(self, found: "ModelVersion", now_s: float) -> bool:
        try:
            self.current = Champion.of(self.registry.load(found), self.schema)
        except (ChurnAssetsError, OSError) as error:
            self._refused[found.number] = now_s
            self.failures += 1
            serving = "nothing is served" if self.current is None else f"version {self.current.version} stays"
            self.trouble = f"Version {found.number} cannot be served, {serving}: {error}"
            return False
        self.trouble = None
        return True
