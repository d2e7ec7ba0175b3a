"""The prediction store as a Dagster resource that loads SQLAlchemy only where it is used."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from churn_assets.errors import StoreUnreachableError
from churn_assets.resources.storage import LandingResource

if TYPE_CHECKING:
    from churn_assets.serving.reader import Snapshot

_LOG = logging.getLogger(__name__)


class StoreResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The prediction store at an SQLAlchemy URL, to be read; reading never makes one.

    What Dagster takes for configuration is shown in the UI and passed on in command lines; the URL may hold a password.
    """

    url: dg.ResourceDependency[str]

    @contextmanager
    def snapshot(self) -> "Iterator[Snapshot]":
        """One state of the store; StoreError if it cannot be read."""
        from churn_assets.serving.reader import snapshot

        with snapshot(self.url) as state:
            yield state

    def versions(self, first_day: date, last_day: date) -> Mapping[str, str]:
        """What it holds for each day of the log, as `Platform.served` wants it."""
        from churn_assets.serving.log_days import LogDays
        from churn_assets.serving.prediction_log import versions

        with self.snapshot() as state:
            return versions(state, LogDays(first_day, last_day))

    def versions_if_there(self, first_day: date, last_day: date) -> Mapping[str, str] | None:
        """The same; None, with a warning, where the store does not answer, which must not stop anything else."""
        try:
            return self.versions(first_day, last_day)
        except StoreUnreachableError as error:
            _LOG.warning("What was served is left out of the judgement. %s", error)
            return None

    def has_unexported(self, landing: LandingResource) -> bool:
        """Whether materialising `served_events` has anything to look at; LandingError where it cannot write."""
        from churn_assets.serving.export import is_behind

        with self.snapshot() as state:
            return landing.use_served_events and is_behind(state, landing.url, landing.days)
