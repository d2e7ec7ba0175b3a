"""`churn-assets demo-drift`: the world changes half-way, the reports turn red, and the model is mended by itself."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from churn_assets.cli.comparison import show_errors
from churn_assets.cli.daemon import running_daemon
from churn_assets.cli.model import history_of
from churn_assets.cli.retrain import decisions_table, retrain
from churn_assets.cli.run import bring_up_to_date, run_everything
from churn_assets.cli.simulate import truth_folder
from churn_assets.cli.watching import Watcher
from churn_assets.errors import LandingError, NoChampionError
from churn_assets.settings import DEMO_FIRST_DAY, Settings

if TYPE_CHECKING:
    from churn_assets.simulate import World

LISTENERS = 1_000
DAYS = 300
FOLDER = "demo-drift"
SIMULATED = "simulated"
COOLDOWN_SECONDS = 20
REPORT_DAYS = 2


@dataclass(frozen=True)
class Act:
    """A part of the demo: what happens, and up to which day (of the world, exclusive) the log lands."""

    title: str
    until: int


SHIFT, PRICE_RISE = 130, 151
ACTS = (
    Act("Covariate shift: listeners move to phones and listen in shorter sessions; why they leave stays the same", 151),
    Act("Concept change: a price rise drives away payers, however satisfied they are", 240),
    Act("Two months later: more labels from after the change are mature", DAYS),
)


def run_demo_drift(settings: Settings) -> None:
    """Play the whole story in a home of its own; a second time, only tell how it ended."""
    told, console = demo_settings(settings), Console()
    # The demo's history lies in its own home, whatever the caller's Dagster is.
    os.environ.pop("DAGSTER_HOME", None)
    if not (told.home / "finished").exists():
        _start_over(told)
        _play(told, console)
        (told.home / "finished").touch()
    _tell_the_end(told, console)


def demo_settings(settings: Settings) -> Settings:
    """The settings of the demo: a home inside the given one, 300 days, and a cool-down that nobody has to wait for."""
    home = settings.home / FOLDER
    return Settings(
        home=home,
        landing=str(home / "landing"),
        lake=str(home / "lake"),
        database_url=None,
        mlflow_url=None,
        dagster_url=None,
        store_url=None,
        first_day=DEMO_FIRST_DAY,
        last_day=DEMO_FIRST_DAY + timedelta(days=DAYS - 1),
        threads=settings.threads,
        memory_limit=settings.memory_limit,
        seed=settings.seed,
        report_days=REPORT_DAYS,
        cooldown_hours=COOLDOWN_SECONDS / 3_600,
        refresh_days=365,
        follow_landing=False,
    )


def world_of_demo(settings: Settings) -> "World":
    """The simulated service and how it changes."""
    from churn_assets.simulate import Change, World

    changes = (Change(day_of_world(SHIFT), covariate=1.0), Change(day_of_world(PRICE_RISE), covariate=1.0, concept=1.0))
    return World(first_day=DEMO_FIRST_DAY, days=DAYS, listeners=LISTENERS, seed=settings.seed, changes=changes)


def day_of_world(number: int) -> date:
    """The date of a day of the world, which begins with day 0."""
    return DEMO_FIRST_DAY + timedelta(days=number)


def _start_over(settings: Settings) -> None:
    """An unfinished demo is played from the beginning; a folder that is not its own is left alone."""
    home = settings.home
    if home.exists() and not (home / SIMULATED).exists():
        message = f"{home} holds something else than this demo: set CHURN_HOME to another folder."
        raise LandingError(message)
    shutil.rmtree(home, ignore_errors=True)
    (home / SIMULATED).mkdir(parents=True)


def _play(settings: Settings, console: Console) -> None:
    from churn_assets.resources.session import open_session

    _head(console, f"A service of {LISTENERS} listeners, {DAYS} days; the world changes on {day_of_world(SHIFT)}")
    _simulate(settings)
    _land(settings, 0, SHIFT)
    _train_first(settings)
    console.print(
        f"Settings of the demo: cool-down {COOLDOWN_SECONDS} s instead of a day; no monthly refresh, so that reports "
        f"alone set retrainings off; reports of the newest {REPORT_DAYS} days.",
        highlight=False,
    )
    with open_session(settings) as session, running_daemon(settings, settings.home / "daemon.log"):
        watcher = Watcher(session, console)
        watcher.wait_for_sensors()
        landed = SHIFT
        for act in ACTS:
            _head(console, act.title)
            _land(settings, landed, act.until)
            landed = act.until
            _report(_until(settings, landed), watcher)


def _until(settings: Settings, number: int) -> Settings:
    """The settings of a log that ends before a day of the world: days that have not landed would be made twice."""
    return settings.model_copy(update={"last_day": day_of_world(number - 1)})


def _train_first(settings: Settings) -> None:
    """The first champion, and the reports of the days before the change."""
    from churn_assets.resources.session import open_session

    landed = _until(settings, SHIFT)
    run_everything(landed, until="features")
    retrain(landed, why="The first training.")
    _require_champion(landed)
    with open_session(landed) as session:
        bring_up_to_date(session)


def _require_champion(settings: Settings) -> None:
    if history_of(settings).registry.find("champion") is None:
        message = (
            "The first training promoted nobody, so that there is nothing to watch: `churn-assets model` says why."
        )
        raise NoChampionError(message)


def _head(console: Console, title: str) -> None:
    console.print(f"\n[bold]{title}[/bold]", highlight=False)


def _simulate(settings: Settings) -> None:
    """The whole log, kept away from the landing folder, and its truth."""
    from churn_assets.cli.bars import counting_bar
    from churn_assets.simulate import write_logs, write_truth

    world = world_of_demo(settings)
    with counting_bar("Simulating", total=world.days, unit="days") as advance:
        write_logs(world, settings.home / SIMULATED, progress=advance)
    cutoffs = settings.cutoffs.up_to(day_of_world(DAYS))
    write_truth(world, truth_folder(settings), cutoffs)


def _land(settings: Settings, first: int, end: int) -> None:
    """Let the files of the days from `first` up to `end` (exclusive) arrive."""
    landing = Path(settings.landing_url)
    landing.mkdir(parents=True, exist_ok=True)
    for file in _files(settings)[first:end]:
        beside = landing / f".{file.name}.part"
        shutil.copyfile(file, beside)
        beside.rename(landing / file.name)
    typer.echo(f"Landed: {day_of_world(first)} to {day_of_world(end - 1)}.")


def _files(settings: Settings) -> Sequence[Path]:
    return sorted((settings.home / SIMULATED).glob("*.json.gz"))


def _report(landed: Settings, watcher: Watcher) -> None:
    """Bring everything up to the reports up to date in this process, then watch what the daemon makes of them."""
    from churn_assets.resources.session import open_session

    started = watcher.begin()
    with open_session(landed) as session:
        bring_up_to_date(session)
    watcher.show_reports(started)
    watcher.watch(started)


def _tell_the_end(settings: Settings, console: Console) -> None:
    from churn_assets.lake.lake import Lake
    from churn_assets.retraining.ledger import read_decisions

    decisions = read_decisions(Lake.of(settings))
    console.print()
    console.print(decisions_table(decisions))
    show_errors(console, settings, truth_folder(settings) / "truth.parquet", changed_on=day_of_world(SHIFT))
    console.print(_next(settings), highlight=False)


def _next(settings: Settings) -> str:
    home = settings.home.resolve()
    return f"""
What next:
  CHURN_HOME={home} DAGSTER_HOME={home}/.dagster \\
  CHURN_FIRST_DAY={settings.first_day} CHURN_LAST_DAY={settings.last_day} make up
                                   the Dagster UI: retraining_decision, drift_report, the runs of the job `retrain`
  {home}/reports/                  the reports as CSV and HTML
  {home}/daemon.log                what the daemon said
  docs/retraining.md               what fires, what is decided, how to turn it off"""
