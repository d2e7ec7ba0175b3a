"""How large the data of a run are."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Size:
    """Listeners, days and lines; `growth` is how many times larger `listeners` is than the base of that benchmark."""

    name: str
    landing_files: int
    lines_a_file: int
    listeners: int
    pandas_listeners: int
    cutoffs: int = 12
    growth: int = 16
    first_day: date = date(2025, 1, 1)
    days: int = 180
    repeats: int = 3
    """How often short processes are measured; the cheapest run counts."""
    lookback_days: int = 90
    api_listeners: int = 1_000
    requests: int = 600
    flood_seconds: float = 15.0
    service_listeners: int = 2_000
    """Listeners of the simulated services: the one whose rows are drawn, and the one that gets a new day."""
    service_days: int = 150
    trained_listeners: int = 10_000
    scored_rows: int = 1_000_000
    drift_rows: int = 200_000

    @property
    def end(self) -> date:
        """The midnight that ends the last day: the newest cut-off."""
        return self.first_day + timedelta(days=self.days)

    def day(self, number: int) -> str:
        """Key of the day so many days after the first."""
        return (self.first_day + timedelta(days=number)).isoformat()

    @property
    def newest_cutoffs(self) -> list[str]:
        """The cut-offs, a week apart, the newest last."""
        return [(self.end - timedelta(days=7 * n)).isoformat() for n in reversed(range(self.cutoffs))]


SIZES = {
    "small": Size(
        "small",
        2,
        40_000,
        listeners=640,
        pandas_listeners=320,
        cutoffs=4,
        days=125,
        repeats=1,
        api_listeners=150,
        requests=40,
        flood_seconds=5,
        service_listeners=300,
        service_days=120,
        trained_listeners=500,
        scored_rows=20_000,
        drift_rows=20_000,
    ),
    "full": Size("full", 20, 122_000, listeners=20_000, pandas_listeners=2_500),
}
