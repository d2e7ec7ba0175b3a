"""The errors of a home's champions, before and after the world changed, beside the best possible."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from churn_assets.cutoffs import midnight
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake
from churn_assets.settings import Settings
from churn_assets.training.tables import TRAINING_SET

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.registry.history import History

BEST_POSSIBLE = "best possible"


def show_errors(console: Console, settings: Settings, truth: Path, *, changed_on: date) -> None:
    """Champions and the newest challenger on the promotion tests of the first and the last of them; the truth beside.

    A model is only shown at cut-offs after its last label day: what it was trained on says nothing.
    """
    from churn_assets.cli.model import history_of

    history = history_of(settings)
    rows = _rows(settings, truth)
    for title, cutoffs in _tests(history, changed_on):
        table = Table(title=title, title_justify="left")
        for name in ("model", "log-loss", "AUC", "listeners", "churned"):
            table.add_column(name, justify="left" if name == "model" else "right")
        part = rows[rows["cutoff"].isin([midnight(day) for day in cutoffs])]
        for name, forecast in _forecasts(history, part, cutoffs):
            table.add_row(name, *_errors(part, forecast))
        console.print()
        console.print(table)


def _rows(settings: Settings, truth: Path) -> "pd.DataFrame":
    """At-risk listeners of the mature cut-offs with features, what they did, and their true probability of it."""
    import pandas as pd

    known = pd.read_parquet(truth).astype({"cutoff": "datetime64[ms]"}).rename(columns={"churn_probability": "truth"})
    rows = read_frame(Lake.of(settings).scan(TRAINING_SET))
    return rows[rows["at_risk"]].merge(known, on=["cutoff", "user_id"])


def _tests(history: "History", changed_on: date) -> Iterator[tuple[str, Sequence[date]]]:
    """The promotion tests of the first champion and of the newest version, with a title."""
    from churn_assets.training.evaluation import Evaluation

    registry = history.registry
    versions = _shown(history)
    for number in dict.fromkeys((versions[0], versions[-1])):
        cutoffs = Evaluation.from_json(registry.open(registry.version(number)).evaluation).cutoffs
        when = "Before" if max(cutoffs) < changed_on else "After"
        told = " and ".join(map(str, cutoffs))
        yield f"{when} the change: the promotion test of version {number}, at {told}", cutoffs


def _shown(history: "History") -> list[str]:
    """The versions that were promoted, and the newest challenger."""
    promoted = [record.version for record in history.records() if record.kind == "promotion"]
    return list(dict.fromkeys([*promoted, history.registry.challenger().number]))


def _forecasts(history: "History", rows: "pd.DataFrame", cutoffs: Sequence[date]) -> "Iterator[tuple[str, pd.Series]]":
    import pandas as pd

    champion = history.registry.champion().number
    for number in _shown(history):
        version = history.registry.version(number)
        if version.last_label_day <= min(cutoffs):
            probability = history.registry.load(version).model.predict(rows)
            office = "champion" if number == champion else version.rung.replace("_", " ")
            yield f"version {number} ({office})", pd.Series(probability, index=rows.index)
    yield BEST_POSSIBLE, rows["truth"]


def _errors(rows: "pd.DataFrame", forecast: "pd.Series") -> Iterator[str]:
    from sklearn.metrics import log_loss, roc_auc_score

    yield f"{log_loss(rows['churned'], forecast):.3f}"
    yield f"{roc_auc_score(rows['churned'], forecast):.3f}"
    yield f"{len(rows):,}"
    yield f"{rows['churned'].mean():.1%}"
