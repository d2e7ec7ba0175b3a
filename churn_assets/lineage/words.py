"""A trace as text, for terminals and notebooks without HTML."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from churn_assets.lineage.trace import Trace

LABEL = 15
SHOWN_FILES = 8
SHOWN_SPANS = 8
SHORT = 12
SAME = 1e-9
"""Probabilities closer than this are the same: sums may be added up in another order."""


def told(trace: "Trace", *, most_files: int = SHOWN_FILES, most_spans: int = SHOWN_SPANS) -> str:
    """What a prediction came from, one fact a line; `most_files` and `most_spans` bound the log files and lines."""
    parts = {
        "said": list(said(trace)),
        "model": list(model(trace)),
        "features": [features(trace)],
        "aggregates": [f"{name}: {len(rows):,} rows" for name, rows in trace.aggregates.items()],
        "events": [events(trace)],
        "log lines": list(files(trace, most_files=most_files, most_spans=most_spans)),
        "runs": list(runs(trace)),
        "notes": list(trace.notes),
    }
    lines = [title(trace)]
    for label, facts in parts.items():
        lines += [f"  {label if n == 0 else '':<{LABEL}}{fact}" for n, fact in enumerate(facts)]
    return "\n".join(lines)


def title(trace: "Trace") -> str:
    """What is traced."""
    one = trace.prediction
    what = "score" if one.origin == "score" else f"answer to request {one.request_id}"
    return f"Listener {one.user_id} at cut-off {one.cutoff.date()}: {what}"


def said(trace: "Trace") -> Iterator[str]:
    """What was said, when, and why."""
    one = trace.prediction
    flag = "churn" if one.churn_pred else "no churn"
    yield (
        f"{one.churn_probability:.4f} ({one.risk_band} risk, {flag}) by model version {one.model_version}, "
        f"{one.inference_timestamp:%Y-%m-%d %H:%M:%S} UTC{'' if one.at_risk else '; not at risk'}"
    )
    if trace.made_again is not None:
        is_same = abs(trace.made_again - one.churn_probability) < SAME
        yield f"made again from the features below: {trace.made_again:.4f}{'' if is_same else ', which differs'}"
    yield from one.reasons


def model(trace: "Trace") -> Iterator[str]:
    """Which model it was, and what it was trained on."""
    made = trace.model
    if made is None:
        yield f"version {trace.prediction.model_version}, of which nothing is known any more"
        return
    version = made.version
    yield f"version {version.number}: {version.rung}, code {made.code_version}, MLflow run {version.run_id}"
    yield (
        f"trained on {made.rows:,} rows of {made.listeners:,} listeners at cut-offs {span(made.cutoffs)}, labels up to "
        f"{version.last_label_day}; {_knew(made.of_listener)}"
    )
    yield f"training set {short(made.data_version)} of Dagster run {made.dagster_run}; features {version.fingerprint}"


def _knew(cutoffs: Sequence[date]) -> str:
    return f"this listener among them at {span(cutoffs)}" if cutoffs else "this listener not among them"


def span(cutoffs: Sequence[date]) -> str:
    """Some cut-offs as their number and ends."""
    return f"{cutoffs[0]}" if len(cutoffs) == 1 else f"{cutoffs[0]} to {cutoffs[-1]} ({len(cutoffs)})"


def features(trace: "Trace") -> str:
    """How many features, and where they stand."""
    one = trace.prediction
    where = f"user_features, cutoff={one.cutoff.date()}" if one.origin == "score" else "kept with the answer"
    return f"{len(trace.features)} ({where})"


def events(trace: "Trace") -> str:
    """How many events, and of which days."""
    seen = f"{trace.span.first} to {trace.span.last}"
    return f"{len(trace.events):,} of the days that it could see, {seen}"


def files(trace: "Trace", *, most_files: int, most_spans: int) -> Iterator[str]:
    """The log files with their line numbers, the newest last; the oldest ones are only counted."""
    found = trace.files
    copies = len(trace.lines) - int(trace.lines["is_used"].sum())
    yield f"{len(trace.lines):,} in {len(found):,} files{f', {copies} of them copies' if copies else ''}"
    if len(found) > most_files:
        yield f"… {len(found) - most_files} files before these (`lines` has them all)"
    for name, numbers in found.tail(most_files).itertuples(index=False):
        yield f"{name}: {line_spans(numbers, most_spans)}"


def line_spans(numbers: Sequence[int], most: int) -> str:
    """Line numbers with neighbours drawn together: `3, 7-9`."""
    spans: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    shown = ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in spans[:most])
    return f"{shown}, … ({len(numbers)} lines)" if len(spans) > most else shown


def runs(trace: "Trace") -> Iterator[str]:
    """The newest run behind each table, with the code version of the asset."""
    for table, rows in trace.materialisations.groupby("table", sort=False):
        newest = rows.sort_values("event").iloc[-1]
        partitions = f"{len(rows)} partitions" if len(rows) > 1 else f"{newest.partition}"
        yield f"{table} ({partitions}): run {newest.run_id}, event {newest.event}, code {newest.code_version}"


def short(digest: str | None) -> str:
    """The beginning of a hash."""
    return "unknown" if digest is None else digest[:SHORT]
