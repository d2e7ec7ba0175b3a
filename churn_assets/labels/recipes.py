"""How population and labels are made: which files, which expression, in one pass over all cut-offs."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from churn_assets.cutoffs import epoch_days
from churn_assets.features.batch import AGES, ages
from churn_assets.features.tables import LISTENER_DAYS
from churn_assets.labels.labels import WINDOWS, churn_labels, label_windows, population
from churn_assets.labels.tables import CHURN_LABELS, POPULATION
from churn_assets.lake.lake import Scan
from churn_assets.lake.recipe import Recipe

if TYPE_CHECKING:
    import ibis.expr.types as ir


def population_recipe(listener_days: Scan, *, lookback_days: int, at_risk_days: int) -> Recipe:
    """The population of every cut-off, from the days of its lookback."""
    return Recipe(
        POPULATION,
        partial(_population, at_risk_days=at_risk_days),
        lambda _keys: {LISTENER_DAYS.table: listener_days},
        lambda keys, _distinct: {AGES: ages(epoch_days(keys), lookback_days)},
        each=False,
    )


def churn_labels_recipe(population: Scan, listener_days: Scan, *, horizon_days: int) -> Recipe:
    """The labels of every cut-off, from its population and the days of its label window."""
    return Recipe(
        CHURN_LABELS,
        _churn_labels,
        lambda _keys: {POPULATION.table: population, LISTENER_DAYS.table: listener_days},
        lambda keys, _distinct: {WINDOWS: label_windows(epoch_days(keys), horizon_days)},
        each=False,
    )


def _population(tables: "Mapping[str, ir.Table]", *, at_risk_days: int) -> "ir.Table":
    return population(tables[LISTENER_DAYS.table], at_risk_days=at_risk_days)


def _churn_labels(tables: "Mapping[str, ir.Table]") -> "ir.Table":
    return churn_labels(tables[POPULATION.table], tables[LISTENER_DAYS.table])
