"""Several processes of the API over one store: nothing lost, nothing doubled, whichever of them is asked or killed."""

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir

import psutil
from prometheus_client.mmap_dict import MmapedDict

from churn_assets.registry.registry import CHAMPION
from churn_assets.serving.database import database
from churn_assets.serving.metrics import forget_dead
from churn_assets.serving.schema import PREDICTIONS
from churn_assets_tests.databases.scene import eventually
from churn_assets_tests.serving.api.asking import body, events
from churn_assets_tests.serving.api.champions import Home
from churn_assets_tests.serving.api.running import HEADERS, PATIENCE_S, Server, running
from churn_assets_tests.serving.postgres import PostgreSQL

TWINS, EACH, SLOW = 4, 25, 6
KEYS = ("first-key-of-two", "second-key-of-two")


def workers_of(server: Server) -> list[int]:
    """The processes that answer; beside them is one that looks after what they share."""
    found = []
    for child in psutil.Process(server.process.pid).children():
        with suppress(psutil.Error):  # it is gone, and nobody has taken note of it yet
            found += [] if "resource_tracker" in " ".join(child.cmdline()) else [child.pid]
    return found


@dataclass
class Twins:
    """Two clients that ask the same, each of its server, at the same time; who is cut off asks again."""

    servers: Sequence[Server]
    name: str
    answers: dict[str, list[bytes]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    def ask(self) -> None:
        """Ask all requests, both clients at once."""
        for turn in range(EACH):
            request_id = f"{self.name}-{turn}"
            said = self.answers.setdefault(request_id, [])
            both = [
                threading.Thread(target=lambda s=server, r=request_id, a=said: a.append(self._until_told(s, r)))
                for server in self.servers
            ]
            for one in both:
                one.start()
            for one in both:
                one.join()

    def _until_told(self, server: Server, request_id: str) -> bytes:
        ends, content = time.monotonic() + PATIENCE_S, body(events(5, self.name))
        while time.monotonic() < ends:
            try:
                with closing(server.connect()) as connection:
                    connection.request("POST", "/predict", content, HEADERS | {"X-Request-ID": request_id})
                    response = connection.getresponse()
                    answer = response.read()
            except (OSError, http.client.HTTPException):
                continue
            self.statuses[response.status] += 1
            return answer
        raise TimeoutError(request_id)


def asked(twins: list[Twins], meanwhile: Callable[[], None]) -> dict[str, list[bytes]]:
    """What every request was answered, while something happens."""
    threads = [threading.Thread(target=two.ask) for two in twins]
    for thread in threads:
        thread.start()
    meanwhile()
    for thread in threads:
        thread.join()
    assert {status for two in twins for status in two.statuses} == {200}
    return {name: answers for two in twins for name, answers in two.answers.items()}


def stored(url: str) -> Counter[str]:
    """How many predictions there are under each request id."""
    with database(url) as kept_in, kept_in.reading() as connection:
        return Counter(connection.execute(PREDICTIONS.select().with_only_columns(PREDICTIONS.c.request_id)).scalars())


def counts(server: Server) -> dict[int, float]:
    """Predictions that each worker has counted so far."""
    (folder,) = Path(gettempdir()).glob(f"churn-metrics-{server.process.pid}-*")
    found = {}
    for file in folder.glob("counter_*.db"):
        values = MmapedDict.read_all_values_from_file(str(file))
        found[int(file.stem.rpartition("_")[2])] = sum(n for key, n, *_ in values if "churn_predictions_total" in key)
    return found


def test_a_worker_killed_under_load_is_replaced_and_nothing_is_lost_or_doubled(
    shared_home: Home, tmp_path: Path, store_url: str
) -> None:
    home = shared_home.copied(tmp_path / "home")
    with running(home.folder, workers=2, CHURN_STORE_URL=store_url) as server:
        before = workers_of(server)
        twins = [Twins((server, server), f"twins{number}") for number in range(TWINS)]

        def kill_one() -> None:
            assert eventually(lambda: min(counts(server).values(), default=0) > 0 and len(counts(server)) == 2)
            os.kill(before[0], signal.SIGKILL)

        answers = asked(twins, kill_one)
        assert eventually(lambda: len(set(workers_of(server)) - {before[0]}) == 2)
        home.registry.point(CHAMPION, "2")
        assert eventually(lambda: 'churn_model_workers{version="2"} 2.0' in server.get("/metrics"))
        shown = server.get("/metrics")
        counted = sum(counts(server).values())

    assert len(answers) == TWINS * EACH
    assert [name for name, both in answers.items() if len(both) != 2 or both[0] != both[1]] == []
    assert stored(store_url) == Counter(dict.fromkeys(answers, 1))
    assert 'churn_model_workers{version="1"} 0.0' in shown
    assert len(answers) - len(twins) <= counted <= len(answers)


def test_two_servers_with_homes_of_their_own_share_one_store(
    shared_home: Home, tmp_path: Path, postgres: PostgreSQL
) -> None:
    url = postgres.new_schema()
    homes = [shared_home.copied(tmp_path / name) for name in ("one", "other")]
    with (
        running(homes[0].folder, CHURN_STORE_URL=url) as one,
        running(homes[1].folder, CHURN_STORE_URL=url) as other,
    ):
        answers = asked([Twins((one, other), f"twins{number}") for number in range(2)], lambda: None)
        second = subprocess.run(
            [Path(sys.executable).with_name("churn-assets"), "serve", "--port", str(one.port)],
            env=os.environ | {"CHURN_HOME": str(homes[1].folder), "CHURN_STORE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )

    assert second.returncode != 0
    assert "address already in use" in second.stderr
    assert [name for name, both in answers.items() if len(both) != 2 or both[0] != both[1]] == []
    assert stored(url) == Counter(dict.fromkeys(answers, 1))


def slow(server: Server) -> http.client.HTTPConnection:
    """A request whose body does not come."""
    connection = server.connect()
    connection.putrequest("POST", "/predict")
    for name, value in {**HEADERS, "X-API-Key": KEYS[1], "Content-Length": "100"}.items():
        connection.putheader(name, value)
    connection.endheaders(b'{"logs":')
    return connection


def test_keys_hold_in_every_worker_and_each_has_room_of_its_own(shared_home: Home, tmp_path: Path) -> None:
    home = shared_home.copied(tmp_path / "home")
    told = {"CHURN_API_KEYS": ",".join(KEYS), "CHURN_API_REQUESTS": "1", "CHURN_API_BODY_S": "5"}
    with running(home.folder, workers=2, **told) as server:
        unknown = Counter(server.ask(body(events(3)), X_API_Key=key)[0] for key in ("", "wrong") * 10)
        known = Counter(server.ask(body(events(3)), X_API_Key=key)[0] for key in KEYS * 5)
        waiting = [slow(server) for _ in range(SLOW)]
        statuses = Counter(connection.getresponse().status for connection in waiting)
        for connection in waiting:
            connection.close()

    assert unknown == {401: 10, 403: 10}
    assert known == {200: 10}
    assert 1 <= statuses[408] <= 2
    assert statuses == {408: statuses[408], 429: SLOW - statuses[408]}


def test_gauges_of_the_dead_go_and_their_counters_and_the_living_stay(tmp_path: Path) -> None:
    gone = psutil.Popen(["true"])
    gone.wait()
    names = [
        f"{kind}_{pid}.db" for kind in ("gauge_livesum", "counter", "histogram") for pid in (gone.pid, os.getpid())
    ]
    for name in names:
        (tmp_path / name).touch()

    forget_dead(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {*names} - {f"gauge_livesum_{gone.pid}.db"}
