"""How fast the API answers: client and server processes on this machine, every answer durable in the store."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import api_home, load
from benchmarks.findings import Findings, Line, Target
from benchmarks.measuring import Cost, Measured
from benchmarks.workbench import Workbench

RATE, CLIENTS = 20, 2
P50_MS, P99_MS, EXPLAINED_MS = 6, 25, 20
A_CORE, EVENTS_A_SECOND, SPEED_UP = 200, 100_000, 15
OURS, PLAIN = "churn_assets.serving.app:app_of_environment", "benchmarks.plain_server:plain_app"
_PORT = re.compile(r"running on http://127\.0\.0\.1:(\d+)")


def serving(bench: Workbench) -> Findings:
    """Latency at a steady pace, throughput a core, a large batch; and the features of plain pandas beside it."""
    home, folder = _home(bench)
    requests = bench.size.requests
    body = str(folder / "one.json")
    with _server(OURS, home) as ours:
        steady = bench.measure("POST /predict at a steady pace", load.paced, **ours.steady(body, requests))
        told = bench.measure("the same, explained", load.paced, **ours.steady(body, requests, "?explain=true"))
        before = ours.cpu_seconds()
        answered = _flooded(ours, body, bench.size.flood_seconds)
        busy = ours.cpu_seconds() - before
        many = str(folder / "many.json")
        batch = bench.measure("1,000 listeners at once", load.once, tries=3, **ours.at("/predict_batch", many))
    with _server(PLAIN, home) as plain:
        pandas = bench.measure("reference: plain pandas", load.paced, **plain.steady(body, requests // 4, rate=2))
    events = api_home.MANY_LISTENERS * api_home.MANY_EVENTS
    return Findings(
        "serving",
        {"events a request": api_home.ONE_EVENTS, "requests a second": RATE, "requests": requests},
        [
            Line(f"POST /predict, p50 {_ms(steady)}", steady.cost),
            Line(f"the same, explained, p50 {_ms(told)}", told.cost),
            Line(f"server: {answered} requests of {CLIENTS} clients", Cost(busy, bench.size.flood_seconds, 0)),
            Line(f"{events:,} events in one request", batch.cost),
            Line(f"reference: plain pandas, p50 {_ms(pandas)}", pandas.cost),
        ],
        [
            Target("p50 in ms", steady.answer["p50"], P50_MS),
            Target("p99 in ms", steady.answer["p99"], P99_MS),
            Target("p50 in ms with reasons", told.answer["p50"], EXPLAINED_MS),
            Target("requests a second of one core's CPU", answered / busy, A_CORE, is_ceiling=False),
            Target("events a second in one batch", events / batch.answer, EVENTS_A_SECOND, is_ceiling=False),
            Target(
                "plain pandas' p50 beside ours", pandas.answer["p50"] / steady.answer["p50"], SPEED_UP, is_ceiling=False
            ),
        ],
    )


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
        """CPU seconds that the server has taken so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _server(factory: str, home: Path) -> Iterator[Server]:
    """An API of one worker on a free port, until the block ends."""
    code = (
        "import uvicorn; from churn_assets.serving.access_log import LOGGING; "
        f"uvicorn.run({factory!r}, factory=True, port=0, access_log=False, log_config=LOGGING)"
    )
    log = home / f"{factory.partition(':')[0]}.log"
    environment = os.environ | {"CHURN_HOME": str(home), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with (
        log.open("w") as stream,
        subprocess.Popen([sys.executable, "-c", code], stderr=stream, env=environment) as process,
    ):
        try:
            yield Server(_port(process, log), process.pid)
        finally:
            process.terminate()


def _port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    while process.poll() is None:
        found = _PORT.search(log.read_text())
        if found:
            return int(found[1])
    raise RuntimeError(f"The server stopped: {log.read_text()[-2000:]}")


def _flooded(server: Server, body: str, seconds: float) -> int:
    """Requests that clients, each in a process of its own, got answered together."""
    arguments = json.dumps(server.at("/predict", body) | {"seconds": seconds})
    command = [sys.executable, "-m", "benchmarks.job", "benchmarks.load:flood", arguments]
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(CLIENTS)]
    return sum(int(client.communicate()[0].splitlines()[-1]) for client in clients)


def _home(bench: Workbench) -> tuple[Path, Path]:
    """A home with a champion, and the folder of the request bodies; made if they are not there."""
    home = bench.scratch / f"home-{bench.size.api_listeners}"
    if not (home / "one.json").exists():
        bench.say("making a home with a champion")
        bench.measure("simulate, run, promote", api_home.make_home, home=str(home), listeners=bench.size.api_listeners)
        bench.measure("request bodies", api_home.make_bodies, home=str(home), folder=str(home))
    return home, home


def _ms(measured: Measured) -> str:
    return f"{measured.answer['p50']:.2f} ms, p99 {measured.answer['p99']:.2f} ms"
