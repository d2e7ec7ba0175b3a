"""Where the time of a request goes: `python -m benchmarks.request_budget HOME` (a home that `benchmarks.serving` made).

Every step is taken in turn, request after request, so that each finds the processor's caches as the others left them.
The quickest tenth tells what a step costs; on a busy machine the median tells of the others' work.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from churn_assets.features.listeners import Listeners
from churn_assets.features.request import request_features
from churn_assets.serving import answer
from churn_assets.serving.cutoff import cutoffs
from churn_assets.serving.prediction import Answered
from churn_assets.serving.predictor import Moment, predict
from churn_assets.serving.record import record
from churn_assets.serving.request import read_ordinary
from churn_assets.serving.service import Service
from churn_assets.settings import Settings
from churn_assets.training.arrays import Columns

REQUESTS = 300
T = TypeVar("T")


@dataclass(frozen=True)
class Watch:
    """Seconds that each step took, request by request."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def time(self, step: str, work: Callable[[], T]) -> T:
        """Do a step, and note how long it took."""
        began = time.perf_counter()
        done = work()
        self.seconds.setdefault(step, []).append(time.perf_counter() - began)
        return done

    def lines(self) -> Iterator[str]:
        """The steps in milliseconds, the quickest tenth and the median."""
        for step, seconds in self.seconds.items():
            ordered = sorted(seconds)
            quick, median = (ordered[len(ordered) // part] * 1000 for part in (10, 2))
            yield f"{step:48} {quick:7.3f} {median:7.3f}"


def main(home: Path) -> None:
    """Print the budget of `one.json`."""
    body, watch = (home / "one.json").read_bytes(), Watch()
    with _opened(home) as service:
        before = time.process_time()
        for number in range(REQUESTS):
            _ask(service, body, number, watch)
        cpu = (time.process_time() - before) / REQUESTS * 1000
    print(f"{'step, ms a request':48} {'tenth':>7} {'median':>7}")
    print("\n".join(watch.lines()))
    print(f"CPU of all steps, those shown twice included: {cpu:.2f} ms a request")


@contextmanager
def _opened(home: Path) -> Iterator[Service]:
    service = Service.open(Settings(home=home))
    try:
        yield service
    finally:
        service.close()


def _ask(service: Service, body: bytes, number: int, watch: Watch) -> None:
    limits, request_id = replace(service.limits, of_one=True), f"budget-{time.time_ns()}-{number}"
    asked = watch.time("reading", lambda: read_ordinary(body, {}, route="single", limits=limits))
    assert asked is not None
    champion, policy, moment = service.champion(), service.policy, Moment(service.clock, now=0)
    made = watch.time(
        "features, model, prior",
        lambda: predict(asked, request_id, champion=champion, policy=policy, moment=moment),
    )
    at = cutoffs(asked.events, as_of=None, clock=service.clock)
    listeners = watch.time("  of these again: order", lambda: Listeners.of(asked.events.columns, at, policy.horizon))
    values = watch.time("  of these again: features", lambda: request_features(listeners, policy.horizon))
    watch.time("  of these again: model", lambda: champion.model.predict(Columns(values, 1)))
    encoded = watch.time("answer", lambda: answer.single(made[0]))
    answered = Answered(request_id, asked.digest, encoded, (made[0].prediction,))
    watch.time("rows for the store, compressed", lambda: record(answered))
    watch.time("the same, and until durable", lambda: service.store.keep(answered).result())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
