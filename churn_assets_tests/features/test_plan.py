"""The plan of the request evaluator: each distinct value is worked out once, after what it is made of."""

from churn_assets.features.aggregates import count as events
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.declaration import Catalogue, FeatureGroup, count, derived
from churn_assets.features.plan import plan_of


class Shared(FeatureGroup):
    """Two features with a part in common."""

    doubled = count("Twice.", events() + events())
    half_more = derived("Three times.", (events() + events()) + events())


def test_what_features_share_is_one_step() -> None:
    plan = plan_of(Catalogue((Shared,)))

    assert [step.name for step in plan.steps] == [None, "add", "add"]
    assert plan.features == {"doubled": 1, "half_more": 2}
    assert plan.steps[2].arguments == (1, 0)


def test_every_step_of_the_catalogue_comes_after_its_arguments_and_is_there_once() -> None:
    plan = plan_of(CATALOGUE)

    assert all(argument < position for position, step in enumerate(plan.steps) for argument in step.arguments)
    assert len({step.expression.text() for step in plan.steps}) == len(plan.steps)
    assert plan.features.keys() == {feature.name for feature in CATALOGUE.features}


def test_a_step_stands_for_the_expression_that_reads_the_same() -> None:
    plan = plan_of(CATALOGUE)

    for feature in CATALOGUE.features:
        assert plan.steps[plan.features[feature.name]].expression.text() == feature.text()
