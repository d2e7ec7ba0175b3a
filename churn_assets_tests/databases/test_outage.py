"""Everything on a real PostgreSQL, killed -9 and restarted while a run works, the daemon ticks and the API answers."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import pytest

from churn_assets.cli.daemon import environment_of, running_daemon
from churn_assets.cli.run import run_everything
from churn_assets.contracts.contract import Contract
from churn_assets.ingest.tables import EVENTS
from churn_assets.resources.session import Session
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets_tests.databases.scene import (
    Client,
    asking,
    command_lines,
    eventually,
    materialisations,
    started,
    status_of,
)
from churn_assets_tests.end_to_end.service import WORLD, Service
from churn_assets_tests.serving.api.running import running
from churn_assets_tests.serving.postgres import SECRET, PostgreSQL, postgresql

SECRETS = (SECRET, SECRET.replace("@", "%40"))
BEFORE_THE_CRASH, CLIENTS, DONE = 60, 3, 12
LANDING = "landing_sensor"


@dataclass
class Story:
    """What happened: to the first run, to who asked, and to the daemon."""

    service: Service
    url: str
    postgres: PostgreSQL
    killed: tuple[int, str] = (0, "")
    again: tuple[int, str] = (0, "")
    clients: list[Client] = field(default_factory=list)
    meanwhile: dict[str, int] = field(default_factory=dict)
    afterwards: dict[str, int] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    ticks: tuple[float, float] = (0.0, 0.0)

    @property
    def log(self) -> Path:
        """What the daemon said."""
        return self.service.home / "daemon.log"

    def runs(self) -> dict[str, dg.DagsterRunStatus]:
        """Status of every run, the oldest first."""
        with self.service.session() as session:
            return {run.run_id: run.status for run in reversed(session.instance.get_runs())}

    def last_day_landing(self, *, is_there: bool) -> None:
        """Take the file of the last day out of the landing folder, or put it there."""
        landing, kept = self.service.home / "landing", self.service.home / "kept"
        kept.mkdir(exist_ok=True)
        source, target = (kept, landing) if is_there else (landing, kept)
        file = max(source.glob("*.json*"))
        shutil.move(file, target / f".{file.name}.part")
        (target / f".{file.name}.part").rename(target / file.name)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A small service from its first file to its scores, its API and its daemon, and what they went through."""
    with postgresql() as postgres, pytest.MonkeyPatch.context() as scene:
        scene.delenv("DAGSTER_HOME", raising=False)
        url = postgres.new_database()
        changes = {"database_url": url, "report_days": 1, "backtest_cutoffs": 1}
        told = Story(Service.of(tmp_path_factory.mktemp("outage") / "home", **changes), url, postgres)
        told.service.land(WORLD)
        told.last_day_landing(is_there=False)
        _run_and_kill(told)
        _serve_and_kill(told)
        run_everything(told.service.settings, until="scores")
        yield told


def _run_and_kill(story: Story) -> None:
    """The whole graph, killed in the middle, and once more."""
    settings, postgres = story.service.settings, story.postgres
    run = started(settings, "run", "--until", "scores")
    assert eventually(lambda: run.poll() is not None or materialisations(postgres, story.url) > BEFORE_THE_CRASH)
    postgres.kill()
    story.killed = (run.wait(), run.stdout.read() if run.stdout else "")
    postgres.start()
    again = started(settings, "run", "--until", "scores")
    said, _ = again.communicate()
    story.again = (again.returncode, said)


def _serve_and_kill(story: Story) -> None:
    """The API and the daemon, both at work, while the server is away."""
    settings, postgres = story.service.settings, story.postgres
    with (
        running(story.service.home, **environment_of(settings)) as server,
        story.service.session() as session,
        running_daemon(settings, story.log),
    ):
        story.clients = [Client(server, f"client{number}") for number in range(CLIENTS)]
        with asking(story.clients):
            assert eventually(lambda: _ticks(session) and all(len(client.answers) > DONE for client in story.clients))
            story.last_day_landing(is_there=True)
            assert eventually(lambda: _works(session)), story.log.read_text()
            story.shown = command_lines()
            postgres.kill()
            assert eventually(lambda: all(client.refusals for client in story.clients))
            story.meanwhile = {path: status_of(server, path) for path in ("/readyz", "/healthz", "/users/none")}
            assert eventually(lambda: "Retrying failed database connection" in story.log.read_text())
            postgres.start()
            back = time.time()
            counts = [len(client.answers) for client in story.clients]
            assert eventually(
                lambda: all(len(client.answers) > n + DONE for client, n in zip(story.clients, counts, strict=True))
            )
            assert eventually(lambda: _ticks(session) > back), story.log.read_text()
            story.ticks = back, _ticks(session)
            assert eventually(lambda: not _works(session)), story.log.read_text()
        story.afterwards = {path: status_of(server, path) for path in ("/readyz", "/healthz")}


def _ticks(session: Session) -> float:
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
    at_work = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    return bool(session.instance.get_runs(at_work))


def doubled(service: Service, contract: Contract, *key: str) -> int:
    """Rows of a table that another one of the same key stands beside."""
    return int(service.rows(contract).duplicated(list(key)).sum())


def test_a_command_that_loses_the_history_says_so_and_shows_no_password(story: Story) -> None:
    code, said = story.killed
    last = said.strip().splitlines()[-1]

    assert code == 1
    assert last.startswith("churn-assets: Dagster's history at postgresql://churn:***@/churn")
    assert "(schema churn_dagster) does not answer" in last
    assert "the same command goes on from there" in last
    assert "Traceback" not in said


def test_its_run_is_told_as_failed_and_why_and_the_same_command_succeeds(story: Story) -> None:
    first, *others = story.runs().items()
    with story.service.session() as session:
        failures = session.instance.get_records_for_run(first[0], of_type=dg.DagsterEventType.RUN_FAILURE).records

    assert story.again[0] == 0, story.again[1]
    assert first[1] is dg.DagsterRunStatus.FAILURE
    assert "Dagster's history" in str(failures[0].event_log_entry.user_message + str(failures[0].event_log_entry))
    assert {status for _, status in others} <= {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}


def test_the_graph_is_whole_and_nothing_is_doubled(story: Story) -> None:
    service, simulated = story.service, story.service.simulated
    with service.session() as session:
        todo = {state.asset: state.todo for state in session.states() if state.asset in ("events", "churn_scores")}

    assert todo == {"events": (), "churn_scores": ()}
    assert len(service.rows(EVENTS)) == simulated.events
    assert doubled(service, EVENTS, "user_id", "session_id", "item_in_session", "ts", "page") == 0
    assert doubled(service, CHURN_SCORES, "user_id", "cutoff") == 0
    assert service.registry.champion().number == "1"
    assert {kind: n for kind, n in service.runs().items() if kind == "mlflow RUNNING"} == {}


def test_who_asks_meanwhile_is_refused_honestly_and_told_when_to_ask_again(story: Story) -> None:
    told = {refusal for client in story.clients for refusal in client.refusals}

    assert told == {(503, "store-unavailable", "2")}
    assert {client.broken for client in story.clients} == {0}
    assert story.meanwhile == {"/readyz": 503, "/healthz": 200, "/users/none": 404}
    assert story.afterwards == {"/readyz": 200, "/healthz": 200}


def test_every_prediction_that_was_acknowledged_is_there_once(story: Story) -> None:
    rows = story.postgres.rows(story.url, "SELECT request_id FROM churn_store.churn_predictions")
    answered = {name: json.loads(answer) for client in story.clients for name, answer in client.answers.items()}

    assert Counter(name for (name,) in rows) == Counter(answered)
    assert {name: answer["request_id"] for name, answer in answered.items()} == {name: name for name in answered}
    assert {answer["model_version"] for answer in answered.values()} == {"1"}


def test_the_daemon_goes_on_and_its_run_ended_one_way_or_the_other(story: Story) -> None:
    back, ticked = story.ticks
    with story.service.session() as session:
        launched = session.instance.get_runs(dg.RunsFilter(tags={"dagster/sensor_name": LANDING}))

    assert ticked > back
    assert launched
    assert {run.status for run in launched} <= {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}


def test_the_password_is_in_no_command_line_no_log_no_file_and_no_table(story: Story) -> None:
    texts = {
        "command lines": "\n".join(story.shown),
        "commands": story.killed[1] + story.again[1],
        **{str(file): file.read_text(errors="replace") for file in _texts(story.service.home)},
        **{table: str(rows) for table, rows in _tables(story)},
    }

    assert len(story.shown) > 3
    assert [name for name, text in texts.items() if any(secret in text for secret in SECRETS)] == []


def _texts(home: Path) -> list[Path]:
    kinds = (".log", ".yaml", ".json", ".csv", ".html", ".out", ".err", ".txt", ".md")
    return [file for file in home.rglob("*") if file.is_file() and file.suffix in kinds and "landing" not in file.parts]


def _tables(story: Story) -> Iterator[tuple[str, object]]:
    tables = (
        "SELECT table_schema || '.' || table_name FROM information_schema.tables "
        "WHERE table_schema IN ('churn_dagster', 'churn_mlflow')"
    )
    for (table,) in story.postgres.rows(story.url, tables):
        yield table, story.postgres.rows(story.url, f"SELECT t::text FROM {table} t")
