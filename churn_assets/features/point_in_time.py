"""The proof that stored features saw nothing at or after their cut-off: recomputed from what came before, alone."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from churn_assets.cutoffs import epoch_ms
from churn_assets.features.batch import Horizon
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.declaration import Catalogue, Kind
from churn_assets.features.request import Array, Listeners, request_features

if TYPE_CHECKING:
    import pandas as pd


def event_columns(events: "pd.DataFrame") -> dict[str, Array]:
    """Rows of the `events` table as the arrays that `Listeners.of` takes: times in epoch milliseconds."""
    return {str(name): _column(events[name]) for name in events.columns}


def _column(values: "pd.Series[Any]") -> Array:
    if values.dtype.kind == "M":
        known = values.notna().to_numpy()
        moments = values.to_numpy().astype("datetime64[ms]").astype(np.int64)
        return moments if known.all() else np.where(known, moments, np.nan)
    if values.dtype == object:
        return values.where(values.notna(), None).to_numpy()
    return values.to_numpy()


def moved_features(
    stored: "pd.DataFrame", events: "pd.DataFrame", cutoff: date, *, horizon: Horizon, catalogue: Catalogue = CATALOGUE
) -> Sequence[str]:
    """Names of the features whose stored values differ from those of the events before the cut-off.

    `stored` are rows of `user_features` at `cutoff`, `events` those listeners' events of the lookback; later events
    are dropped before anything is computed, so that a stored value that saw one shows.
    """
    past = event_columns(events[events["ts"] < np.datetime64(cutoff, "ms")])
    listeners = Listeners.of(past, dict.fromkeys(stored["user_id"], epoch_ms(cutoff)), horizon)
    recomputed = request_features(listeners, horizon, catalogue)
    expected = stored.set_index("user_id").loc[list(listeners.user_ids)]
    size = len(listeners.user_ids)
    return [
        feature.name
        for feature in catalogue.features
        if size != len(stored)
        or not _is_same(_column(expected[feature.name]), np.broadcast_to(recomputed[feature.name], size), feature.kind)
    ]


def _is_same(stored: Array, recomputed: Array, kind: Kind) -> bool:
    if kind is Kind.CATEGORY:
        return bool(np.all(stored == recomputed))
    return bool(np.allclose(stored.astype(float), recomputed.astype(float), rtol=1e-9, atol=0, equal_nan=True))
