"""API and daemon on a real PostgreSQL that is killed -9 and restarted while both are at work."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import pytest

from churn_assets.cli.daemon import environment_of, running_daemon
from churn_assets.cli.run import run_everything
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.ingest.tables import EVENTS
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.registry.tracking import prepare, tracking_below
from churn_assets.resources.session import Session, open_session
from churn_assets.settings import Settings
from churn_assets_tests.databases.scene import Client, asking, command_lines, eventually, status_of
from churn_assets_tests.orchestration.tiny import LOOKBACK_DAYS, landed_site
from churn_assets_tests.registry.tiny import trained
from churn_assets_tests.serving.api.champions import register, rows
from churn_assets_tests.serving.api.running import running
from churn_assets_tests.serving.postgres import PostgreSQL, postgresql

CLIENTS, DONE = 3, 12
LANDING = "landing_sensor"
LOST = "Retrying failed database connection"
REASONS = ("OperationalError", "DagsterPostgresException", "Dagster's history", "StoreUnreachableError")
"""What a run can have lost: its history, or the prediction store, which it writes served events from."""
OF_DAEMON = dg.RunsFilter(tags={"dagster/sensor_name": LANDING})


@dataclass
class Story:
    """What happened: to who asked, to the daemon, to its run."""

    settings: Settings
    url: str
    postgres: PostgreSQL
    clients: list[Client] = field(default_factory=list)
    meanwhile: dict[str, int] = field(default_factory=dict)
    afterwards: dict[str, int] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    ticks: tuple[float, float] = (0.0, 0.0)
    launched: dict[str, dg.DagsterRunStatus] = field(default_factory=dict)
    todo: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """What the daemon said."""
        return self.settings.home / "daemon.log"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A tiny service with a champion whose log has not been read yet, and what it went through."""
    with postgresql() as postgres, pytest.MonkeyPatch.context() as scene:
        scene.delenv("DAGSTER_HOME", raising=False)
        url = postgres.new_database()
        site = landed_site(tmp_path_factory.mktemp("outage") / "home")
        told = Story(site.settings.model_copy(update={"database_url": url, "report_days": 1}), url, postgres)
        _promote(told.settings)
        _serve_and_kill(told)
        run_everything(told.settings, until="features")
        with open_session(told.settings) as session:
            told.todo = {state.asset: tuple(state.todo) for state in session.states()}
            told.launched = {run.run_id: run.status for run in session.instance.get_runs(OF_DAEMON)}
        yield told


def _promote(settings: Settings) -> None:
    registry = ModelRegistry(prepare(tracking_below(settings.mlflow_home, settings.tracking_url)))
    made = trained(rows=rows(), schema=CATALOGUE.schema(LOOKBACK_DAYS))
    registry.point(CHAMPION, register(registry, made).number)


def _serve_and_kill(story: Story) -> None:
    """The API and the daemon, both at work, while the server is away."""
    settings, postgres = story.settings, story.postgres
    with (
        open_session(settings) as session,
        running(settings.home, **environment_of(settings)) as server,
        running_daemon(settings, story.log),
    ):
        story.clients = [Client(server, f"client{number}") for number in range(CLIENTS)]
        with asking(story.clients):
            assert eventually(lambda: _works(session) and _have_answers(story, [0] * CLIENTS)), story.log.read_text()
            story.shown = command_lines()
            postgres.kill()
            assert eventually(lambda: all(client.refusals for client in story.clients))
            assert eventually(lambda: status_of(server, "/readyz") == 503)
            story.meanwhile = {path: status_of(server, path) for path in ("/readyz", "/healthz", "/users/none")}
            assert eventually(lambda: LOST in story.log.read_text())
            postgres.start()
            back, counts = time.time(), [len(client.answers) for client in story.clients]
            assert eventually(lambda: _have_answers(story, counts))
            assert eventually(lambda: _ticked(session) > back), story.log.read_text()
            story.ticks = back, _ticked(session)
            assert eventually(lambda: not _works(session)), story.log.read_text()
        story.afterwards = {path: status_of(server, path) for path in ("/readyz", "/healthz")}


def _have_answers(story: Story, counts: list[int]) -> bool:
    """Whether each client has so many answers more than it had."""
    return all(len(client.answers) > n + DONE for client, n in zip(story.clients, counts, strict=True))


def _ticked(session: Session) -> float:
    """When the landing sensor last looked, whatever came of it; 0 before it ever did."""
    states = [state for state in session.instance.all_instigator_state() if state.name == LANDING]
    ticks = [
        tick
        for state in states
        for tick in session.instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
    ]
    return max((tick.timestamp for tick in ticks), default=0.0)


def _works(session: Session) -> bool:
    """Whether a run that the daemon launched is at work."""
    return bool(session.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])))


def test_who_asks_meanwhile_is_refused_honestly_and_told_when_to_ask_again(story: Story) -> None:
    told = {refusal for client in story.clients for refusal in client.refusals}

    assert told == {(503, "store-unavailable", "2")}
    assert {client.broken for client in story.clients} == {0}
    assert story.meanwhile == {"/readyz": 503, "/healthz": 200, "/users/none": 404}
    assert story.afterwards == {"/readyz": 200, "/healthz": 200}


def test_every_prediction_that_was_acknowledged_is_there_once(story: Story) -> None:
    stored = story.postgres.rows(story.url, "SELECT request_id FROM churn_store.churn_predictions")
    answered = {name: json.loads(answer) for client in story.clients for name, answer in client.answers.items()}

    assert Counter(name for (name,) in stored) == Counter(dict.fromkeys(answered, 1))
    assert {name: answer["request_id"] for name, answer in answered.items()} == {name: name for name in answered}
    assert {answer["model_version"] for answer in answered.values()} == {"1"}


def test_the_daemon_goes_on_and_its_run_ends_one_way_or_the_other(story: Story) -> None:
    back, ticked = story.ticks

    assert ticked > back
    assert story.launched
    assert set(story.launched.values()) <= {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}


def test_a_run_of_the_daemon_that_failed_says_why(story: Story) -> None:
    failed = [run for run, status in story.launched.items() if status is dg.DagsterRunStatus.FAILURE]
    with open_session(story.settings) as session:
        records = {run: session.instance.get_records_for_run(run).records for run in failed}

    for run, found in records.items():
        assert any(word in str(found) for word in REASONS), (run, [record.event_log_entry.message for record in found])


def test_everything_is_made_afterwards_and_nothing_twice(story: Story) -> None:
    keys = ["user_id", "session_id", "item_in_session", "ts", "page"]
    events = read_frame(Lake(Path(story.settings.lake_url)).scan(EVENTS))

    assert [story.todo[name] for name in ("events", "user_features", "churn_labels")] == [()] * 3
    assert not events.duplicated(keys).any()


def test_the_password_is_in_no_command_line_no_log_no_file_and_no_table(story: Story) -> None:
    texts = {
        "command lines": "\n".join(story.shown),
        **{str(file): file.read_text(errors="replace") for file in _texts(story.settings.home)},
        **{table: str(found) for table, found in _tables(story)},
    }
    secrets = (story.postgres.secret, story.postgres.secret.replace("@", "%40"))

    assert sum("dagster" in line for line in story.shown) >= 2
    assert [name for name, text in texts.items() if any(secret in text for secret in secrets)] == []


def _texts(home: Path) -> list[Path]:
    kinds = (".log", ".yaml", ".json", ".csv", ".html", ".out", ".err", ".txt", ".md")
    return [file for file in home.rglob("*") if file.is_file() and file.suffix in kinds and "landing" not in file.parts]


def _tables(story: Story) -> Iterator[tuple[str, object]]:
    """Every row of the histories of Dagster and MLflow, as text."""
    tables = (
        "SELECT table_schema || '.' || table_name FROM information_schema.tables "
        "WHERE table_schema IN ('churn_dagster', 'churn_mlflow')"
    )
    for (table,) in story.postgres.rows(story.url, tables):
        yield table, story.postgres.rows(story.url, f"SELECT t::text FROM {table} t")
