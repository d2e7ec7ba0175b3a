"""How honest the answer is when little is known: `python -m benchmarks.cold_start HOME` on a home with a champion.

Listeners of mature cut-offs that the champion never saw are asked about as if only their last few sessions were known.
Their true outcome is known, so the log-loss of the model's own word, of the prior, and of the served blend can be
compared. A second table does the same for listeners who really are young.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from churn_assets.cutoffs import epoch_ms
from churn_assets.features.batch import Horizon
from churn_assets.features.request import Listeners, request_features
from churn_assets.ingest.tables import EVENTS
from churn_assets.labels.tables import CHURN_LABELS
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake
from churn_assets.registry.registry import ModelRegistry
from churn_assets.registry.tracking import tracking_below
from churn_assets.serving.prior import Prior, blended, knowledge
from churn_assets.settings import Settings
from churn_assets.training.arrays import Columns, Flags, Floats
from churn_assets.training.calibration import log_losses

SESSIONS = (1, 2, 3, 5, 8, 13)
YOUNG = ((1, 1), (2, 2), (3, 4), (5, 8), (9, 10_000))


def main(home: Path) -> None:
    """Print both tables."""
    settings = Settings(home=home)
    lake = Lake(Path(settings.lake_url))
    registry = ModelRegistry(tracking_below(settings.mlflow_home, settings.tracking_url))
    champion = registry.load(registry.champion())
    prior = Prior.of_reference(champion.artifact.reference(), champion.model)
    honest = [key for key in lake.keys(CHURN_LABELS) if date.fromisoformat(key) >= champion.model.last_label_day]
    print(f"champion {champion.version.number} ({champion.model.rung}), cut-offs {', '.join(honest)}")
    parts = [_listeners(lake, settings, key) for key in honest]
    for kept in SESSIONS:
        found = [
            _asked(_last_sessions(seen, kept), Horizon(settings.lookback_days, start), labels)
            for seen, labels, start in parts
        ]
        _tell(f"only the last {kept} sessions are sent", found, champion.model, prior)
    for least, most in YOUNG:
        found = [
            _only(_asked(seen, Horizon(settings.lookback_days, start), labels), least, most)
            for seen, labels, start in parts
        ]
        _tell(f"listeners with {least} to {most} sessions in all", found, champion.model, prior)


Found = tuple[Columns, Flags]


def _listeners(lake: Lake, settings: Settings, key: str) -> tuple[Listeners, pd.Series, int]:
    """The events before a cut-off, and what became of those at risk."""
    labels = read_frame(lake.scan(CHURN_LABELS, [key]))
    labels = labels[labels["at_risk"]].set_index("user_id")["churned"]
    cutoff = date.fromisoformat(key)
    first = date.fromordinal(cutoff.toordinal() - settings.lookback_days)
    last = date.fromordinal(cutoff.toordinal() - 1)
    events = read_frame(lake.scan(EVENTS).between(first.isoformat(), last.isoformat()))
    events = events[events["user_id"].isin(labels.index)]
    columns = {name: events[name].to_numpy(dtype=object) for name in EVENTS.names if name not in ("day", "status")}
    for name in ("session_id", "item_in_session"):
        columns[name] = columns[name].astype(np.int64)
    columns["ts"] = events["ts"].to_numpy().astype("datetime64[ms]").astype(np.int64)
    registration = events["registration"].to_numpy().astype("datetime64[ms]")
    columns["registration"] = np.where(np.isnat(registration), np.nan, registration.astype(np.int64))
    columns["length"] = events["length"].to_numpy(dtype=float)
    for name in ("level", "artist", "song", "gender", "city", "region", "country", "device", "os", "browser"):
        columns[name] = np.where(pd.isna(columns[name]), None, columns[name])
    start = epoch_ms(settings.first_day)
    seen = Listeners.of(columns, dict.fromkeys(labels.index, epoch_ms(cutoff)), Horizon(settings.lookback_days, start))
    return seen, labels, start


def _last_sessions(seen: Listeners, kept: int) -> Listeners:
    """The same listeners as if only their last `kept` sessions were known."""
    frame = pd.DataFrame({"listener": seen.listener, "session": seen.columns["session_id"], "ts": seen.columns["ts"]})
    starts = frame.groupby(["listener", "session"])["ts"].min().reset_index()
    rank = starts.groupby("listener")["ts"].rank(method="first", ascending=False)
    wanted = pd.MultiIndex.from_frame(starts.loc[rank <= kept, ["listener", "session"]])
    is_kept = pd.MultiIndex.from_frame(frame[["listener", "session"]]).isin(wanted)
    columns = {name: column[is_kept] for name, column in seen.columns.items()}
    return replace(seen, columns=columns, listener=seen.listener[is_kept])


def _asked(seen: Listeners, horizon: Horizon, labels: pd.Series) -> Found:
    values = request_features(seen, horizon)
    size = len(seen.user_ids)
    rows = Columns({name: np.broadcast_to(value, size) for name, value in values.items()}, size)
    return rows, labels.loc[seen.user_ids].to_numpy(dtype=bool)


def _only(found: Found, least: int, most: int) -> Found:
    rows, churned = found
    sessions = np.asarray(rows["total_sessions"])
    chosen = (sessions >= least) & (sessions <= most)
    picked: Mapping[str, Floats] = {name: value[chosen] for name, value in rows.arrays.items()}
    return Columns(picked, int(chosen.sum())), churned[chosen]


def _tell(case: str, found: list[Found], model: object, prior: Prior) -> None:
    own, usual, known, churned = [], [], [], []
    for rows, outcome in found:
        own.append(model.predict(rows))  # type: ignore[attr-defined]
        usual.append(prior.of(rows))
        known.append(knowledge(rows))
        churned.append(outcome)
    model_p, prior_p, k, y = (np.concatenate(part) for part in (own, usual, known, churned))
    if not len(y):
        return
    losses = [log_losses(y, p).mean() for p in (model_p, prior_p, blended(model_p, prior_p, k))]
    shown = "  ".join(f"{name} {loss:.4f}" for name, loss in zip(("model", "prior", "blend"), losses, strict=True))
    print(
        f"{case:44} n {len(y):5}  left {y.mean():.3f}  knowledge {k.mean():.2f}  log-loss: {shown}  "
        f"mean p: model {model_p.mean():.3f} prior {prior_p.mean():.3f}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
