"""A registered model as the whole thing: one sealed folder of native formats, JSON, Markdown and Parquet."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from churn_assets.errors import ArtifactError
from churn_assets.registry.download import Download
from churn_assets.registry.manifest import check_seal, checksum, refusal, seal
from churn_assets.registry.typical import Typical

if TYPE_CHECKING:
    from churn_assets.training.model import ChurnModel

MODEL_FOLDER = "model"
PLOTS_FOLDER = "plots"
REFERENCE = "reference.parquet"
EVALUATION = "evaluation.json"
TYPICAL = "typical.json"
CARD = "card.md"
REFERENCE_KEY = ("user_id", "cutoff")


@dataclass(frozen=True)
class Parts:
    """What a registered model consists of.

    `reference` holds the feature rows it was trained on: `user_id`, `cutoff` and every declared feature.
    `evaluation` is plain data, `card` Markdown, `plots` PNG images by name.
    """

    model: "ChurnModel"
    reference: pd.DataFrame
    evaluation: Mapping[str, Any]
    card: str
    plots: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Artifact:
    """A sealed folder whose checksums were verified; only `open` makes one. It keeps the `download` that it lies in."""

    folder: Path
    files: Mapping[str, str]
    download: Download | None = field(default=None, repr=False, compare=False)

    @classmethod
    def open(cls, folder: Path, download: Download | None = None) -> "Artifact":
        """The artefact in `folder`; ArtifactError if a file is changed, missing or foreign. Nothing is deserialised."""
        return cls(folder, check_seal(folder).files, download)

    def model(self) -> "ChurnModel":
        """Deserialise the model."""
        from churn_assets.training.model import ChurnModel

        return ChurnModel.load(self.folder / MODEL_FOLDER)

    def reference(self) -> pd.DataFrame:
        """Feature rows that the model was trained on, read when asked for; ArtifactError if they changed since."""
        file = self.folder / REFERENCE
        if not file.is_file() or checksum(file) != self.files[REFERENCE]:
            raise refusal(self.folder, f"{REFERENCE} was changed since it was opened")
        return pd.read_parquet(file)

    @cached_property
    def evaluation(self) -> Mapping[str, Any]:
        """How the model was evaluated, as plain data."""
        data: dict[str, Any] = json.loads((self.folder / EVALUATION).read_text())
        return data

    @cached_property
    def typical(self) -> Typical:
        """What is typical of each feature in the reference."""
        return Typical.from_json(json.loads((self.folder / TYPICAL).read_text()))

    @cached_property
    def card(self) -> str:
        """Model card as Markdown."""
        return (self.folder / CARD).read_text()

    def plots(self) -> dict[str, bytes]:
        """PNG images by name."""
        return {file.stem: file.read_bytes() for file in sorted((self.folder / PLOTS_FOLDER).glob("*.png"))}


def pack(parts: Parts, folder: Path) -> None:
    """Write and seal `parts` as `folder`, whole or not at all; ArtifactError if the reference lacks columns."""
    columns = [*REFERENCE_KEY, *parts.model.schema.names]
    missing = [name for name in columns if name not in parts.reference.columns]
    if missing:
        message = f"The reference lacks {', '.join(missing[:5])}: pass user_id, cutoff and every declared feature."
        raise ArtifactError(message)
    beside = folder.with_name(f".{folder.name}.tmp")
    beside.mkdir(parents=True)
    _write(parts, parts.reference[columns], beside)
    seal(beside)
    beside.rename(folder)


def _write(parts: Parts, reference: pd.DataFrame, folder: Path) -> None:
    parts.model.save(folder / MODEL_FOLDER)
    reference.to_parquet(folder / REFERENCE, compression="zstd", index=False)
    typical = Typical.of(reference, parts.model.schema)
    (folder / TYPICAL).write_text(json.dumps(typical.to_json(), indent=1))
    (folder / EVALUATION).write_text(json.dumps(parts.evaluation, indent=1, default=str))
    (folder / CARD).write_text(parts.card)
    (folder / PLOTS_FOLDER).mkdir()
    for name, image in parts.plots.items():
        (folder / PLOTS_FOLDER / f"{name}.png").write_bytes(image)
