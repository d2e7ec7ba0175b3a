"""`churn-assets simulate`: logs of a service that never was."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from churn_assets.cli.bars import counting_bar
from churn_assets.errors import SettingsError
from churn_assets.settings import DEMO_DAYS, Settings

if TYPE_CHECKING:
    from churn_assets.simulate import Simulated, World


def world_of(settings: Settings, *, listeners: int, days: int | None, first_day: date, seed: int | None) -> "World":
    """A world of the settings' days and seed, unless told otherwise."""
    from churn_assets.simulate import World

    span = DEMO_DAYS if settings.last_day == "open" else (settings.last_day - first_day).days + 1
    if days is None and span < 1:
        message = f"CHURN_LAST_DAY ({settings.last_day}) lies before {first_day}: give --days, or set CHURN_LAST_DAY."
        raise SettingsError(message)
    return World(
        first_day=first_day, days=days or span, listeners=listeners, seed=settings.seed if seed is None else seed
    )


def truth_folder(settings: Settings) -> Path:
    """Where the truth of a simulated world lies: beside the lake, out of every model's sight."""
    return settings.home / "truth"


def simulate_logs(settings: Settings, world: "World") -> "Simulated":
    """Write the logs and the truth at every cut-off, with a progress bar; returns what was written.

    LandingError if the logs belong into a bucket that does not take them.
    """
    from churn_assets.ingest.delivery import landing_folder
    from churn_assets.simulate import write_logs, write_truth

    bar = counting_bar("Simulating", total=world.days, unit="days")
    with landing_folder(settings.landing_url) as folder, bar as advance:
        done = write_logs(world, folder, progress=advance)
    cutoffs = settings.cutoffs.up_to(date.fromordinal(world.first_day.toordinal() + world.days))
    write_truth(
        world,
        truth_folder(settings),
        cutoffs,
        horizon_days=settings.horizon_days,
        at_risk_days=settings.at_risk_days,
    )
    return done
