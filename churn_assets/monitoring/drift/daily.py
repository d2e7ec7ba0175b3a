"""The drift reports of several days: what is equal is computed once, and a few get a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from churn_assets.cutoffs import midnight
from churn_assets.features.declaration import Feature
from churn_assets.monitoring.drift.page import DriftPage
from churn_assets.monitoring.drift.report import Baseline, Rule, would_retrain
from churn_assets.monitoring.tables import DRIFT_REPORT, NOT_ENOUGH_DATA
from churn_assets.monitoring.watched import Span, Watched

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class SpanReport:
    """The report of days with equal windows: columns of DRIFT_REPORT but the day."""

    span: Span
    baseline: Baseline
    report: "pd.DataFrame"

    def of(self, day: date) -> "pd.DataFrame":
        """The rows of DRIFT_REPORT of one of the days."""
        return self.report.assign(day=midnight(day))[list(DRIFT_REPORT.names)]

    @property
    def is_decided(self) -> bool:
        """Whether any feature has a verdict."""
        return bool((self.report["verdict"] != NOT_ENOUGH_DATA).any())

    @property
    def page(self) -> DriftPage:
        """The page of these days."""
        return DriftPage(self.baseline.rows, self.span.window, self.report)


def span_reports(
    watched: Watched, days: Sequence[date], features: Sequence[Feature], rule: Rule
) -> Sequence[SpanReport]:
    """The report of every day, equal ones together, in order of the days."""
    reference = watched.reference
    baseline = Baseline(reference.newest(watched.window_days), reference.schema, rule)
    return [
        SpanReport(span, baseline, baseline.compare(span.window, span.calendar).assign(model_version=reference.version))
        for span in watched.spans(days, features)
    ]


def with_pages(reports: Sequence[SpanReport]) -> Sequence[SpanReport]:
    """Those that are worth the seconds and megabytes of a page: the newest, and the newest that asks for retraining."""
    newest = [made for made in reports if made.is_decided][-1:]
    alarming = [made for made in reports if would_retrain(made.report)][-1:]
    return [*alarming, *(made for made in newest if made not in alarming)]
