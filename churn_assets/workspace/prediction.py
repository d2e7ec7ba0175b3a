"""Raw events in, predictions out: what the API would answer for them, without a server and without keeping it."""

import gzip
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from churn_assets.cutoffs import epoch_ms
from churn_assets.errors import RequestError
from churn_assets.features.batch import Horizon
from churn_assets.scoring.bands import RiskBands
from churn_assets.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.serving.champion import Champion
    from churn_assets.serving.predictor import Explained, Moment
    from churn_assets.serving.request import Asked

Logs: TypeAlias = "str | os.PathLike[str] | Iterable[Mapping[str, Any]] | pd.DataFrame"
"""Events as the log has them: a list of objects, a frame, or a `.json`/`.jsonl` file, also `.gz` or `.zst`."""
LOOKED_UP = ("device", "os", "browser", "city", "region", "country")
"""Columns of `events` that ingest worked out of the user agent and the location."""
USED = frozenset(
    {"ts", "user_id", "session_id", "item_in_session", "page", "level", "artist", "song", "length", "method", "gender"}
)
OF_EVENTS = USED | {"registration", *LOOKED_UP}
OF_RAW_LOGS = USED | {"registration", "user_agent", "location"}
"""Columns that a frame of either table must have, so that features are made from all that the log told."""
SHOWN_COMPLAINTS = 5
UNBOUNDED = 1 << 40
SAID = (
    *("user_id", "churn_probability", "churn_pred", "risk_band", "at_risk", "is_cold_start", "knowledge"),
    *("events", "model_version"),
)
TIMES = ("as_of", "inference_timestamp")


@dataclass(frozen=True)
class Oracle:
    """What answers: the champion, the settings, and the moment of the question."""

    champion: "Champion"
    settings: Settings
    moment: "Moment"

    def predict(self, logs: Logs, *, as_of: str | None, is_explained: bool) -> "pd.DataFrame":
        """A row a listener, in order of their first event; RequestError names the event and field that is wrong."""
        from churn_assets.serving.predictor import Policy, predict
        from churn_assets.serving.problem import ProblemError

        told = self.settings
        horizon = Horizon(told.lookback_days, epoch_ms(told.first_day))
        policy = Policy(horizon, told.at_risk_days, RiskBands(medium=told.medium_risk, high=told.high_risk))
        try:
            asked = _asked(logs, {"as_of": as_of, "explain": str(is_explained).lower()})
            made = predict(asked, "", champion=self.champion, policy=policy, moment=self.moment)
        except ProblemError as error:
            raise RequestError(_said(error)) from None
        return _frame(made, is_explained=is_explained)


def _asked(logs: Logs, told: Mapping[str, str | None]) -> "Asked":
    import pandas as pd

    from churn_assets.serving.request import Limits, read_request

    given = {name: value for name, value in told.items() if value is not None}
    limits = Limits(UNBOUNDED, UNBOUNDED)
    if not isinstance(logs, pd.DataFrame):
        return read_request(_body(logs), given, route="batch", limits=limits)
    _require_whole_rows(logs)
    asked = read_request(_wrapped(_lines(logs)), given, route="batch", limits=limits)
    return _with_columns(asked, logs)


def _body(logs: "str | os.PathLike[str] | Iterable[Mapping[str, Any]]") -> bytes:
    if isinstance(logs, str | os.PathLike):
        return _of_file(Path(logs).expanduser())
    try:
        return _wrapped(_line(event) for event in logs)
    except (AttributeError, TypeError, ValueError) as error:
        raise RequestError(f"The events cannot be written as JSON ({error}): pass them as the log has them.") from error


def _line(event: Mapping[str, Any]) -> bytes:
    """An event as a line of the log; what is null or NaN is left out."""
    known = {name: value for name, value in event.items() if value is not None and value == value}  # noqa: PLR0124 NaN
    return json.dumps(known, default=_plain, allow_nan=False).encode()


def _plain(value: Any) -> Any:
    """A value of NumPy or a time as JSON has it."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no value of a log")


def _wrapped(lines: Iterable[bytes]) -> bytes:
    return b'{"logs":[' + b",".join(lines) + b"]}"


def _of_file(path: Path) -> bytes:
    """The body of a file: JSON lines, a JSON array of events, or a body of the API."""
    try:
        content = _unpacked(path).strip()
    except OSError as error:
        raise RequestError(
            f"{path} cannot be read ({error.strerror or error}): pass the path of a log file."
        ) from error
    if content.startswith(b"["):
        return b'{"logs":' + content + b"}"
    if content.startswith(b'{"logs"'):
        return content
    return _wrapped(line for line in content.splitlines() if line.strip())


def _unpacked(path: Path) -> bytes:
    match path.suffix:
        case ".gz":
            return gzip.decompress(path.read_bytes())
        case ".zst":
            import zstandard

            return zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
        case _:
            return path.read_bytes()


def _lines(frame: "pd.DataFrame") -> Iterable[bytes]:
    """Rows as events of the log: its own names or those of our tables; times become milliseconds."""
    import pandas as pd

    named = frame.rename(columns={name: _log_name(str(name)) for name in frame.columns})
    for name in named.select_dtypes(["datetime", "datetimetz"]).columns:
        known = pd.to_datetime(named[name], utc=True)
        named[name] = ((known - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(milliseconds=1)).astype("Int64")
    plain = named.astype(object).where(named.notna(), None)
    return [_line({str(name): value for name, value in row.items()}) for row in plain.to_dict("records")]


def _log_name(column: str) -> str:
    """`user_id` of our tables is `userId` in the log."""
    first, *rest = column.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _require_whole_rows(frame: "pd.DataFrame") -> None:
    """Raise RequestError for rows of a table without all that features read: what lacks would count as null."""
    known = set(frame.columns)
    lacking = min((sorted(names - known) for names in (OF_EVENTS, OF_RAW_LOGS)), key=len)
    if "user_id" in known and lacking:
        raise RequestError(
            f"The rows lack {', '.join(lacking)}, which features are made from: load `events` or `raw_logs` with all "
            "their columns."
        )


def _with_columns(asked: "Asked", frame: "pd.DataFrame") -> "Asked":
    """Rows of `events` keep what ingest worked out of user agents and locations, which they no longer carry."""
    from churn_assets.features.event_columns import columns_of

    if not set(frame.columns) >= OF_EVENTS:
        return asked
    looked_up = {name: frame[name].astype(object).where(frame[name].notna(), None).to_numpy() for name in LOOKED_UP}
    kept = {name: values[asked.events.rows] for name, values in looked_up.items()}
    columns = columns_of({**asked.events.columns, **kept})
    return replace(asked, events=replace(asked.events, columns=columns))


def _frame(made: "Iterable[Explained]", *, is_explained: bool) -> "pd.DataFrame":
    import pandas as pd

    rows = [
        {name: getattr(one.prediction, name) for name in SAID}
        | {name: pd.Timestamp(getattr(one.prediction, name), unit="ms") for name in TIMES}
        | ({"reasons": one.reasons} if is_explained else {})
        for one in made
    ]
    return pd.DataFrame(rows)


def _said(error: Any) -> str:
    """What is wrong, with the first complaints that it does not tell of by itself: which event, which field."""
    problem = error.problem
    others = [one for one in problem.complaints if f" {one.pointer}" not in problem.detail][:SHOWN_COMPLAINTS]
    told = "; ".join(f"{one.pointer or 'the body'} {one.detail}" for one in others)
    return f"{problem.detail} Also: {told}." if told else problem.detail
