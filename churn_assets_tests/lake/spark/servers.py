"""Real servers of Spark on loopback: a standalone cluster, and a Spark Connect server. They end with their block."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from churn_assets.lake.spark.java import find_java

LOOPBACK = "127.0.0.1"
PATIENCE_S = 90
WORKERS = 2
_MASTER_URL = re.compile(r"spark://\S+:\d+")
_REGISTERED = "Registering worker"
_CONNECT_STARTED = "Spark Connect server started"


@dataclass(frozen=True)
class Server:
    """A Java process, and the file of what it says."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, words: str | re.Pattern[str], times: int = 1) -> str:
        """What was looked for, once the server has said it often enough; fails if it ends before, or takes too long."""
        pattern = re.compile(re.escape(words)) if isinstance(words, str) else words
        for _ in range(PATIENCE_S * 10):
            found = pattern.findall(self.log.read_text(errors="replace"))
            if len(found) >= times:
                return str(found[0])
            assert self.process.poll() is None, self.log.read_text(errors="replace")
            time.sleep(0.1)
        raise AssertionError(f"{pattern.pattern} was not said:\n{self.log.read_text(errors='replace')}")

    def kill(self) -> None:
        """End the server and all that it started, at once and without a word."""
        for pid in (self.process.pid, *descendants(self.process.pid)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


@dataclass(frozen=True)
class Standalone:
    """A master and its workers, one core each."""

    url: str
    workers: Sequence[Server]


@contextmanager
def standalone(folder: Path) -> Iterator[Standalone]:
    """Start a master and two workers."""
    with ExitStack() as stack:
        place = ["--host", LOOPBACK, "--webui-port", "0"]
        master = stack.enter_context(_server(folder / "master.log", ["deploy.master.Master", *place, "--port", "0"]))
        url = master.wait_for(_MASTER_URL)
        started = ["deploy.worker.Worker", *place, "--cores", "1", "--memory", "1g"]
        workers = [
            stack.enter_context(
                _server(folder / f"worker-{n}.log", [*started, "--work-dir", str(folder / f"work-{n}"), url])
            )
            for n in range(WORKERS)
        ]
        master.wait_for(_REGISTERED, WORKERS)
        yield Standalone(url, workers)


@contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """Start a Spark Connect server over `local[2]`; gives its URL."""
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    settings = {
        "spark.connect.grpc.binding.address": LOOPBACK,
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.host": LOOPBACK,
        "spark.driver.memory": "1g",
        "spark.ui.enabled": "false",
        "spark.local.dir": str(folder),
    }
    said = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    name = "org.apache.spark.sql.connect.service.SparkConnectServer"
    command = ["deploy.SparkSubmit", "--master", "local[2]", *said, "--class", name, "spark-internal"]
    with _server(folder / "connect.log", command) as server:
        server.wait_for(_CONNECT_STARTED)
        yield f"sc://{LOOPBACK}:{port}"


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and those that they started."""
    parents = _parents()
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def commands(pids: Sequence[int]) -> list[str]:
    """The command lines of those processes that are still there."""
    paths = (Path(f"/proc/{pid}/cmdline") for pid in pids)
    return [path.read_bytes().replace(b"\0", b" ").decode() for path in paths if path.exists()]


@contextmanager
def _server(log: Path, command: Sequence[str]) -> Iterator[Server]:
    import pyspark

    name, *arguments = command
    script = Path(pyspark.__file__).parent / "bin" / "spark-class"
    environment = os.environ | told(log.parent)
    with log.open("wb") as said:
        process = subprocess.Popen(
            [script, f"org.apache.spark.{name}", *arguments], stdout=said, stderr=said, env=environment
        )
    server = Server(process, log)
    try:
        yield server
    finally:
        server.kill()
        process.wait()


def told(folder: Path) -> Mapping[str, str]:
    """What Spark's processes of a test are told: small, on loopback, their configuration in its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "JAVA_HOME": str(find_java(os.environ, folder)),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_CONF_DIR": str(folder),
        "SPARK_DAEMON_MEMORY": "600m",
    }


def _parents() -> dict[int, int]:
    """The parent of every process."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found[int(path.parent.name)] = int(text.rpartition(")")[2].split()[1])
    return found
