"""Programs of ours in processes of their own, and clients that go on asking, while a server is killed beneath them."""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from churn_assets.cli.daemon import environment_of
from churn_assets.cutoffs import epoch_ms
from churn_assets.settings import Settings
from churn_assets_tests.orchestration.tiny import LAST_DAY
from churn_assets_tests.serving.api.asking import body, event
from churn_assets_tests.serving.api.running import HEADERS, Server
from churn_assets_tests.serving.postgres import PostgreSQL

PATIENCE_S = 600
PAUSE_S = 0.05
MADE = "SELECT count(*) FROM churn_dagster.event_logs WHERE dagster_event_type = 'ASSET_MATERIALIZATION'"

Refusal = tuple[int, str, str | None]
"""Status, kind of problem and Retry-After."""


def started(settings: Settings, *arguments: str) -> "subprocess.Popen[str]":
    """One of our commands, on its way."""
    program = str(Path(sys.executable).with_name("churn-assets"))
    return subprocess.Popen(
        [program, *arguments],
        env=environment_of(settings),
        cwd=settings.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def eventually(is_so: Callable[[], object], seconds: float = PATIENCE_S) -> bool:
    """Whether something becomes so before patience ends."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if is_so():
            return True
        time.sleep(PAUSE_S)
    return False


def command_lines() -> list[str]:
    """What `ps` shows of every process."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


def logged_events(user: str) -> list[dict[str, Any]]:
    """The events of one listener on the last day of the tiny service's log."""
    start = epoch_ms(LAST_DAY)
    return [event(number, user, ts=start + 1_000 * number, registration=float(start)) for number in range(5)]


@dataclass
class Client:
    """Asks for one prediction after the other, each under an id of its own, until each is acknowledged."""

    server: Server
    name: str
    answers: dict[str, bytes] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    broken: int = 0

    def ask_on(self, is_over: threading.Event) -> None:
        """Ask until it is over, and the last request is answered."""
        while not is_over.is_set():
            request_id = f"{self.name}-{len(self.answers)}"
            self.answers[request_id] = self._until_acknowledged(request_id)
            time.sleep(PAUSE_S)

    def _until_acknowledged(self, request_id: str) -> bytes:
        content, ends = body(logged_events(self.name)), time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            try:
                status, answer, after = self._ask(content, request_id)
            except (OSError, http.client.HTTPException):
                self.broken += 1
                time.sleep(PAUSE_S)
                continue
            if status == 200:
                return answer
            self.refusals.append((status, json.loads(answer)["type"].rpartition(":")[2], after))
            time.sleep(PAUSE_S)
        raise TimeoutError(f"{request_id} was never acknowledged")

    def _ask(self, content: bytes, request_id: str) -> tuple[int, bytes, str | None]:
        with closing(self.server.connect()) as connection:
            connection.request("POST", "/predict", content, HEADERS | {"X-Request-ID": request_id})
            response = connection.getresponse()
            return response.status, response.read(), response.getheader("Retry-After")


@contextmanager
def asking(clients: list[Client]) -> Iterator[None]:
    """Let clients ask while the block lasts; every request is acknowledged when it ends."""
    is_over = threading.Event()
    failed: list[BaseException] = []

    def tried(client: Client) -> None:
        try:
            client.ask_on(is_over)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=tried, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert failed == []


def status_of(server: Server, path: str) -> int:
    """Status of a page."""
    with closing(server.connect()) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.status


def materialisations(postgres: PostgreSQL, url: str) -> int:
    """How many there are; 0 while there is no history yet."""
    if not postgres.rows(url, "SELECT to_regclass('churn_dagster.event_logs')")[0][0]:
        return 0
    return int(postgres.rows(url, MADE)[0][0])
