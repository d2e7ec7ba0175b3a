"""How large the data of a run are."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

FIRST_DAY = date(2025, 1, 1)
WEEK_DAYS, LABEL_DAYS = 7, 30
EVENTS_A_DAY = 6.43
"""Of a listener, on average, as `event_lake.py` draws them."""


class Data(StrEnum):
    """What a stage needs on disk; several stages may share it."""

    LANDING = "landing"
    BASE = "base"
    MAIN = "main"
    LARGE = "large"
    YEAR = "year"
    PANDAS = "pandas"
    HOME = "home"
    CROWD = "crowd"


@dataclass(frozen=True)
class Service:
    """A service whose events fill a lake; with `copies`, every listener is there so many times, under other ids."""

    listeners: int
    days: int
    copies: int = 1

    @property
    def name(self) -> str:
        """The name of its lake's folder."""
        return f"lake-{self.listeners * self.copies}-{self.days}"

    @property
    def end(self) -> date:
        """The midnight that ends the last day: the newest cut-off."""
        return FIRST_DAY + timedelta(days=self.days)

    @property
    def keys(self) -> list[str]:
        """The key of every day."""
        return [(FIRST_DAY + timedelta(days=n)).isoformat() for n in range(self.days)]

    def cutoffs(self, count: int) -> list[str]:
        """The newest cut-offs, a week apart, the newest last."""
        return self._weeks_before(self.end, count)

    def mature_cutoffs(self, count: int) -> list[str]:
        """The newest cut-offs whose label windows have landed."""
        return self._weeks_before(self.end - timedelta(days=LABEL_DAYS), count)

    def _weeks_before(self, newest: date, count: int) -> list[str]:
        return [(newest - timedelta(days=WEEK_DAYS * n)).isoformat() for n in reversed(range(count))]


@dataclass(frozen=True)
class Size:
    """Files, listeners and days; `listeners` are those of the 4x point of the curves, 1x has a quarter of them."""

    name: str
    landing_files: int
    lines_a_file: int
    listeners: int
    pandas_listeners: int
    year_listeners: int
    cutoffs: int = 12
    days: int = 180
    year_days: int = 480
    curve_cutoffs: tuple[int, ...] = (1, 12, 52)
    repeats: int = 3
    """How often short processes are measured; the cheapest run counts."""
    lookback_days: int = 90
    requests: int = 300
    flood_seconds: float = 10.0
    service_listeners: int = 2_000
    """Listeners of the simulated services: the one whose rows are drawn, and the one that gets a new day."""
    service_days: int = 150
    trained_listeners: int = 10_000
    scored_rows: int = 1_000_000
    drift_rows: int = 200_000

    @property
    def base(self) -> Service:
        """1x."""
        return Service(self.listeners // 4, self.days)

    @property
    def main(self) -> Service:
        """4x: what most figures are about."""
        return Service(self.listeners, self.days)

    @property
    def large(self) -> Service:
        """16x."""
        return Service(self.listeners, self.days, copies=4)

    @property
    def year(self) -> Service:
        """As many events as 1x, of fewer listeners over more than a year: room for 52 weekly cut-offs."""
        return Service(self.year_listeners, self.year_days)

    @property
    def pandas(self) -> Service:
        """What plain pandas can do in a minute."""
        return Service(self.pandas_listeners, self.days)

    def gigabytes(self, data: Data) -> float:
        """About what the data take on disk, with what the stages make of them and with room for what DuckDB spills."""
        match data:
            case Data.LANDING:
                return self.landing_files * self.lines_a_file * BYTES_A_LINE / 1e9
            case Data.HOME:
                return self.service_listeners * self.service_days * BYTES_A_LISTENER_DAY / 1e9
            case Data.CROWD:
                return (self.scored_rows + 2 * self.drift_rows) * BYTES_A_ROW / 1e9
            case Data.BASE | Data.MAIN | Data.LARGE | Data.YEAR | Data.PANDAS:
                service: Service = getattr(self, data.value)
                events = service.listeners * service.copies * service.days * EVENTS_A_DAY
                return events * BYTES_AN_EVENT / 1e9


BYTES_A_LINE = 700
"""A log line of 451 bytes, and what is made from it."""
BYTES_AN_EVENT = 50
"""In a lake with all daily tables 17; the rest is for what DuckDB spills."""
BYTES_A_LISTENER_DAY = 5_000
"""In a home with its logs, lake, models, reports and history, and two copies of it."""
BYTES_A_ROW = 1_500
"""A listener at a cut-off with every feature: drawn, in a lake, and scored."""

SIZES = {
    "small": Size(
        "small",
        landing_files=16,
        lines_a_file=5_000,
        listeners=640,
        pandas_listeners=320,
        year_listeners=40,
        cutoffs=4,
        days=125,
        repeats=1,
        requests=40,
        flood_seconds=5,
        service_listeners=300,
        service_days=120,
        trained_listeners=500,
        scored_rows=20_000,
        drift_rows=20_000,
    ),
    "full": Size(
        "full", landing_files=16, lines_a_file=282_000, listeners=20_000, pandas_listeners=2_500, year_listeners=1_900
    ),
}
