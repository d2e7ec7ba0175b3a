"""A real server: models swapped under load, nothing acknowledged is lost, several workers, no names in its log."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from churn_assets.registry.registry import CHAMPION
from churn_assets.serving.server import remove_abandoned
from churn_assets.serving.store import open_store
from churn_assets_tests.serving.api.asking import AGENT, body, events
from churn_assets_tests.serving.api.champions import Home
from churn_assets_tests.serving.api.running import PATIENCE_S, Server, ask, running

CLIENTS, EACH = 16, 6


@pytest.fixture(scope="module")
def home(shared_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    return shared_home.copied(tmp_path_factory.mktemp("served") / "home")


@pytest.fixture(scope="module")
def server(home: Home) -> Iterator[Server]:
    with running(home.folder) as found:
        yield found


def together(work: Callable[[int], None], count: int) -> None:
    """Run `work` in threads at once; what one of them raises is raised here."""
    failed: list[BaseException] = []

    def tried(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=tried, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_promotion_meanwhile_fails_no_request_and_the_next_answer_carries_the_new_version(
    server: Server, home: Home
) -> None:
    seen: list[tuple[int, str]] = []

    with closing(server.connect()) as connection:
        for number in range(10):
            if number == 5:
                home.registry.point(CHAMPION, "2")
            status, answer = ask(connection, body(events(6)))
            seen.append((status, answer["model_version"]))

    assert seen == [(200, "1")] * 5 + [(200, "2")] * 5
    assert json.loads(server.get("/model"))["version"] == "2"
    counts = server.get("/metrics")
    assert 'churn_model_workers{version="1"} 0.0' in counts
    assert 'churn_model_workers{version="2"} 1.0' in counts


def test_a_body_of_100_mb_is_refused(server: Server) -> None:
    status, problem = server.ask(b" " * 100_000_000)

    assert (status, problem["type"]) == (413, "urn:churn-assets:problem:too-large")


def test_nothing_that_says_who_somebody_is_reaches_the_log(server: Server) -> None:
    planted = ("Adelheid", "Wunderlich", "Louisville", AGENT[:20], "listener-17", "my-id-17", "artist 1")
    logs = events(6, "listener-17")

    server.ask(body(logs), X_Request_ID="my-id-17")
    server.ask(body([*logs, logs[0] | {"ts": "Adelheid"}]))
    server.ask(body([*logs, logs[0] | {"userId": "Wunderlich"}]))
    server.ask(b'{"logs": "Adelheid')
    server.get("/users/listener-17?name=Adelheid")
    server.get("/listener-17")

    end = time.monotonic() + PATIENCE_S
    while logged(server)[-1] != ("unknown", 404) and time.monotonic() < end:
        time.sleep(0.05)
    assert logged(server)[-6:] == [
        ("/predict", 200),
        ("/predict", 422),
        ("/predict", 422),
        ("/predict", 400),
        ("/users/{user_id:path}", 404),
        ("unknown", 404),
    ]
    assert [name for name in planted if name in server.log.read_text()] == []


def logged(server: Server) -> list[tuple[str, int]]:
    """Route and status of each line of the access log."""
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith('{"at"')]
    return [(line["route"], line["status"]) for line in lines if line["log"] == "churn_assets.access"]


def test_a_server_that_is_told_to_stop_answers_what_it_was_asked(shared_home: Home, tmp_path: Path) -> None:
    crowd = [line for number in range(150) for line in events(60, f"u{number}")]
    answers: list[int] = []
    with running(shared_home.copied(tmp_path / "home").folder) as server:
        asking = threading.Thread(target=lambda: answers.append(server.ask(body(crowd), "/predict_batch")[0]))
        asking.start()
        while "churn_requests_in_flight 1" not in server.get("/metrics"):
            if answers:
                break
        server.process.terminate()
        asking.join()

    assert answers == [200]
    assert "Application shutdown complete" in server.log.read_text()


def test_workers_share_the_store_and_nothing_acknowledged_is_lost_when_they_are_killed(
    shared_home: Home, tmp_path: Path
) -> None:
    home = shared_home.copied(tmp_path / "home")
    acknowledged: set[str] = set()
    with running(home.folder, workers=2) as server:

        def steadily(number: int) -> None:
            for turn in range(EACH):
                status, answer = server.ask(body(events(5, f"u{number}")), X_Request_ID=f"{number}-{turn}")
                assert status == 200
                acknowledged.add(answer["request_id"])

        together(steadily, CLIENTS)
        assert count(server.get("/metrics"), "churn_predictions_total") == CLIENTS * EACH
        exact = set(acknowledged)
        clients = [threading.Thread(target=until_killed, args=(server, n, acknowledged)) for n in range(8)]
        for client in clients:
            client.start()
        while len(acknowledged) < len(exact) + 20:
            time.sleep(0.01)
        server.kill()
        for client in clients:
            client.join()

    assert len(exact) == CLIENTS * EACH
    with open_store(home.settings().prediction_store_url) as store:
        for request_id in acknowledged:
            kept = store.find(request_id)
            assert kept is not None
            assert json.loads(kept.answer)["request_id"] == request_id


def until_killed(server: Server, number: int, acknowledged: set[str]) -> None:
    """Ask on and on, and remember what was acknowledged."""
    for turn in range(100_000):
        try:
            _, answer = server.ask(body(events(5)), X_Request_ID=f"killed-{number}-{turn}")
        except (OSError, ValueError, http.client.HTTPException):
            return
        acknowledged.add(answer["request_id"])


def count(text: str, name: str) -> float:
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


def test_a_body_that_comes_too_slowly_gives_its_place_back(shared_home: Home, tmp_path: Path) -> None:
    home = shared_home.copied(tmp_path / "home")
    with (
        running(home.folder, CHURN_API_BODY_S="0.3", CHURN_API_REQUESTS="1") as server,
        closing(server.connect()) as connection,
    ):
        connection.putrequest("POST", "/predict")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b'{"logs":')
        response = connection.getresponse()
        problem = json.loads(response.read())
        after, _ = server.ask(body(events(3)))

    assert (response.status, problem["type"]) == (408, "urn:churn-assets:problem:slow-body")
    assert after == 200


def test_what_a_killed_server_left_is_removed_and_a_living_one_keeps_its_own(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    names = {f"churn-metrics-{gone.pid}-abc", f"churn-metrics-{os.getpid()}-abc", "churn-metrics-abc", "other"}
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "gauge.db").touch()

    remove_abandoned(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == names - {f"churn-metrics-{gone.pid}-abc"}
