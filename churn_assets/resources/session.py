"""The platform as our own commands use it: definitions and Dagster's history of the same settings."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import dagster as dg

from churn_assets.definitions import build_defs
from churn_assets.errors import ForgettingError
from churn_assets.forgetting.journal import why_nothing_may_run
from churn_assets.ingest.arrivals import remember
from churn_assets.ingest.tables import RAW_LOGS
from churn_assets.lake.lake import Lake
from churn_assets.resources.history import Histories
from churn_assets.resources.instance import open_instance
from churn_assets.resources.planning import AssetState, Work
from churn_assets.resources.prediction_store import StoreResource
from churn_assets.resources.progress import Listener
from churn_assets.resources.runner import Range, Request, RunResult, carry_out, run_assets
from churn_assets.resources.state import Platform
from churn_assets.resources.storage import LandingResource
from churn_assets.serving.tables import SERVED_EVENTS
from churn_assets.settings import Settings


@dataclass(frozen=True)
class Session:
    """Settings, the definitions they describe, and the history that the UI shows too."""

    settings: Settings
    defs: dg.Definitions
    instance: dg.DagsterInstance

    @cached_property
    def lake(self) -> Lake:
        """The lake of the settings."""
        return Lake.of(self.settings)

    @property
    def landing(self) -> LandingResource:
        """The landing folder of the settings."""
        return LandingResource.of(self.settings)

    @property
    def predictions(self) -> StoreResource:
        """The prediction store of the settings."""
        return StoreResource(url=self.settings.prediction_store_url)

    @property
    def groups(self) -> Mapping[str, str]:
        """Group of each asset, by its name."""
        graph = self.defs.resolve_asset_graph()
        return {key.to_user_string(): graph.get(key).group_name for key in graph.get_all_asset_keys()}

    def made_together(self, asset: str) -> tuple[str, ...]:
        """The asset and those that are made in the same step."""
        node = self.defs.resolve_asset_graph().get(dg.AssetKey(asset))
        return tuple(sorted(key.to_user_string() for key in node.execution_set_asset_keys))

    def states(self) -> Sequence[AssetState]:
        """State of every table, upstream ones first; landing files are surveyed once some day has been read."""
        return self.platform().states()

    def platform(self) -> Platform:
        """Everything that says what is done and what is not."""
        settings, landing = self.settings, self.landing
        return Platform(
            graph=self.defs.resolve_asset_graph(),
            instance=self.instance,
            lake=self.lake,
            schedule=settings.cutoffs,
            landing=self._survey() if self.lake.keys(RAW_LOGS) else None,
            report_days=settings.report_days,
            served=self.predictions.versions_if_there(landing.first, landing.last),
            kept=self._kept,
        )

    @cached_property
    def _kept(self) -> Histories:
        return Histories(self.instance)

    def run(self, work: Work, progress: Listener) -> RunResult:
        """Carry out one piece of work in this process; ForgettingError while a listener is being forgotten."""
        self._require_nobody_forgotten()
        span = Range(work.first, work.last)
        return run_assets(self.defs, work.assets, span, instance=self.instance, progress=progress)

    def carry_out(self, request: Request, progress: Listener | None = None) -> RunResult:
        """Carry out a request with tags and configuration of its own in this process; raises like `run`."""
        self._require_nobody_forgotten()
        return carry_out(self.defs, request, instance=self.instance, progress=progress)

    def export_served_events(self) -> None:
        """Write what the API was sent and the log does not know to the landing folder, if there is anything to look at.

        Raises LandingError or StoreError where that cannot be done, ForgettingError while a listener is forgotten.
        """
        self._require_nobody_forgotten()
        if self.predictions.has_unexported(self.landing):
            run_assets(self.defs, [SERVED_EVENTS], Range(), instance=self.instance)

    def _require_nobody_forgotten(self) -> None:
        reason = why_nothing_may_run(self.settings.home)
        if reason is not None:
            raise ForgettingError(reason)

    def _survey(self) -> Mapping[str, str]:
        found = self.landing.arrivals(self.lake).surveyed()
        remember(found, self.lake)
        return found.versions()


@contextmanager
def open_session(settings: Settings) -> Iterator[Session]:
    """The platform of the settings, open until the block ends, with the history that `open_instance` finds."""
    with open_instance(settings) as instance:
        yield Session(settings, build_defs(settings), instance)
