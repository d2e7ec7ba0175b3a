"""The whole graph on a real PostgreSQL, from log files to scores, whose server is killed -9 in the middle."""

from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg
import pytest

from churn_assets.contracts.contract import Contract
from churn_assets.ingest.tables import EVENTS
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets_tests.databases.scene import eventually, materialisations, started
from churn_assets_tests.end_to_end.service import CUTOFFS, WORLD, Service
from churn_assets_tests.serving.postgres import PostgreSQL, postgresql

BEFORE_THE_CRASH = 60
RUN = ("run", "--until", "scores")
MADE = "SELECT asset_key, partition FROM churn_dagster.event_logs WHERE dagster_event_type = 'ASSET_MATERIALIZATION'"


@dataclass(frozen=True)
class Story:
    """A service that was killed and run again: how both runs ended and what they said, and what was made before."""

    service: Service
    killed: tuple[int, str]
    again: tuple[int, str]
    made_before: set[tuple[str, str]]
    made: set[tuple[str, str]]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A small service whose server dies in the middle of its first run."""
    with postgresql() as postgres, pytest.MonkeyPatch.context() as scene:
        scene.delenv("DAGSTER_HOME", raising=False)
        url = postgres.new_database()
        service = Service.of(tmp_path_factory.mktemp("graph") / "home", database_url=url, backtest_cutoffs=1)
        service.land(WORLD)
        killed = _run_and_kill(service, url, postgres)
        before = {(asset, key) for asset, key in postgres.rows(url, MADE)}
        again = started(service.settings, *RUN)
        said, _ = again.communicate()
        made = {(asset, key) for asset, key in postgres.rows(url, MADE)}
        yield Story(service, killed, (again.returncode, said), before, made)


def _run_and_kill(service: Service, url: str, postgres: PostgreSQL) -> tuple[int, str]:
    run = started(service.settings, *RUN)
    assert eventually(lambda: run.poll() is not None or materialisations(postgres, url) > BEFORE_THE_CRASH)
    postgres.kill()
    said, _ = run.communicate()
    postgres.start()
    return run.returncode, said


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
    assert "s3cret" not in said + story.again[1]


def test_its_run_is_told_as_failed_and_why_and_the_same_command_succeeds(story: Story) -> None:
    with story.service.session() as session:
        first, *others = reversed(session.instance.get_runs())
        failures = session.instance.get_records_for_run(first.run_id, of_type=dg.DagsterEventType.RUN_FAILURE).records

    assert story.again[0] == 0, story.again[1]
    assert first.status is dg.DagsterRunStatus.FAILURE
    assert "Dagster's history did not answer" in str(failures[-1].event_log_entry)
    assert {run.status for run in others} == {dg.DagsterRunStatus.SUCCESS}


def test_what_the_history_was_told_before_the_crash_is_still_there(story: Story) -> None:
    assert len(story.made_before) > BEFORE_THE_CRASH
    assert story.made_before <= story.made


def test_the_graph_is_whole_and_nothing_is_doubled(story: Story) -> None:
    service = story.service
    with service.session() as session:
        todo = {state.asset: state.todo for state in session.states()}

    assert [todo[asset] for asset in ("events", "user_features", "churn_labels", "champion_model", "churn_scores")] == [
        ()
    ] * 5
    assert len(service.rows(EVENTS)) == service.simulated.events
    assert doubled(service, EVENTS, "user_id", "session_id", "item_in_session", "ts", "page") == 0
    assert doubled(service, CHURN_SCORES, "user_id", "cutoff") == 0
    assert service.lake.keys(CHURN_SCORES) == CUTOFFS


def test_the_champion_is_in_the_registry_with_its_runs_ended(story: Story) -> None:
    registry = story.service.registry
    assert registry.champion().number == "1"
    assert registry.load(registry.champion()).version.rung

    assert "mlflow RUNNING" not in story.service.runs()
