"""How the tables of the features stage are made: which files, which expression, in which passes."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from churn_assets.cutoffs import epoch_days
from churn_assets.features.batch import AGES, Horizon, ages, user_features
from churn_assets.features.daily import listener_days
from churn_assets.features.item_gaps import listener_item_gaps
from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS, USER_FEATURES
from churn_assets.ingest.tables import EVENTS
from churn_assets.lake.lake import Scan
from churn_assets.lake.recipe import SUMMARY_PASS_BYTES, Recipe

if TYPE_CHECKING:
    import ibis.expr.types as ir

ASKED = "asked"
FEW_DAYS = 7
"""Up to so many new days, their items are looked up in the lookback; beyond, sorting all of it costs less."""


def listener_days_recipe(events: Scan) -> Recipe:
    """A few days a pass, each from its own events."""
    return Recipe(
        LISTENER_DAYS,
        _listener_days,
        lambda keys: {EVENTS.table: events.only(keys)},
        pass_bytes=SUMMARY_PASS_BYTES,
    )


def listener_item_gaps_recipe(events: Scan, keys: Sequence[str], *, lookback_days: int) -> Recipe:
    """All of the days `keys` in one pass, from `events` of those days and of the lookback before them."""
    expression = partial(_listener_item_gaps, lookback_days=lookback_days, of_few_days=len(keys) <= FEW_DAYS)
    return Recipe(
        LISTENER_ITEM_GAPS,
        expression,
        lambda keys: {EVENTS.table: events, ASKED: events.only(keys)},
        each=False,
        scattered=partial(expression, is_scattered=True),
    )


def user_features_recipe(scans: Mapping[str, Scan], horizon: Horizon) -> Recipe:
    """All cut-offs in one pass, from `listener_days`, `sessions` and `listener_item_gaps` of their lookbacks."""
    return Recipe(
        USER_FEATURES,
        partial(user_features, horizon=horizon),
        lambda _keys: scans,
        lambda keys, _distinct: {AGES: ages(epoch_days(keys), horizon.lookback_days)},
        each=False,
    )


def _listener_days(tables: "Mapping[str, ir.Table]") -> "ir.Table":
    return listener_days(tables[EVENTS.table])


def _listener_item_gaps(tables: "Mapping[str, ir.Table]", **how: Any) -> "ir.Table":
    return listener_item_gaps(tables[EVENTS.table], tables[ASKED], **how)
