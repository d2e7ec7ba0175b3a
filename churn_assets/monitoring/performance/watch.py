"""The state of knowledge on a day: every honest cohort, what it came to or should come to, and the verdict."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from churn_assets.monitoring.performance.cohort import Cohort, in_office
from churn_assets.monitoring.performance.decline import Decline, Jury
from churn_assets.monitoring.performance.production import Production
from churn_assets.monitoring.performance.reading import Reading, estimated, realised
from churn_assets.monitoring.performance.span import days_seen
from churn_assets.monitoring.tables import DROP, NOT_ENOUGH_DATA, OK, REPLACED
from churn_assets.training.evaluation import TARGETS

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class VersionState:
    """A version as known on a day: its honest cohorts, which of them have labels by then, and the verdict."""

    production: Production
    cohorts: tuple[Cohort, ...] = ()
    labelled: tuple[Cohort, ...] = ()
    decline: Decline | None = None
    verdict: str = NOT_ENOUGH_DATA


@dataclass(frozen=True, eq=False)
class Watch:
    """All cohorts, the promotion tests of their versions, and what was computed of them: each thing once.

    A version without a promotion test in `productions` is not reported.
    """

    cohorts: Sequence[Cohort]
    productions: Mapping[str, Production]
    jury: Jury

    def states(self, day: date) -> list[VersionState]:
        """Every version with an honest cohort, as known at the data clock that ends `day`; by version.

        A cohort counts from its cut-off on, whenever its scores were made: features see nothing later. Its labels
        count from the day that they are mature.
        """
        clock = day + ONE_DAY
        first = clock - timedelta(days=days_seen(self.jury.schedule))
        seen = (cohort for cohort in self.cohorts if first <= cohort.cutoff <= clock)
        visible = sorted(seen, key=lambda cohort: cohort.cutoff)
        office = in_office(visible)
        honest: dict[str, list[Cohort]] = {}
        for cohort in visible:
            production = self.productions.get(cohort.version)
            if production is not None and cohort.cutoff >= production.last_label_day:
                honest.setdefault(cohort.version, []).append(cohort)
        return [self._state(version, honest[version], clock, office=office) for version in sorted(honest)]

    def _state(self, version: str, parts: Sequence[Cohort], clock: date, *, office: str | None) -> VersionState:
        production = self.productions[version]
        labelled = tuple(part for part in parts if part.is_labelled and part.matures_on <= clock)
        decline = self._decline(labelled, production)
        if version != office:
            verdict = REPLACED
        elif decline is None:
            verdict = NOT_ENOUGH_DATA
        else:
            verdict = DROP if decline.is_drop else OK
        return VersionState(production, tuple(parts), labelled, decline, verdict)

    def readings(self, state: VersionState) -> Iterator[tuple[Cohort, Reading]]:
        """Each cohort with what it should come to and, once its labels are known, what it came to for either target."""
        for cohort in state.cohorts:
            yield cohort, self._should_come_to(cohort, state.production)
        for cohort in state.labelled:
            for reading in self._came_to(cohort, state.production):
                yield cohort, reading

    def _should_come_to(self, cohort: Cohort, production: Production) -> Reading:
        if cohort not in self._estimated:
            threshold, resampling = production.threshold, self.jury.resampling
            self._estimated[cohort] = estimated(cohort, production.target, threshold=threshold, resampling=resampling)
        return self._estimated[cohort]

    def _came_to(self, cohort: Cohort, production: Production) -> tuple[Reading, ...]:
        if cohort not in self._realised:
            threshold, resampling = production.threshold, self.jury.resampling
            self._realised[cohort] = tuple(
                realised(cohort, target, threshold=threshold, resampling=resampling) for target in TARGETS
            )
        return self._realised[cohort]

    def _decline(self, labelled: tuple[Cohort, ...], production: Production) -> Decline | None:
        if labelled not in self._declines:
            self._declines[labelled] = self.jury.judge(labelled, production)
        return self._declines[labelled]

    @cached_property
    def _estimated(self) -> dict[Cohort, Reading]:
        return {}

    @cached_property
    def _realised(self) -> dict[Cohort, tuple[Reading, ...]]:
        return {}

    @cached_property
    def _declines(self) -> dict[tuple[Cohort, ...], Decline | None]:
        return {}
