"""Where the seconds of a job go: by DuckDB's operators, or by functions of ours.

A profile is evidence for what bounds a step, never the figure: whoever looks is paid for too. Samples are taken by a
thread of the same process, so that no tool is needed and no rights; what py-spy sees from outside, it sees from inside.
"""

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any

from benchmarks.findings import Profile, Share
from benchmarks.workbench import Workbench

if TYPE_CHECKING:
    import duckdb

SHOWN = 8
"""So many parts are told by name, the rest together."""
INTERVAL_S = 0.005
OURS = "churn_assets."
WAITING = ("threading.py", "queue.py", "selectors.py", "socket.py", "thread.py")
"""A thread whose innermost frame is in one of these files waits for another."""
ELSEWHERE = "Python: start, imports, hashing"
PLANNING = "planning"
REST = "the rest"
IMPORTS = "imports"

Looker = Callable[..., dict[str, float]]
"""Runs a job, and tells the seconds of its parts."""


def profile(bench: Workbench, step: str, look: Looker, job: Callable[..., object], **arguments: object) -> Profile:
    """Run a job in a process of its own, and look where its seconds go."""
    target = f"{job.__module__}:{job.__name__}"
    found = bench.measure(f"profile of {step}", look, target=target, arguments=arguments).answer
    return Profile(step, "DuckDB's operators" if look is operators else "our functions", shares(found))


def shares(seconds: Mapping[str, float]) -> list[Share]:
    """The largest parts first, the small ones as one."""
    largest = Counter(seconds).most_common()
    found = [*largest[:SHOWN], (REST, sum(took for _, took in largest[SHOWN:]))]
    return [Share(part, round(took, 3)) for part, took in found if round(took, 3) > 0]


def operators(target: str, arguments: Mapping[str, object]) -> dict[str, float]:
    """Seconds of threads in each kind of DuckDB's operators, in planning, and of the CPU elsewhere in the process."""
    from churn_assets.lake.engine import Engine

    seconds: Counter[str] = Counter()
    connect = Engine.connect

    @contextmanager
    def watched(engine: Engine) -> "Iterator[_Watched]":
        with connect(engine) as connection:
            connection.execute("SET enable_profiling = 'no_output'")
            yield _Watched(connection, seconds)

    Engine.connect = watched  # type: ignore[method-assign, assignment]
    _function(target)(**arguments)
    seconds[ELSEWHERE] = max(0.0, time.process_time() - seconds.total())
    return dict(seconds)


class _Watched:
    """A connection that adds up what DuckDB says of each statement."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", seconds: Counter[str]) -> None:
        self._connection, self._seconds = connection, seconds

    def execute(self, *arguments: Any) -> Any:
        """Run a statement, and note what its operators took."""
        import json

        done = self._connection.execute(*arguments)
        told = json.loads(self._connection.get_profiling_information(format="json") or "{}")
        self._seconds[PLANNING] += sum(told.get(part, {}).get("total_time", 0.0) for part in _PLANNED)
        for operator in told.get("operator", ()):
            self._seconds.update(operator_seconds(operator))
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


_PLANNED = ("planner", "optimizer", "physical_planner")


def operator_seconds(operator: Mapping[str, Any]) -> Counter[str]:
    """Seconds by kind, of an operator of a plan and of all below it."""
    seconds = Counter({str(operator["type"]).lower().replace("_", " "): float(operator["timing"])})
    for below in operator.get("children", ()):
        seconds.update(operator_seconds(below))
    return seconds


def functions(target: str, arguments: Mapping[str, object]) -> dict[str, float]:
    """Seconds in each of our functions, with the library that it was in; threads that work at once count each."""
    seconds: Counter[str] = Counter()
    done = threading.Event()
    sampler = threading.Thread(target=_sample, args=(done, seconds), daemon=True)
    job = _function(target)
    sampler.start()
    try:
        job(**arguments)
    finally:
        done.set()
        sampler.join()
    return dict(seconds)


def _sample(done: threading.Event, seconds: Counter[str]) -> None:
    """Look at every thread again and again; a look counts for the time since the one before."""
    before, own = time.perf_counter(), threading.get_ident()
    while not done.wait(INTERVAL_S):
        now = time.perf_counter()
        for thread, frame in sys._current_frames().items():  # noqa: SLF001 - the one way to see other threads
            place = None if thread == own else place_of(frame)
            if place:
                seconds[place] += now - before
        before = now


def place_of(frame: FrameType) -> str | None:
    """The innermost function of ours, and the library that it is in just now; None for a thread that waits."""
    if frame.f_code.co_filename.endswith(WAITING):
        return None
    innermost, found = _module(frame), frame
    while not _module(found).startswith(OURS):
        if found.f_back is None:
            return None
        found = found.f_back
    name = found.f_code.co_name
    if name == "<module>" or innermost.startswith("importlib"):
        return IMPORTS
    inside = "" if innermost.startswith(OURS) else f", in {innermost.partition('.')[0]}"
    return f"{_module(found).removeprefix(OURS)}.{name}{inside}"


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _function(target: str) -> Callable[..., object]:
    module, _, name = target.partition(":")
    found: Callable[..., object] = getattr(import_module(module), name)
    return found
