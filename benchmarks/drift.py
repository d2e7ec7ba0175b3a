"""Drift: a report of many window rows against as many reference rows, beside SciPy's tests of the same columns."""

from typing import TYPE_CHECKING

from benchmarks.crowd import crowd
from benchmarks.findings import Findings, Line, Target
from benchmarks.profiling import functions, profile
from benchmarks.workbench import Workbench

if TYPE_CHECKING:
    import pandas as pd

BOUND = """
Half of it is a process' start and reading the rows. A report sorts every numeric column once, and draws what the
distances would be without drift from the pooled counts.
"""

SECONDS = 10


def drift(bench: Workbench) -> Findings:
    """Every feature measured, tested and judged within 10 seconds, without the page."""
    count = bench.size.drift_rows
    rows = str(crowd(bench, 2 * count))
    repeats = bench.size.repeats
    bare = bench.measure("reference: scipy's ks_2samp and chi-squared", bare_tests, repeats=repeats, rows=rows)
    read = bench.measure("reading", read_halves, repeats=repeats, rows=rows)
    made = bench.measure("drift report", report, repeats=repeats, rows=rows)
    looked = profile(bench, "drift report", functions, report, rows=rows)
    return Findings(
        "drift",
        {"window rows": made.answer["window"], "reference rows": made.answer["reference"]},
        [
            Line("reference: scipy's ks_2samp and chi-squared of every column", bare.cost),
            Line("drift report of every feature, without its page", made.cost),
            Line("of each of them: a process' start, imports, and reading both", read.cost),
        ],
        [Target("wall seconds of the report, reading included", made.cost.wall_seconds, SECONDS, issue=6)],
        profiles=[looked],
    )


def report(rows: str) -> dict[str, int]:
    """The drift report of the second half of the rows against the first; gives the sizes of both."""
    from churn_assets.features.catalogue import CATALOGUE
    from churn_assets.monitoring.drift.report import Baseline, Rule

    reference, window = _halves(rows)
    made = Baseline(reference, CATALOGUE.schema(90), Rule()).compare(window, frozenset())
    return {"window": int(made["n_window"].iloc[0]), "reference": int(made["n_reference"].iloc[0])}


def bare_tests(rows: str) -> int:
    """SciPy's two-sample tests of every column, asymptotic; gives how many."""
    import pandas as pd
    from scipy.stats import chi2_contingency, ks_2samp

    from churn_assets.features.catalogue import CATALOGUE

    reference, window = _halves(rows)
    schema = CATALOGUE.schema(90)
    for name in schema.numeric:
        ks_2samp(reference[name].dropna(), window[name].dropna(), method="asymp")
    for name in schema.categorical:
        counts = [frame[name].fillna("(none)").value_counts() for frame in (reference, window)]
        chi2_contingency(pd.concat(counts, axis=1).fillna(0).to_numpy())
    return len(schema.names)


def read_halves(rows: str) -> int:
    """What reading alone takes; gives the rows."""
    return sum(map(len, _halves(rows)))


def _halves(rows: str) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Every other listener is the reference's."""
    import pandas as pd

    frame = pd.read_parquet(rows)
    frame = frame[frame["at_risk"]].reset_index(drop=True)
    return frame.iloc[::2], frame.iloc[1::2]
