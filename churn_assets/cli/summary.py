"""The short tables that say what came out: counts, how good the models are, and who is at risk."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from churn_assets.ingest.tables import EVENTS, QUARANTINED_LINES
from churn_assets.lake.footers import rows_of
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.settings import Settings
from churn_assets.training.tables import MODEL_BACKTEST, TRAINING_SET

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.registry.registry import LoadedModel

SHOWN_METRICS = ("roc_auc", "average_precision", "log_loss")
SIMPLE_RUNGS = ("base_rate", "recency", "bgnbd")
BEST_POSSIBLE = "best possible"
TOP_LISTENERS = 10
SHOWN_REASONS = 2
RAISES = " raises the risk"


def show_counts(console: Console, lake: Lake) -> None:
    """How much went in: events, quarantined lines, listeners, cut-offs."""
    from churn_assets.labels.tables import CHURN_LABELS, POPULATION

    events = lake.scan(EVENTS)
    facts = {
        "events": f"{rows_of(events):,} on {len(events.keys)} days",
        "quarantined lines": f"{rows_of(lake.scan(QUARANTINED_LINES)):,}",
        "listeners": f"{read_frame(events, ['user_id'])['user_id'].nunique():,}",
        "cut-offs": f"{len(lake.keys(POPULATION))}, of which {len(lake.keys(CHURN_LABELS))} mature",
    }
    for name, fact in facts.items():
        console.print(f"{name:<18} {fact}", highlight=False)


def show_quality(console: Console, lake: Lake, champion: "LoadedModel", truth: Path | None) -> None:
    """The champion on its promotion test, and the back-test of the rungs beside the best possible, if that is known."""
    console.print(
        f"\n[bold]Champion[/bold] version {champion.version.number}: {champion.version.rung}", highlight=False
    )
    console.print(f"  {', '.join(_headline(champion))}", highlight=False)
    if not lake.keys(MODEL_BACKTEST):
        return
    measured = read_frame(lake.scan(MODEL_BACKTEST))
    measured = measured[measured["target"] == "churned"]
    table = Table(title=_title(measured), title_justify="left")
    for name in ("rung", "AUC", "average precision", "log-loss"):
        table.add_column(name, justify="left" if name == "rung" else "right")
    for rung in [*SIMPLE_RUNGS, champion.version.rung]:
        table.add_row(rung.replace("_", " "), *_means(measured[measured["rung"] == rung]))
    if truth is not None and truth.exists():
        table.add_row(BEST_POSSIBLE, *_ceiling(lake, truth, sorted(measured["cutoff"].unique())))
    console.print(table)


def _title(measured: "pd.DataFrame") -> str:
    cutoffs = measured["cutoff"]
    return f"Back-test: mean over {cutoffs.nunique()} test cut-offs, {cutoffs.min().date()} to {cutoffs.max().date()}"


def _headline(champion: "LoadedModel") -> Iterator[str]:
    from churn_assets.training.evaluation import Evaluation

    evaluation = Evaluation.from_json(champion.artifact.evaluation)
    yield f"promotion test at {' and '.join(map(str, evaluation.cutoffs))}"
    headline = evaluation.headline()
    for metric in SHOWN_METRICS:
        measured = headline[metric]
        if measured.value is not None and measured.low is not None and measured.high is not None:
            yield f"{metric} {measured.value:.3f} [{measured.low:.3f}, {measured.high:.3f}]"


def _means(measured: "pd.DataFrame") -> Iterator[str]:
    means = measured.groupby("metric")["value"].mean()
    return (f"{means[metric]:.3f}" for metric in SHOWN_METRICS)


def _ceiling(lake: Lake, truth: Path, cutoffs: "Sequence[pd.Timestamp]") -> Iterator[str]:
    """The metrics of the true probabilities on the same rows, averaged over the cut-offs."""
    import pandas as pd
    from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

    known = pd.read_parquet(truth).astype({"cutoff": "datetime64[ms]"})
    rows = read_frame(lake.scan(TRAINING_SET), ["cutoff", "user_id", "at_risk", "churned"])
    rows = rows[rows["at_risk"]].merge(known, on=["cutoff", "user_id"])
    parts = [rows[rows["cutoff"] == cutoff] for cutoff in cutoffs]
    for metric in (roc_auc_score, average_precision_score, log_loss):
        values = [metric(part["churned"], part["churn_probability"]) for part in parts]
        yield f"{sum(values) / len(values):.3f}"


def show_listeners(console: Console, lake: Lake) -> None:
    """The listeners at risk of the newest scored cut-off, the most likely to leave first, with reasons."""
    newest = lake.keys(CHURN_SCORES)[-1]
    scores = read_frame(lake.scan(CHURN_SCORES, [newest]))
    top = scores.sort_values("churn_probability", ascending=False).head(TOP_LISTENERS)
    table = Table(title=f"Most likely to leave within the horizon, at {newest}", title_justify="left")
    for name in ("listener", "probability", "risk"):
        table.add_column(name, no_wrap=True)
    table.add_column("what raises the risk", overflow="fold")
    for row in top.to_dict("records"):
        table.add_row(row["user_id"], f"{row['churn_probability']:.2f}", row["risk_band"], _why(row["reasons"]))
    console.print(table)


def _why(reasons: Sequence[str]) -> str:
    """The strongest reasons that speak for leaving."""
    return "; ".join([reason.removesuffix(RAISES) for reason in reasons if reason.endswith(RAISES)][:SHOWN_REASONS])


def show_summary(settings: Settings, truth: Path | None = None) -> None:
    """All of it, for whatever the lake of the settings holds."""
    from churn_assets.cli.model import history_of

    console, lake = Console(), Lake.of(settings)
    show_counts(console, lake)
    registry = history_of(settings).registry
    sitting = registry.find("champion")
    if sitting is not None:
        show_quality(console, lake, registry.load(sitting), truth)
        show_listeners(console, lake)
