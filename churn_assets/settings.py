"""The one home of every setting: environment `CHURN_*`, then `.env`, then defaults that work from a fresh clone."""

from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from churn_assets.cutoffs import CutoffSchedule
from churn_assets.databases.address import SCHEMAS, require_postgresql, through, within
from churn_assets.errors import SettingsError

DEMO_FIRST_DAY = date(2026, 1, 2)
DEMO_DAYS = 150
DEMO_LAST_DAY = DEMO_FIRST_DAY + timedelta(days=DEMO_DAYS - 1)
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS = get_args(Weekday)
IN_FILES = "sqlite"
"""What CHURN_DAGSTER_URL says where the history stays in files although there is a database."""

Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=1)]
Address = Annotated[str | None, Field(repr=False)]
"""May hold a password, so that no message shows it."""


class Settings(BaseSettings):
    """What the platform can be told; frozen, typed, and checked as a whole."""

    model_config = SettingsConfigDict(
        env_prefix="CHURN_", env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    home: Annotated[Path, Field(description="Everything that is written lives below this folder.")] = Path("data")
    landing: Annotated[
        str | None, Field(description="Where log files arrive: a folder or an fsspec URL; `<home>/landing` if unset.")
    ] = None
    lake: Annotated[
        str | None, Field(description="Root of the tables: a folder or an fsspec URL; `<home>/lake` if unset.")
    ] = None
    lake_copies_gb: Annotated[
        float,
        Field(gt=0, description="Most GB of local copies, in `<home>/lake-copies`, of a lake that lies behind a URL."),
    ] = 20.0
    first_day: Annotated[date, Field(description="First UTC day of the log.")] = DEMO_FIRST_DAY
    last_day: Annotated[
        date | Literal["open"],
        Field(description="Last UTC day of the log; `open` for a live one, which ends yesterday."),
    ] = DEMO_LAST_DAY
    engine: Annotated[Literal["duckdb", "spark"], Field(description="What evaluates the batch expressions.")] = "duckdb"
    spark_url: Annotated[
        str,
        Field(
            description="Where the Spark engine computes: `local[*]`, a master (`spark://host:7077`), or a Spark "
            "Connect server (`sc://host:15002`)."
        ),
    ] = "local[*]"
    spark_memory: Annotated[
        str,
        Field(
            pattern="^[1-9][0-9]*[kmgt]$",
            description="Memory of each Spark process that computes, as in `512m`; a Connect server has its own.",
        ),
    ] = "2g"
    threads: Annotated[int, Field(ge=1, description="Threads of the DuckDB engine, and of decoding.")] = 2
    memory_limit: Annotated[
        str, Field(description="Memory limit of the DuckDB engine; it spills to disk beyond it.")
    ] = "2GB"

    lookback_days: Annotated[Days, Field(description="Days before the cut-off that features see.")] = 90
    horizon_days: Annotated[Days, Field(description="Days after the cut-off that labels see.")] = 30
    at_risk_days: Annotated[
        Days, Field(description="A listener is at risk with an event in this many days before the cut-off.")
    ] = 30
    cutoff_schedule: Annotated[
        Literal["daily", Weekday], Field(description="The weekday of the cut-offs, or `daily`.")
    ] = "monday"
    warmup_days: Annotated[Days, Field(description="Days of log before the first cut-off.")] = 28

    target: Annotated[
        Literal["churned", "churned_or_cancelled"], Field(description="What the model learns to predict.")
    ] = "churned"
    holdout_cutoffs: Annotated[
        int, Field(ge=1, description="Newest mature cut-offs held out as the promotion test.")
    ] = 2
    backtest_cutoffs: Annotated[
        int, Field(ge=1, description="Newest test cut-offs of the rolling-origin back-test.")
    ] = 6
    folds: Annotated[int, Field(ge=2, description="Folds of the cross-validation grouped by listener.")] = 3
    seed: Annotated[int, Field(description="Seed of everything random.")] = 7
    high_risk: Annotated[Share, Field(description="Lowest probability of the risk band `high`.")] = 0.5
    medium_risk: Annotated[Share, Field(description="Lowest probability of the risk band `medium`.")] = 0.2

    database_url: Annotated[
        Address,
        Field(
            description="A PostgreSQL, `postgresql://user@host/database`, in which MLflow, Dagster's history and the "
            "prediction store take a schema each, where the three settings below do not say otherwise.",
        ),
    ] = None
    mlflow_url: Annotated[
        Address,
        Field(
            description="MLflow tracking and registry, a server or a database; else in CHURN_DATABASE_URL, else "
            "SQLite below `<home>/mlflow`.",
        ),
    ] = None
    mlflow_artifacts: Annotated[
        str | None,
        Field(description="Object store for MLflow's artefacts, `s3://…`; `<home>/mlflow/artifacts` if unset."),
    ] = None
    dagster_url: Annotated[
        Address,
        Field(
            description="Dagster's history, a PostgreSQL URL or `sqlite`; else in CHURN_DATABASE_URL, else SQLite "
            "below `<home>/.dagster`.",
        ),
    ] = None
    store_url: Annotated[
        Address,
        Field(
            description="Prediction store, an SQLAlchemy URL; else in CHURN_DATABASE_URL, else SQLite "
            "`<home>/predictions.db`.",
        ),
    ] = None
    api_host: Annotated[str, Field(description="Address that the API listens on; loopback by default.")] = "127.0.0.1"
    api_port: Annotated[int, Field(ge=0, le=65_535, description="Port of the API; 0 takes a free one.")] = 8000
    api_workers: Annotated[int, Field(ge=1, description="Processes of the API; they share port and store.")] = 1
    api_keys: Annotated[
        SecretStr | None,
        Field(description="Keys that requests must carry one of, separated by commas; needed beyond loopback."),
    ] = None
    api_body_mb: Annotated[int, Field(ge=1, description="Largest body of one listener's request, in MB.")] = 16
    api_batch_body_mb: Annotated[int, Field(ge=1, description="Largest body of a batch request, in MB.")] = 160
    api_events: Annotated[int, Field(ge=1, description="Most events of one listener in a request.")] = 20_000
    api_listeners: Annotated[int, Field(ge=1, description="Most listeners in a batch request.")] = 2_000
    api_requests: Annotated[
        int, Field(ge=1, description="Most requests that a worker works on at once; more are refused.")
    ] = 64
    api_in_flight_mb: Annotated[
        int, Field(ge=1, description="Most MB of bodies that a worker holds at once; more are refused.")
    ] = 320
    api_body_s: Annotated[float, Field(gt=0, description="Seconds within which a body must have arrived.")] = 60.0
    use_served_events: Annotated[
        bool, Field(description="Whether events that the API was sent join the data, below `served/` of the landing.")
    ] = True

    report_days: Annotated[Days, Field(description="Newest days that reports are made for.")] = 28
    drift_window_days: Annotated[Days, Field(description="Rolling days of data time that drift looks at.")] = 7
    drift_ks: Annotated[Share, Field(description="Kolmogorov-Smirnov statistic from which numbers may drift.")] = 0.2
    drift_psi: Annotated[
        float, Field(ge=0, description="Population stability index from which categories may drift.")
    ] = 0.25
    drift_min_rows: Annotated[
        int, Field(ge=2, description="Least listeners in a window for a verdict on drift or novelty.")
    ] = 50
    drift_level: Annotated[
        Share, Field(description="Chance of a false alarm that a verdict may have, over all features together.")
    ] = 0.01
    novel_share: Annotated[
        Share, Field(description="Share of a window with values never seen in training that is called novel.")
    ] = 0.1
    novel_listeners: Annotated[
        Share,
        Field(description="Share of listeners never seen in training that is called novel; told, no cause to retrain."),
    ] = 0.5
    performance_level: Annotated[
        Share, Field(description="Chance of a false alarm that the verdict on performance may have.")
    ] = 0.05

    follow_landing: Annotated[
        bool,
        Field(description="Whether the daemon brings up to date by itself what lands; else `churn-assets run` does."),
    ] = True
    retrain: Annotated[bool, Field(description="Whether sensors may start trainings.")] = True
    cooldown_hours: Annotated[float, Field(ge=0, description="Wall-clock hours between two retrainings.")] = 24
    retraining_budget: Annotated[int, Field(ge=0, description="Most retrainings in 30 days of wall time.")] = 8
    refresh_days: Annotated[
        int, Field(ge=1, description="Days of data time after which a champion is refreshed without other cause.")
    ] = 30

    retention_budget: Annotated[
        float, Field(ge=0, description="Money for the calls of one retention list; `inf` for no limit.")
    ] = 500.0
    retention_value: Annotated[
        float | dict[str, float],
        Field(description='Money a kept listener is worth: a number, or JSON by level, `{"paid": 60, "free": 5}`.'),
    ] = 60.0
    retention_save_rate: Annotated[Share, Field(description="Share of those about to leave that a call keeps.")] = 0.15
    retention_cost: Annotated[float, Field(ge=0, description="Money that a call costs.")] = 2.0
    retention_hold_out: Annotated[
        float, Field(ge=0, lt=1, description="Share of a list that is left alone, so that calling can be judged.")
    ] = 0.1
    retention_campaign: Annotated[
        str,
        Field(min_length=1, description="Name of the campaign; listeners stay in one arm of it, another draws anew."),
    ] = "default"
    retention_rest_days: Annotated[
        int, Field(ge=0, description="Days for which a listener who was listed is not listed again.")
    ] = 28

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.last_day != "open" and self.last_day < self.first_day:
            message = (
                f"CHURN_LAST_DAY ({self.last_day}) lies before CHURN_FIRST_DAY ({self.first_day}): "
                "set both to the first and last UTC day of your log."
            )
            raise SettingsError(message)
        if self.at_risk_days > self.lookback_days:
            message = (
                f"CHURN_AT_RISK_DAYS ({self.at_risk_days}) must not exceed CHURN_LOOKBACK_DAYS ({self.lookback_days}): "
                "who is at risk is looked up in the lookback."
            )
            raise SettingsError(message)
        if self.medium_risk > self.high_risk:
            message = f"CHURN_MEDIUM_RISK ({self.medium_risk}) must not exceed CHURN_HIGH_RISK ({self.high_risk})."
            raise SettingsError(message)
        if self.database_url is not None:
            require_postgresql("CHURN_DATABASE_URL", self.database_url)
        if self.dagster_url not in (None, IN_FILES):
            require_postgresql("CHURN_DAGSTER_URL", str(self.dagster_url))
        return self

    @property
    def landing_url(self) -> str:
        """Folder or URL that log files arrive in."""
        return self.landing or str(self.home / "landing")

    @property
    def lake_url(self) -> str:
        """Folder or URL below which the tables live."""
        return self.lake or str(self.home / "lake")

    @property
    def lake_copies(self) -> Path:
        """Folder of local copies of a lake that lies on an object store."""
        return self.home / "lake-copies"

    @property
    def mlflow_home(self) -> Path:
        """Folder of the default MLflow database and artefacts."""
        return self.home / "mlflow"

    @property
    def tracking_url(self) -> str | None:
        """URL of the MLflow server or database; None for the SQLite file below `mlflow_home`."""
        return self.mlflow_url or self._within(SCHEMAS["mlflow_url"], "psycopg")

    @property
    def history_url(self) -> str | None:
        """SQLAlchemy URL of the PostgreSQL that Dagster's history is in; None for files below `dagster_home`.

        The driver is the one that dagster-postgres was made for: it tells tables that another process has just made by
        that driver's codes.
        """
        if self.dagster_url == IN_FILES:
            return None
        told = None if self.dagster_url is None else through(self.dagster_url, "psycopg2")
        return told or self._within(SCHEMAS["dagster_url"], "psycopg2")

    @property
    def prediction_store_url(self) -> str:
        """SQLAlchemy URL of the prediction store."""
        told = self.store_url or self._within(SCHEMAS["store_url"], "psycopg")
        return told or f"sqlite:///{(self.home / 'predictions.db').resolve()}"

    def _within(self, schema: str, driver: str) -> str | None:
        return None if self.database_url is None else within(self.database_url, schema, driver)

    @property
    def reports(self) -> Path:
        """Folder of the reports that people open: CSV and HTML."""
        return self.home / "reports"

    @property
    def dagster_home(self) -> Path:
        """Folder of Dagster's run history when our own commands run it."""
        return self.home / ".dagster"

    @cached_property
    def cutoffs(self) -> CutoffSchedule:
        """The schedule of cut-offs that these settings describe."""
        return CutoffSchedule(
            first_day=self.first_day,
            warmup_days=self.warmup_days,
            horizon_days=self.horizon_days,
            weekday=None if self.cutoff_schedule == "daily" else WEEKDAYS.index(self.cutoff_schedule),
        )


def refusal(error: ValidationError) -> str:
    """Which settings cannot be used, and why, as one sentence."""
    wrong = (f"CHURN_{str(e['loc'][0]).upper()} is {e['input']!r}: {e['msg']}" for e in error.errors())
    return "; ".join(wrong) + ". docs/reference/settings.md lists what is allowed."
