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

    One thread refreshes, any number read `current`: it is replaced as a whole. `open_trouble` is `trouble` as anybody
    may read it, without the words of an error, which may name files.
    """

    registry: ModelRegistry
    schema: FeatureSchema
    current: Champion | None = None
    trouble: str | None = None
    open_trouble: str | None = None
    failures: int = 0
    _refused: dict[str, float] = field(default_factory=dict)

    def refresh(self, now_s: float) -> bool:
        """Load what the alias points to, if that is another version than the current one; whether it was swapped in.

        `now_s` is a clock that only runs forward. What goes wrong is told in `trouble`, and counted.
        """
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            found = self._found()
            return self._follow(found, now_s)
        except (ChurnAssetsError, MlflowException, SQLAlchemyError, OSError, ValueError) as error:
            self.failures += 1
            self._tell(f"The registry cannot be asked for the champion ({type(error).__name__}).")
            return False

    def _found(self) -> "ModelVersion | None":
        """The version with the alias; None also where no store was made yet, so that nothing can have been promoted."""
        if self.current is None and not self.registry.tracking.is_there():
            return None
        return self.registry.find(CHAMPION)

    def _tell(self, trouble: str | None, to_anybody: str | None = None) -> None:
        self.trouble, self.open_trouble = trouble, to_anybody or trouble

    def _follow(self, found: "ModelVersion | None", now_s: float) -> bool:
        if found is None:
            self._tell(None if self.current is None else "No version carries the champion alias any more.")
            return False
        # Numbers begin anew in a home that was made again; digests do not.
        if self.current is not None and found.digest == self.current.digest and found.number == self.current.version:
            self._tell(None)
            return False
        if now_s - self._refused.get(found.digest, -PATIENCE_S) < PATIENCE_S:
            return False
        return self._swap_in(found, now_s)

    def _swap_in(self, found: "ModelVersion", now_s: float) -> bool:
        try:
            self.current = Champion.of(self.registry.load(found), self.schema)
        except (ChurnAssetsError, OSError, ValueError) as error:
            self._refused[found.digest] = now_s
            self.failures += 1
            serving = "nothing is served" if self.current is None else f"version {self.current.version} stays"
            what = f"Version {found.number} cannot be served, {serving}"
            self._tell(f"{what}: {error}", f"{what} ({type(error).__name__}).")
            return False
        self._tell(None)
        return True
