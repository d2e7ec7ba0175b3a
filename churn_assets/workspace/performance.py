"""How good each version turned out to be, as a notebook shows it: the verdict, the tested metrics, and their course."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Scan
from churn_assets.monitoring.causes import causes, has_dropped
from churn_assets.monitoring.tables import DROP, ESTIMATED, OK, REALISED, REPLACED
from churn_assets.workspace.page import heading, image, page, paragraph, png_of, table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

TESTED = {"roc_auc": "AUC", "log_loss": "log-loss", "base_rate": "share that churned"}
PANEL_INCHES = (4.4, 2.4)


@dataclass(frozen=True)
class Rule:
    """Whose metrics the verdict looks at, and at which level."""

    target: str
    level: float


@dataclass(frozen=True, eq=False, repr=False)
class Performance:
    """The performance report of one day; it shows itself as HTML in a notebook.

    `rows` are those of `performance_report`: a metric of a version at a cut-off, estimated or realised.
    """

    day: str
    rows: "pd.DataFrame"
    _rule: Rule

    @property
    def versions(self) -> list[str]:
        """Versions that have honest cut-offs, the one that scores today first."""
        found = self.rows.groupby("model_version")["verdict"].first()
        return sorted(map(str, found.index), key=lambda number: (found[number] == REPLACED, -int(number)))

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict on each version: `drop`, `ok`, `not enough data` or `replaced`."""
        found = self.rows.groupby("model_version")["verdict"].first()
        return {version: str(found[version]) for version in self.versions}

    def metrics(self, version: str | int | None = None) -> "pd.DataFrame":
        """The tested metrics of a version (the one that scores today, if None): a row a metric and cut-off."""
        from churn_assets.workspace.listing import Listing

        own = self._own(str(version or self.versions[0]))
        tested = own[own["metric"].isin(TESTED)]
        wide = tested.pivot_table(index=["metric", "cutoff"], columns="kind", values="value", aggfunc="first")
        wide = wide.reindex(columns=[ESTIMATED, REALISED])
        fixed = tested.groupby(["metric", "cutoff"])[["production", "matures_on", "n"]].first()
        return Listing(wide.join(fixed))

    def _own(self, version: str) -> "pd.DataFrame":
        """The rows of a version and of the target that it learned."""
        return self.rows[(self.rows["model_version"] == version) & (self.rows["target"] == self._rule.target)]

    @cached_property
    def figure(self) -> "Figure":
        """Each tested metric over the cut-offs of the version that scores today."""
        from churn_assets.monitoring.panels import paneled
        from churn_assets.monitoring.performance.chart import panels

        return paneled(panels(self._own(self.versions[0])), columns=2, size=PANEL_INCHES)

    @property
    def sentences(self) -> list[str]:
        """What is known of each version, a sentence each."""
        return [f"Version {version}: {self._said(version, verdict)}" for version, verdict in self.verdicts.items()]

    def _said(self, version: str, verdict: str) -> str:
        match verdict:
            case "drop":
                return f"it got worse beyond chance: {', '.join(self._fallen(version))}."
            case "ok":
                return "no metric got worse beyond chance."
            case "replaced":
                return "it was replaced."
            case _:
                return f"not enough cut-offs have matured for a verdict. {self._next(version)}"

    def _fallen(self, version: str) -> Iterator[str]:
        fallen = causes(self._own(version), lambda row: has_dropped(row, level=self._rule.level))
        for metric, rows in fallen.groupby("metric"):
            value, before = rows["value"].mean(), rows["production"].iloc[0]
            yield f"{TESTED.get(str(metric), metric)} {value:.3f} on average (promotion test {before:.3f})"

    def _next(self, version: str) -> str:
        """Which cut-off matures next."""
        own = self._own(version)
        waiting = own[own["matures_on"] > self.rows["day"].iloc[0]].sort_values("matures_on")
        if waiting.empty:
            return "No scored cut-off waits for its labels."
        return f"The next, {waiting['cutoff'].iloc[0].date()}, matures on {waiting['matures_on'].iloc[0].date()}."

    def _repr_html_(self) -> str:
        if self.rows.empty:
            return page("Performance report", heading(f"Performance on {self.day}"), paragraph(self._nobody))
        said = [
            paragraph(text, KINDS.get(one, "quiet"))
            for text, one in zip(self.sentences, self.verdicts.values(), strict=True)
        ]
        version = self.versions[0]
        described = f"AUC, log-loss and share that churned of version {version} by cut-off, estimated and realised"
        return page(
            f"Performance report of {self.day}",
            heading(f"Performance on {self.day}"),
            *said,
            image(png_of(self.figure), described),
            table(f"Version {version} at each cut-off that it never learned from", HEADER, self._cells()),
        )

    @property
    def _nobody(self) -> str:
        return "No version has scored a cut-off yet that it did not learn from."

    def _cells(self) -> Iterator[Sequence[object]]:
        """A row a cut-off, the newest first, after one for the promotion test."""
        known = self.metrics()
        first = known.groupby(level="metric")["production"].first()
        yield ("promotion test", "", None, *(cell for name in TESTED for cell in (None, float(first[name]))))
        for cutoff in sorted(set(known.index.get_level_values("cutoff")), reverse=True):
            own = known.xs(cutoff, level="cutoff")
            numbers = (float(own[kind][name]) for name in TESTED for kind in (ESTIMATED, REALISED))
            known_from, size = own["matures_on"].iloc[0].date(), int(own["n"].iloc[0])
            yield (str(cutoff.date()), str(known_from), size, *numbers)

    def __repr__(self) -> str:
        said = " ".join(self.sentences) if len(self.rows) else self._nobody
        return f"<Performance on {self.day}: {said} See .metrics(), .rows, .figure>"


KINDS = {DROP: "bad", OK: "good"}
HEADER = (
    *("cut-off", "labels known from", "listeners"),
    *(f"{name}, {kind}" for name in TESTED.values() for kind in (ESTIMATED, REALISED)),
)


def performance(scan: Scan, rule: Rule) -> Performance:
    """The report of the newest day of a scan of `performance_report`."""
    key = scan.keys[-1]
    return Performance(key, read_frame(scan.only([key])), rule)
