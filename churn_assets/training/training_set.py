"""The training set: pure Ibis, features and labels side by side."""

from typing import TYPE_CHECKING

from churn_assets.training.tables import TRAINING_SET

if TYPE_CHECKING:
    import ibis.expr.types as ir


def training_set(user_features: "ir.Table", churn_labels: "ir.Table") -> "ir.Table":
    """Every labelled listener at every cut-off that has both, with every declared feature."""
    joined = churn_labels.inner_join(user_features, ["cutoff", "user_id"])
    return joined.select(*TRAINING_SET.names)
