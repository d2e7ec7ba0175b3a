"""A tiny service whose log grows: what lands, what is made of it, and by whom."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import dagster as dg
import pandas as pd

from churn_assets.cli.run import bring_up_to_date
from churn_assets.cutoffs import days_between
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.registry.artifact import Parts
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.registry.tracking import prepare, tracking_below
from churn_assets.resources.session import Session
from churn_assets.settings import Settings
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.evaluation import evaluate
from churn_assets_tests.orchestration.sensing import asked, carry_out
from churn_assets_tests.orchestration.tiny import FIRST_DAY, LOOKBACK_DAYS, Site, day_lines, write_lines
from churn_assets_tests.registry.tiny import trained
from churn_assets_tests.serving.api.champions import rows
from churn_assets_tests.serving.sites import keep, made_for

SEED = 7
MOST_TICKS = 20


@dataclass(frozen=True)
class Growing(Site):
    """A site whose log goes up to a day."""

    until: date

    @cached_property
    def settings(self) -> Settings:
        """Settings of a log that ends there; nobody rests after a list, so that each depends on its scores alone."""
        return super().settings.model_copy(update={"last_day": self.until, "retention_rest_days": 0})

    def land(self, day: date) -> "Growing":
        """The same site, one day later."""
        write_lines(self.landing / f"{day}.json", day_lines(day))
        return Growing(self.home, day)

    def session(self) -> Session:
        """The platform as our own commands see it."""
        return Session(self.settings, self.defs, self.instance)

    def update(self) -> dict[str, list[str]]:
        """Do what the daemon would; gives the partitions that were made, by asset."""
        before = self.instance.event_log_storage.get_maximum_record_id() or 0
        bring_up_to_date(self.session())
        return made_after(self.instance, before, self.defs)

    def follow(self) -> dict[str, list[str]]:
        """Let the landing sensor tick, and carry out what it asks for, until it asks for nothing; what was made."""
        before = self.instance.event_log_storage.get_maximum_record_id() or 0
        keys: list[str | None] = []
        while requests := asked(self):
            for request in requests:
                carry_out(self, request)
            keys += [request.run_key for request in requests]
            assert len(set(keys)) == len(keys) < MOST_TICKS, "the daemon drops a run key that it has seen"
        return made_after(self.instance, before, self.defs)


def made_after(instance: dg.DagsterInstance, event: int, defs: dg.Definitions) -> dict[str, list[str]]:
    """The partitions of each asset that were materialised after an event, each as often as it was."""
    found = {}
    for key in defs.resolve_asset_graph().get_all_asset_keys():
        later = dg.AssetRecordsFilter(key, after_storage_id=event)
        partitions = [
            record.partition_key or "" for record in instance.fetch_materializations(later, limit=999).records
        ]
        if partitions:
            found[key.to_user_string()] = sorted(partitions)
    return found


def grown(home: Path, last: date) -> Growing:
    """A site where the days up to `last` have landed and nothing is made."""
    for day in days_between(FIRST_DAY, last):
        write_lines(home / "landing" / f"{day}.json", day_lines(day))
    return Growing(home, last)


def promote(site: Site) -> None:
    """A small real champion that was trained and judged before the log began, on others: no score is in-sample."""
    schema, judged = CATALOGUE.schema(LOOKBACK_DAYS), FIRST_DAY - timedelta(days=LOOKBACK_DAYS)
    reference = rows(seed=SEED).assign(at_risk=True, cancelled=False, cutoff=pd.Timestamp(judged))
    model = replace(trained(rows=reference, schema=schema), trained_cutoffs=(judged - timedelta(days=30),))
    evaluation = evaluate(model, reference, resampling=Resampling(replicates=20)).to_json()
    registry = ModelRegistry(prepare(tracking_below(site.settings.mlflow_home)))
    run = registry.tracking.client().create_run(registry.tracking.experiment_id())
    parts = Parts(model, reference, evaluation, "# A tiny model", {})
    registry.point(CHAMPION, registry.register(parts, run_id=run.info.run_id, data_versions={}).number)


def serve(site: Site, *days: date) -> None:
    """A prediction that the API made on each of these days, about two listeners."""
    keep(site, *(made_for(day, f"asked-{day}", "1", "2") for day in days))
