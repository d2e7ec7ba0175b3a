"""What Prometheus reads: latency, predictions, scores, events, the model that answers; over all workers."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_assets.serving.champions import Champions

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

    from churn_assets.serving.prediction import Prediction

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where several workers put their counts together; must be set before prometheus_client is imported."""
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SCORES = tuple(step / 20 for step in range(1, 21))
ALL_WORKERS = "livesum"


@dataclass(frozen=True)
class Metrics:
    """The counts of one worker."""

    registry: "CollectorRegistry"
    requests: "Counter"
    seconds: "Histogram"
    in_flight: "Gauge"
    predictions: "Counter"
    scores: "Histogram"
    events: "Counter"
    workers: "Gauge"
    failures: "Counter"
    troubled: "Gauge"

    @classmethod
    def fresh(cls) -> "Metrics":
        """New counts in a registry of their own."""
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

        disable_created_metrics()  # type: ignore[no-untyped-call]
        registry = CollectorRegistry()

        def named(kind: Callable[..., object], name: str, what: str, *labels: str, **more: object) -> object:
            return kind(f"churn_{name}", what, labels, registry=registry, **more)

        def gauge(name: str, what: str, *labels: str) -> object:
            return named(Gauge, name, what, *labels, multiprocess_mode=ALL_WORKERS)

        made = {
            "requests": named(Counter, "http_requests", "Requests answered.", "route", "method", "status"),
            "seconds": named(Histogram, "http_request_seconds", "Time to answer.", "route", buckets=SECONDS),
            "in_flight": gauge("requests_in_flight", "Predictions being worked on."),
            "predictions": named(Counter, "predictions", "Predictions made.", "model_version", "risk_band", "known"),
            "scores": named(Histogram, "score", "Probabilities answered.", "model_version", buckets=SCORES),
            "events": named(Counter, "events", "Events of listeners read."),
            "workers": gauge("model_workers", "Workers that answer with a model version.", "version"),
            "failures": named(Counter, "model_load_failures", "Times that a champion could not be had."),
            "troubled": gauge("model_troubled", "Workers that cannot follow the champion alias."),
        }
        return cls(registry, **made)  # type: ignore[arg-type]

    def count(self, made: "Prediction") -> None:
        """Count a prediction that was acknowledged."""
        known = "little" if made.is_cold_start else "well"
        self.predictions.labels(made.model_version, made.risk_band, known).inc()
        self.scores.labels(made.model_version).observe(made.churn_probability)
        self.events.inc(made.events)

    def show(self, champions: Champions, *, before: str | None, failures: int) -> None:
        """Show which version answers: it was `before`, and loading had failed `failures` times."""
        now = None if champions.current is None else champions.current.version
        if before is not None and before != now:
            self.workers.labels(before).set(0)
        if now is not None:
            self.workers.labels(now).set(1)
        self.troubled.set(int(champions.trouble is not None))
        self.failures.inc(champions.failures - failures)

    def text(self) -> bytes:
        """Everything in Prometheus' text format: of all workers, where there are several."""
        from prometheus_client import CollectorRegistry, generate_latest

        if FOLDER not in os.environ:
            return generate_latest(self.registry)
        forget_dead(Path(os.environ[FOLDER]))
        registry = CollectorRegistry()
        _multiprocess().MultiProcessCollector(registry)
        return generate_latest(registry)

    def close(self) -> None:
        """Take this worker out of what is summed over living ones."""
        if FOLDER in os.environ:
            _multiprocess().mark_process_dead(os.getpid())


def forget_dead(folder: Path) -> None:
    """Remove the gauges of workers that were killed, so that only living ones are summed; what they counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdecimal() and not lives(int(pid)):
            file.unlink(missing_ok=True)


def lives(pid: int) -> bool:
    """Whether there is a process of this number on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def _multiprocess() -> Any:
    """The part of the library that adds up workers; it ships no types."""
    from prometheus_client import multiprocess

    return multiprocess
