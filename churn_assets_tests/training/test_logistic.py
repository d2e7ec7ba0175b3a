import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from churn_assets.features.schema import FeatureColumn, FeatureSchema
from churn_assets.training.arrays import Flags, expit
from churn_assets.training.rungs.logistic import FittedLogistic, Logistic

SCHEMA = FeatureSchema(
    (FeatureColumn("x", "?", is_categorical=False), FeatureColumn("plan", "?", is_categorical=True)), "f"
)


def drawn(count: int = 600) -> tuple[pd.DataFrame, Flags]:
    """A number and a category that both matter."""
    chance = np.random.default_rng(6)
    plan = chance.choice(np.array(["free", "paid"], dtype=object), count)
    x = chance.normal(size=count)
    return pd.DataFrame({"x": x, "plan": plan}), chance.random(count) < expit(x - 1.0 + (plan == "free"))


def fitted(*, strength: float = 0.05) -> FittedLogistic:
    """The rung on the drawn rows."""
    return Logistic(strength=strength).fit(*drawn(), schema=SCHEMA, seed=1)


def test_the_score_is_that_of_scikit_learn_on_the_same_matrix() -> None:
    frame, target = drawn()
    rung = fitted()
    matrix = rung.encoder.matrix(frame)
    reference = LogisticRegression(C=0.05, class_weight="balanced", max_iter=1000).fit(matrix, target)
    assert rung.log_odds(frame) == pytest.approx(reference.decision_function(matrix))


def test_the_levels_of_a_category_are_one_feature_in_the_contributions() -> None:
    contributions = fitted().contributions(drawn()[0])
    assert list(contributions.columns) == ["x", "plan"]
    assert contributions["plan"].nunique() == 2


def test_contributions_point_where_the_feature_pushes() -> None:
    frame, _ = drawn()
    contributions = fitted().contributions(frame)
    assert np.corrcoef(frame["x"], contributions["x"])[0, 1] > 0.99
    free = (frame["plan"] == "free").to_numpy()
    assert contributions["plan"][free].min() > contributions["plan"][~free].max()


def test_a_weaker_penalty_gives_larger_coefficients() -> None:
    weak, strong = fitted(strength=1.0), fitted(strength=0.001)
    assert abs(weak.coefficients[0]) > abs(strong.coefficients[0])
