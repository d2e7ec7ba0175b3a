"""The worst misses of an evaluation: they name nobody, but hold values by which a listener can be told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_assets.features.tables import USER_FEATURES
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake

if TYPE_CHECKING:
    import pandas as pd

MISSES, PLOT = "misses", "plots/misses.png"


@dataclass(frozen=True)
class Known:
    """A listener's features, by cut-off."""

    features: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, lake: Lake, user_id: str) -> "Known":
        """The features that the lake has of a listener."""
        frame = read_frame(lake.scan(USER_FEATURES), user_id=user_id)
        return cls({row["cutoff"].date().isoformat(): row for row in _records(frame)})

    def is_about(self, miss: Mapping[str, Any]) -> bool:
        """Whether everything that a miss tells of a listener is true of this one."""
        told = self.features.get(miss["cutoff"])
        if told is None or not miss["reasons"]:
            return False
        return all(_same(told.get(name), value) for name, _, value in miss["reasons"])

    def left(self, evaluation: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """The misses of an evaluation that may be others'."""
        return [miss for miss in evaluation.get(MISSES, ()) if not self.is_about(miss)]


def count(file: Path, known: Known) -> int:
    """Misses of the listener in an evaluation's file; 0 if it holds none, or is another kind of file."""
    evaluation = _read(file)
    return len(evaluation.get(MISSES, ())) - len(known.left(evaluation))


def remove(file: Path, known: Known) -> None:
    """Leave them out of the file, and of the picture beside it."""
    from churn_assets.training.evaluation import Evaluation
    from churn_assets.training.plots import draw_misses

    evaluation = {**_read(file), MISSES: known.left(_read(file))}
    picture = file.parent / PLOT
    if picture.exists():
        _replace(picture, draw_misses(Evaluation.from_json(evaluation)))
    _replace(file, json.dumps(evaluation, indent=1).encode())


def _read(file: Path) -> Mapping[str, Any]:
    read = json.loads(file.read_bytes())
    return read if isinstance(read, dict) else {}


def _replace(file: Path, content: bytes) -> None:
    beside = file.with_name(f".{file.name}.forgetting")
    beside.write_bytes(content)
    beside.replace(file)


def _records(frame: "pd.DataFrame") -> Sequence[Mapping[Any, Any]]:
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def _same(known: Any, told: Any) -> bool:
    return known is None if told is None else known is not None and type(told)(known) == told
