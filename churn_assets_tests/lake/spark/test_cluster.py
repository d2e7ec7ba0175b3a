"""On a standalone cluster: what workers need, and what it costs when one is killed."""

import json
import sys
import time
from collections import Counter
from pathlib import Path

from churn_assets.features.tables import LISTENER_DAYS
from churn_assets.ingest.tables import EVENTS
from churn_assets_tests.lake.built import BuiltLake
from churn_assets_tests.lake.spark.away import expected, finished, started
from churn_assets_tests.lake.spark.both import part_of
from churn_assets_tests.lake.spark.servers import PATIENCE_S, Server, commands, descendants, standalone, told

SLOW_PYTHON = """#!/bin/sh
# A worker's own Python: it has pyarrow and pyspark, nothing of this project, and takes its time.
sleep {seconds}
PYTHONPATH="$PYTHONPATH:{libraries}" exec "{python}" -S "$@"
"""
DAEMON = "pyspark.daemon"


def slow_python(folder: Path, seconds: int) -> str:
    """The Python of the workers, which does not see what is installed as editable: our package."""
    import pyarrow as pa

    path = folder / "python"
    libraries = Path(pa.__file__).parents[1]
    path.write_text(SLOW_PYTHON.format(seconds=seconds, libraries=libraries, python=sys.executable))
    path.chmod(0o755)
    return str(path)


def wait_until_it_writes(worker: Server) -> None:
    """Until an executor of the worker has started a Python, which it does to write files."""
    for _ in range(PATIENCE_S * 20):
        if any("/python" in command and DAEMON in command for command in commands(descendants(worker.process.pid))):
            return
        time.sleep(0.05)
    raise AssertionError("the worker was given nothing to write")


def troubles(events: Path) -> Counter[str]:
    """Why attempts failed, as Spark wrote down: by the word for it."""
    found: Counter[str] = Counter()
    for path in events.rglob("*"):
        lines = path.read_text().splitlines() if path.is_file() else []
        for line in lines:
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("Event") == "SparkListenerTaskEnd":
                found[event["Task End Reason"]["Reason"]] += 1
    return found


def test_a_killed_worker_costs_a_retry_and_no_result(built: BuiltLake, tmp_path: Path) -> None:
    model = part_of(built, EVENTS.table, LISTENER_DAYS.table)
    there, events = tmp_path / "there", tmp_path / "events"
    events.mkdir()
    (tmp_path / "driver").mkdir()
    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file:{events}",
        "spark.eventLog.compress": "false",
        "spark.ui.enabled": "false",
    }
    (tmp_path / "driver" / "spark-defaults.conf").write_text("".join(f"{n} {v}\n" for n, v in settings.items()))
    surroundings = told(tmp_path / "driver") | {"PYSPARK_PYTHON": slow_python(tmp_path, seconds=3)}
    with standalone(tmp_path / "cluster") as cluster:
        program = started(model, there, cluster.url, surroundings)
        wait_until_it_writes(cluster.workers[0])
        cluster.workers[0].kill()

        assert finished(program, there) == expected(model)

    failed = troubles(events)
    assert failed["ExecutorLostFailure"] + failed["FetchFailed"] > 0
    assert failed["Success"] > 0
