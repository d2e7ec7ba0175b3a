"""A trace: one prediction with everything that it came from, as values and frames."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from churn_assets.lineage.lines import Span
from churn_assets.lineage.said import Said
from churn_assets.lineage.trained import Trained

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """One prediction, back to the lines of the log files.

    - `prediction`: what was said; `model`: the version that said it, None if the registry does not have it any more
    - `span`: the days that it could see, first and last included: nothing at or after the cut-off
    - `features`: the values that the model was given, by name of the feature; `made_again` is the probability that the
      model gives for them today, None where it cannot be asked
    - `aggregates`: the listener's rows of the daily tables, by table; empty for an answer of the API, whose features
      come from the events that it was sent
    - `events`: the listener's events; for an answer those that were sent, with their `position` in the request
    - `lines`: the log lines of those events (`file`, `line`), `is_used` where `events` kept it and not another copy
    - `materialisations`: the partitions that a score came through, with run, event and versions
    - `code_version`: version of the code that runs now; that of the model is `model.code_version`
    - `notes`: what a reader must know, such as that a table was made again since
    """

    prediction: Said
    model: Trained | None
    span: Span
    features: "pd.Series"
    made_again: float | None
    aggregates: Mapping[str, "pd.DataFrame"]
    events: "pd.DataFrame"
    lines: "pd.DataFrame"
    materialisations: "pd.DataFrame"
    code_version: str
    notes: tuple[str, ...] = ()

    @property
    def files(self) -> "pd.DataFrame":
        """One row a log file: `file`, and its `lines` in order."""
        numbers = self.lines.groupby("file", sort=True)["line"].agg(list)
        return numbers.rename("lines").reset_index()

    def __repr__(self) -> str:
        from churn_assets.lineage.words import told

        return told(self)

    def _repr_html_(self) -> str:
        from churn_assets.lineage.page import page

        return page(self)
