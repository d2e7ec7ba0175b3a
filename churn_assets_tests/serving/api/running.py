"""A real server in a process of its own, and clients that ask it at once."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churn_assets_tests.logs import FIRST_DAY

PORT = re.compile(r"running on http://127\.0\.0\.1:(\d+)")
STARTED = "Application startup complete"
PATIENCE_S = 120
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Server:
    """A running server: its address, its process group and what it has logged."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    def connect(self) -> http.client.HTTPConnection:
        """A connection that is kept."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)

    def ask(self, content: bytes, path: str = "/predict", **headers: str) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one request on a connection of its own."""
        with closing(self.connect()) as connection:
            return ask(connection, content, path, **headers)

    def get(self, path: str) -> str:
        """The text of a page."""
        with closing(self.connect()) as connection:
            connection.request("GET", path)
            return connection.getresponse().read().decode()

    def kill(self) -> None:
        """End all of its processes at once, with no time to say goodbye."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def ask(
    connection: http.client.HTTPConnection, content: bytes, path: str = "/predict", **headers: str
) -> tuple[int, dict[str, Any]]:
    """Status and JSON of one request."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", path, content, HEADERS | named)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


@contextmanager
def running(home: Path, *, workers: int = 1, **settings: str) -> Iterator[Server]:
    """`churn-assets serve` on a free port until the block ends; then it must end by itself, and well."""
    log = home / "server.log"
    command = [str(Path(sys.executable).parent / "churn-assets"), "serve", "--port", "0", "--workers", str(workers)]
    environment = os.environ | {"CHURN_HOME": str(home), "CHURN_FIRST_DAY": str(FIRST_DAY), "CHURN_LAST_DAY": "open"}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, stderr=stream, stdout=stream, env=environment | settings, start_new_session=True
        )
    try:
        yield Server(_port(process, log, workers), process, log)
        process.terminate()
        process.wait(PATIENCE_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _port(process: "subprocess.Popen[bytes]", log: Path, workers: int) -> int:
    end = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < end:
        text = log.read_text()
        found = PORT.search(text)
        if found and text.count(STARTED) >= workers:
            return int(found[1])
        time.sleep(0.1)
    raise RuntimeError(f"The server did not start: {log.read_text()[-3000:]}")
