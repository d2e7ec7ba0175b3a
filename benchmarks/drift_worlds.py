"""Simulated services whose features the drift study draws listeners from."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from churn_assets.cli.run import run_everything
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.tables import USER_FEATURES
from churn_assets.labels.tables import POPULATION
from churn_assets.lake.lake import Lake
from churn_assets.monitoring.log_age import LogAge
from churn_assets.monitoring.reference import Reference
from churn_assets.monitoring.watched import Span, Watched
from churn_assets.monitoring.window import scored_rows
from churn_assets.settings import Settings
from churn_assets.simulate import Change, World, write_logs

FIRST_DAY = date(2026, 1, 5)
DAYS = 154
CHANGE = FIRST_DAY + timedelta(days=112)
LAST_TRAINED = FIRST_DAY + timedelta(days=98)
"""The newest cut-off of a training on a log that is older than the lookback."""
LAST_TRAINED_YOUNG = FIRST_DAY + timedelta(days=70)
"""That of a training on a younger log."""
WINDOW_DAYS = 7
SCHEMA = CATALOGUE.schema(90)


@dataclass(frozen=True, eq=False)
class Service:
    """Feature rows of every listener at risk at every cut-off of a world."""

    rows: pd.DataFrame

    @classmethod
    def of(cls, scratch: Path, *, listeners: int, seed: int, covariate: float = 0.0) -> "Service":
        """Simulate and compute a world, or read what an earlier run left in `scratch`."""
        home = scratch / f"world-{listeners}-{seed}-{covariate:g}"
        kept = home / "rows.parquet"
        if not kept.exists():
            changes = (Change(CHANGE, covariate=covariate),) if covariate else ()
            write_logs(World(FIRST_DAY, seed, listeners, DAYS, changes=changes), home / "landing")
            last = FIRST_DAY + timedelta(days=DAYS - 1)
            settings = Settings(_env_file=None, home=home, first_day=FIRST_DAY, last_day=last)
            run_everything(settings, until="features")
            lake = Lake(Path(settings.lake_url))
            scored_rows(lake.scan(USER_FEATURES), lake.scan(POPULATION), SCHEMA.names).to_parquet(kept)
        return cls(pd.read_parquet(kept))

    def watched(self, trained: date) -> Watched:
        """The service as a champion sees it that was trained on the cut-offs up to `trained`."""
        training = self.rows[self.rows["cutoff"] <= pd.Timestamp(trained)]
        return Watched(self.rows, Reference("1", SCHEMA, training), LogAge(FIRST_DAY, 90), WINDOW_DAYS)

    def weeks_after(self, trained: date) -> list[Span]:
        """The windows of every later week."""
        last = FIRST_DAY + timedelta(days=DAYS - 1)
        days = [trained + timedelta(days=n) for n in range((last - trained).days + 1)]
        return list(self.watched(trained).spans(days, CATALOGUE.features))[1:]


def resampled(rows: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    """`count` listeners drawn with replacement, each one of their own; `rows` hold each listener once."""
    import numpy as np

    chosen = np.random.default_rng(seed).integers(len(rows), size=count)
    return rows.iloc[chosen].assign(user_id=[str(number) for number in range(count)]).reset_index(drop=True)
