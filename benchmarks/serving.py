"""How fast the API answers: client and server processes on this machine, every answer durable in the store."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import api_home, load
from benchmarks.daily_update import kept_home
from benchmarks.findings import Findings, Line, Target
from benchmarks.measuring import Cost, Measured
from benchmarks.workbench import Workbench
from churn_assets.serving.metrics import FOLDER

BOUND = """
One worker answers one request at a time: reading 500 events, features, the model, and a row that must be on disk
before the answer is given. [31](decisions/0031-what-a-request-costs.md) takes a request apart; `python -m
benchmarks.request_budget HOME` does it again. Two workers share one store, whose writer is one at a time.
"""

RATE, CLIENTS, WORKERS = 20, 2, 2
COMPARED_RATE = 5
"""Requests a second at which ours is held against plain pandas, which could not keep up with many more."""
STARTING_S = 120
"""How long workers may take to start on a busy machine."""
P50_MS, P99_MS, EXPLAINED_MS = 6, 25, 20
A_CORE, EVENTS_A_SECOND, SPEED_UP = 200, 100_000, 15
OURS, PLAIN = "churn_assets.web.app:site_of_environment", "benchmarks.plain_server:plain_app"
_PORT = re.compile(r"running on http://127\.0\.0\.1:(\d+)")


def serving(bench: Workbench) -> Findings:
    """Latency at a steady pace, throughput a core, a large batch; and the features of plain pandas beside it."""
    home, folder = _home(bench)
    requests, body = bench.size.requests, str(folder / "one.json")
    compared = requests // 4
    with _server(OURS, home) as ours:
        steady = bench.measure("POST /predict at a steady pace", load.paced, **ours.steady(body, requests))
        told = bench.measure("the same, explained", load.paced, **ours.steady(body, requests, "?explain=true"))
        slow = bench.measure("the same, seldom", load.paced, **ours.steady(body, compared, rate=COMPARED_RATE))
        one = _flooded(ours, body, bench.size.flood_seconds)
        many = str(folder / "many.json")
        batch = bench.measure("1,000 listeners at once", load.several, tries=5, **ours.at("/predict_batch", many))
    with _server(OURS, home, workers=WORKERS) as several:
        two = _flooded(several, body, bench.size.flood_seconds)
    with _server(PLAIN, home) as plain:
        pandas = bench.measure(
            "reference: plain pandas", load.paced, **plain.steady(body, compared, rate=COMPARED_RATE)
        )
    events = api_home.MANY_LISTENERS * api_home.MANY_EVENTS
    return Findings(
        "serving",
        {"events a request": api_home.ONE_EVENTS, "requests a second": RATE, "requests": requests},
        [
            Line(f"POST /predict, p50 {_ms(steady)}", steady.cost),
            Line(f"the same, explained, p50 {_ms(told)}", told.cost),
            Line(f"server: {one.answered} requests of {CLIENTS} clients", one.cost),
            Line(f"server of {WORKERS} workers: {two.answered} requests of {CLIENTS} clients", two.cost),
            Line(f"{events:,} events in one request, median of 5", batch.cost),
            Line(f"{COMPARED_RATE} requests a second, p50 {_ms(slow)}", slow.cost),
            Line(f"reference: plain pandas at the same pace, p50 {_ms(pandas)}", pandas.cost),
        ],
        [
            Target("p50 in ms", steady.answer["p50"], P50_MS, issue=3),
            Target("p99 in ms", steady.answer["p99"], P99_MS, issue=3),
            Target("p50 in ms with reasons", told.answer["p50"], EXPLAINED_MS, issue=3),
            _at_least("requests a second of one core's CPU", one.a_core, A_CORE),
            _at_least(f"the same of {WORKERS} workers that share the store", two.a_core, A_CORE),
            _at_least("events a second in one batch", events / batch.answer, EVENTS_A_SECOND),
            _at_least("plain pandas' p50 beside ours", pandas.answer["p50"] / slow.answer["p50"], SPEED_UP),
        ],
    )


def _at_least(promise: str, figure: float, limit: float) -> Target:
    return Target(promise, figure, limit, is_ceiling=False, issue=3)


@dataclass(frozen=True)
class Flood:
    """What a server answered to clients that never rest, and what it took."""

    answered: int
    cost: Cost

    @property
    def a_core(self) -> float:
        """Requests answered for each second of one core's CPU."""
        return self.answered / self.cost.cpu_seconds


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    pid: int

    def at(self, path: str, body: str) -> dict[str, object]:
        """Arguments of a client."""
        return {"port": self.port, "path": path, "body": body}

    def steady(self, body: str, requests: int, query: str = "", *, rate: float = RATE) -> dict[str, object]:
        """Arguments of a client at a steady pace."""
        return self.at(f"/predict{query}", body) | {"rate": rate, "requests": requests}

    def cpu_seconds(self) -> float:
        """CPU seconds that the server and its workers have taken so far."""
        workers = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return sum(_cpu_seconds(int(pid)) for pid in (self.pid, *workers))


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _server(factory: str, home: Path, *, workers: int = 1) -> Iterator[Server]:
    """An API on a free port, until the block ends."""
    code = (
        "import uvicorn; from churn_assets.serving.access_log import LOGGING; "
        f"uvicorn.run({factory!r}, factory=True, port=0, workers={workers}, access_log=False, log_config=LOGGING, "
        f"timeout_worker_healthcheck={STARTING_S})"
    )
    log = home / f"{factory.partition(':')[0]}.log"
    environment = os.environ | {"CHURN_HOME": str(home), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with TemporaryDirectory() as counts, log.open("w") as stream:
        if workers > 1:
            environment |= {FOLDER: counts}
        with subprocess.Popen([sys.executable, "-c", code], stderr=stream, env=environment) as process:
            try:
                port = _port(process, log)
                load.wait_until_there(port, seconds=STARTING_S)
                yield Server(port, process.pid)
            finally:
                process.terminate()


def _port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    while process.poll() is None:
        found = _PORT.search(log.read_text())
        if found:
            return int(found[1])
    raise RuntimeError(f"The server stopped: {log.read_text()[-2000:]}")


def _flooded(server: Server, body: str, seconds: float) -> Flood:
    """What clients, each in a process of its own, got answered together; workers warm up first."""
    load.warmed(server.port, "/predict", body, requests=20 * WORKERS)
    arguments = json.dumps(server.at("/predict", body) | {"seconds": seconds})
    command = [sys.executable, "-m", "benchmarks.job", "benchmarks.load:flood", arguments]
    before = server.cpu_seconds()
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(CLIENTS)]
    answered = sum(int(client.communicate()[0].splitlines()[-1]) for client in clients)
    return Flood(answered, Cost(server.cpu_seconds() - before, seconds, 0))


def _home(bench: Workbench) -> tuple[Path, Path]:
    """A home with a champion, with an empty store, and the folder of the request bodies."""
    home = bench.fresh("home-serving")
    shutil.copytree(kept_home(bench), home)
    bench.measure("request bodies", api_home.make_bodies, home=str(home), folder=str(home))
    return home, home


def _ms(measured: Measured) -> str:
    return f"{measured.answer['p50']:.2f} ms, p99 {measured.answer['p99']:.2f} ms"
