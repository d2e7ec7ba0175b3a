"""Why the model says what it says of one listener: every feature's contribution, in numbers, words and a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from churn_assets.errors import UnknownNameError
from churn_assets.features.tables import USER_FEATURES
from churn_assets.lake.lake import Lake, Scan
from churn_assets.scoring.bands import RiskBands
from churn_assets.workspace.page import png_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from churn_assets.serving.champion import Champion

SHOWN_CUTOFFS = 6
VERBS = (" raises the risk", " lowers the risk")


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """One listener at a cut-off: probability, contributions (strongest first) and reasons; draws itself in a notebook.

    `contributions` has a row a feature that the model reads: `value`, `contribution` in raw log-odds, and `words`.
    `base_probability` is what the model says before it has looked at the listener.
    """

    user_id: str
    cutoff: str
    model_version: str
    probability: float
    base_probability: float
    base_log_odds: float
    risk_band: str
    reasons: Sequence[str]
    contributions: "pd.DataFrame"

    @cached_property
    def figure(self) -> "Figure":
        """The waterfall: from the average listener to this one, feature by feature."""
        from churn_assets.workspace.waterfall import waterfall

        return waterfall(self)

    def _repr_png_(self) -> bytes:
        return png_of(self.figure)

    def __repr__(self) -> str:
        told = "\n".join(f"  - {reason}" for reason in self.reasons) or "  - nothing stands out"
        said = f"{self.probability:.1%} likely to leave ({self.risk_band} risk), says version {self.model_version}"
        return f"Listener {self.user_id} at {self.cutoff}: {said}.\n{told}"


def explain(row: "pd.DataFrame", champion: "Champion", bands: RiskBands) -> Explanation:
    """Explain one row of `user_features`."""
    import numpy as np

    model = champion.model
    pushes = model.contributions(row)
    probability = float(model.predict(row)[0])
    return Explanation(
        user_id=str(row["user_id"].iloc[0]),
        cutoff=str(row["cutoff"].iloc[0].date()),
        model_version=champion.version,
        probability=probability,
        base_probability=float(model.calibration.apply(np.array([model.base_log_odds]))[0]),
        base_log_odds=model.base_log_odds,
        risk_band=bands.of_one(probability),
        reasons=champion.wording.reasons(row, pushes)[0],
        contributions=_in_words(row, pushes, champion),
    )


def _in_words(row: "pd.DataFrame", pushes: "pd.DataFrame", champion: "Champion") -> "pd.DataFrame":
    """The contributions of one row with values and words, the strongest first."""
    from churn_assets.workspace.listing import Listing

    columns = {column.name: column for column in champion.wording.schema.columns}
    strongest = pushes.iloc[0].abs().sort_values(ascending=False, kind="stable").index
    rows = []
    for name in strongest:
        push = pushes[[name]].iloc[0].to_numpy()
        sentence = champion.wording.sentences(columns[name], row[name], push > 0)[0]
        rows.append((row[name].iloc[0], float(push[0]), sentence.removesuffix(VERBS[0]).removesuffix(VERBS[1])))
    return Listing(rows, index=list(strongest), columns=["value", "contribution", "words"])


@dataclass(frozen=True)
class Listener:
    """One listener in the lake."""

    lake: Lake
    user_id: str

    def features(self, cutoff: str | None) -> "pd.DataFrame":
        """Their row of `user_features` at a cut-off, the newest one that has them if None; UnknownNameError if none."""
        found = self.lake.find(USER_FEATURES)
        for key, scan in (found if cutoff is None else found.only([cutoff])).newest_first():
            row = self._row(scan, key)
            if len(row):
                return row
        raise UnknownNameError(self._where_else(found, cutoff))

    def _row(self, scan: Scan, key: str) -> "pd.DataFrame":
        import pandas as pd
        import pyarrow.parquet as pq

        # Rows are ordered by listener, so that Parquet's statistics spare most of a large file.
        ((_, path),) = scan.files
        rows = pq.read_table(path, partitioning=None, filters=[("user_id", "=", self.user_id)])
        found: pd.DataFrame = rows.to_pandas()
        found.insert(0, "cutoff", pd.Timestamp(key).as_unit("ms"))
        return found

    def _where_else(self, found: Scan, cutoff: str | None) -> str:
        if cutoff is not None:
            others = [key for key in found.keys if key != cutoff and len(self._row(found.only([key]), key))]
            if others:
                shown = ", ".join(others[-SHOWN_CUTOFFS:])
                return (
                    f"Listener {self.user_id!r} has no features at {cutoff}: no event in the lookback before it. "
                    f"The newest cut-offs that have them: {shown}."
                )
        return (
            f"There is no listener {self.user_id!r} at any of the {len(found.keys)} cut-offs. Listeners are named by "
            "the log's userId: ws.load('churn_scores', columns=['user_id', 'churn_probability']) lists them."
        )
