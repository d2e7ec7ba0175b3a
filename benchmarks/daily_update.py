"""The daily update: one new day lands on a graph of 150 days, and everything that follows is made, nothing else."""

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import production
from benchmarks.crowd import FIRST_DAY
from benchmarks.findings import Findings, Line, Target
from benchmarks.profiling import functions, profile
from benchmarks.workbench import Workbench

if TYPE_CHECKING:
    from churn_assets.lake.lake import Lake
    from churn_assets.settings import Settings

BOUND = """
Most of a day is the work around the tables: reading the history of every asset, Dagster's events, contracts, charts
and previews of every partition that is made, MLflow's start. The tables themselves are what the reference makes.
"""

SECONDS = 60
A_WEEK = 7
LATER = "later"
"""Folder of the log files that have not landed yet."""


def daily_update(bench: Workbench) -> Findings:
    """A day that ends no week, and the one that ends it: features, labels, scores, a list and reports follow."""
    size = bench.size
    kept = kept_home(bench)
    plain, weekly = size.service_days + 1, _end_of_week(size.service_days + 2)
    home = bench.scratch / "home-update"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(kept, home, copy_function=shutil.copy2)
    idle = bench.measure("nothing new", run, home=str(home), days=size.service_days)
    bare = bench.measure("reference: without Dagster", bare_update, home=str(home), days=plain)
    day = bench.measure("a new day", update, home=str(home), days=plain)
    between = bench.measure("the days up to the week's last", update, home=str(home), days=weekly - 1)
    week = bench.measure("a new day that ends a week", update, home=str(home), days=weekly)
    looked = profile(bench, "a new day", functions, update, home=str(home), days=weekly + 1)
    return Findings(
        "daily_update",
        {"days": size.service_days, "listeners": size.service_listeners, "partitions made": week.answer},
        [
            Line("reference: the new day's tables and drift, without Dagster, MLflow and pages", bare.cost),
            Line("`churn-assets run`, nothing new", idle.cost),
            Line(f"a new day, {day.answer} partitions", day.cost),
            Line(f"the days up to the end of the week at once, {between.answer} partitions", between.cost),
            Line(f"a new day that ends a week, {week.answer} partitions", week.cost),
        ],
        [
            Target("wall seconds of a new day", day.cost.wall_seconds, SECONDS, issue=6),
            Target("wall seconds of a new day with a new cut-off", week.cost.wall_seconds, SECONDS, issue=6),
        ],
        profiles=[looked],
    )


def kept_home(bench: Workbench) -> Path:
    """A home of so many days with a champion, its scores and reports; made if it is not there."""
    days, listeners = bench.size.service_days, bench.size.service_listeners
    home = bench.scratch / f"home-{listeners}-{days}-days"
    if not (home / ".made").exists():
        shutil.rmtree(home, ignore_errors=True)
        bench.say(f"making a home of {days} days")
        bench.measure("simulate, run, promote", make_home, home=str(home), listeners=listeners, days=days)
        (home / ".made").touch()
    return home


def make_home(home: str, listeners: int, days: int) -> None:
    """Simulate a service, land its first `days` days, and materialise everything; two further weeks wait to land.

    The challenger is promoted whatever the promotion rule says of so few.
    """
    from churn_assets.cli.run import run_everything
    from churn_assets.registry.registry import CHAMPION, ModelRegistry
    from churn_assets.registry.tracking import tracking_below
    from churn_assets.simulate import World, write_logs

    write_logs(World(FIRST_DAY, 1, listeners, days + 2 * A_WEEK), Path(home) / LATER)
    settings = _landed(home, days)
    run_everything(settings, until="models")
    registry = ModelRegistry(tracking_below(settings.mlflow_home, settings.tracking_url))
    registry.point(CHAMPION, registry.challenger().number)
    run_everything(settings)


def update(home: str, days: int) -> int:
    """Let the log land up to its day number `days`, and do what the daemon would; gives the partitions made."""
    from churn_assets.cli.run import bring_up_to_date
    from churn_assets.resources.session import open_session

    with open_session(_landed(home, days)) as session:
        before = session.instance.event_log_storage.get_maximum_record_id() or 0
        bring_up_to_date(session)
        histories = session.platform().histories.values()
        return sum(made.event > before for history in histories for made in history.made.values())


def run(home: str, days: int) -> None:
    """The same by `churn-assets run`, which also looks whether there is anything to learn from."""
    from churn_assets.cli.run import run_everything

    run_everything(_landed(home, days))


def bare_update(home: str, days: int) -> int:
    """The new day's tables in a lake beside, and its drift report in memory; gives the rows of both."""
    from churn_assets.lake.lake import Lake

    settings, key = _landed(home, days), _day(days).isoformat()
    beside, lake = Path(home) / "beside", Lake(Path(settings.lake_url))
    production.ingest(settings.landing_url, str(beside), [key])
    rows = sum(step(str(beside), [key]) for step in (production.sessions, production.listener_days))
    lookback = settings.lookback_days
    rows += production.listener_item_gaps(str(beside), [key], history=str(lake.root), history_days=lookback)
    shutil.rmtree(beside)
    return rows + _drift_rows(settings, lake, date.fromisoformat(key))


def _drift_rows(settings: "Settings", lake: "Lake", day: date) -> int:
    from churn_assets.features.catalogue import CATALOGUE
    from churn_assets.features.tables import USER_FEATURES
    from churn_assets.labels.tables import POPULATION
    from churn_assets.monitoring.drift.report import Baseline, Rule
    from churn_assets.monitoring.reference import Reference
    from churn_assets.monitoring.window import Window, scored_rows
    from churn_assets.registry.registry import ModelRegistry
    from churn_assets.registry.tracking import tracking_below

    schema = CATALOGUE.schema(settings.lookback_days)
    registry = ModelRegistry(tracking_below(settings.mlflow_home, settings.tracking_url))
    window = Window(day, settings.drift_window_days)
    keys = [window.first_cutoff.isoformat(), window.last_cutoff.isoformat()]
    features, population = (lake.scan(contract).between(*keys) for contract in (USER_FEATURES, POPULATION))
    rows = window.rows(scored_rows(features, population, schema.names))
    reference = Reference.of_champion(registry, schema).newest(settings.drift_window_days)
    return len(Baseline(reference, schema, Rule()).compare(rows, frozenset()))


def _landed(home: str, days: int) -> "Settings":
    """Settings of a log of so many days, whose files have all landed."""
    from churn_assets.settings import Settings

    settings = Settings(home=Path(home), first_day=FIRST_DAY, last_day=_day(days), backtest_cutoffs=1)
    landing = Path(settings.landing_url)
    landing.mkdir(parents=True, exist_ok=True)
    for file in sorted((Path(home) / LATER).glob("*.json.gz")):
        if file.name < _day(days + 1).isoformat():
            file.rename(landing / file.name)
    return settings


def _day(number: int) -> date:
    """The so manieth day of the log, from 1 on."""
    return FIRST_DAY + timedelta(days=number - 1)


def _end_of_week(number: int) -> int:
    """The first day from `number` on that ends a week: its midnight is a cut-off."""
    return number + (6 - _day(number).weekday()) % A_WEEK
