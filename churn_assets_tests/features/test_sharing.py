"""Features in layers: what they share is computed once, and every layer uses only what earlier ones have."""

from collections.abc import Mapping
from typing import Any

from churn_assets.features.aggregates import count as events
from churn_assets.features.aggregates import sessions
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.declaration import Catalogue, FeatureGroup, count, derived
from churn_assets.features.expressions import Expression, Field, Operation, evaluate
from churn_assets.features.numpy_arithmetic import NumpyArithmetic
from churn_assets.features.sharing import in_layers

TWICE = sessions() + 1
ONCE = sessions() - 1


class Shared(FeatureGroup):
    """One sum in three features, and a feature inside another."""

    plain = count("An aggregate as it is.", events())
    first = derived("One sum.", TWICE / 2)
    second = derived("The same sum, beside a feature.", TWICE * first + ONCE)
    third = derived("The same sum squared, twice in one feature.", TWICE * TWICE)


VALUES = {events().text(): 10.0, sessions().text(): 4.0}


def fields(expression: Expression) -> set[str]:
    return {leaf.name for leaf in expression.leaves() if isinstance(leaf, Field)}


def computed(catalogue: Catalogue, values: Mapping[str, float]) -> dict[str, Any]:
    """Every column of every layer, as plain numbers."""
    known: dict[str, Any] = {}

    def leaf(expression: Expression) -> Any:
        return known[expression.name] if isinstance(expression, Field) else values[expression.text()]

    for layer in in_layers(catalogue.features):
        known |= {name: evaluate(expression, NumpyArithmetic(), leaf) for name, expression in layer.items()}
    return known


def test_an_operation_used_more_than_once_is_a_column_and_one_used_once_is_not() -> None:
    layers = in_layers(Shared.features)

    shared = [expression for layer in layers for name, expression in layer.items() if name.startswith("shared_")]
    assert [expression.text() for expression in shared] == [TWICE.text()]


def test_a_feature_inside_another_is_its_column() -> None:
    layers = in_layers(Shared.features)

    (second,) = (layer["second"] for layer in layers if "second" in layer)
    assert fields(second) == {"first", "shared_4"}


def test_layers_give_the_values_that_the_declarations_say() -> None:
    values = computed(Catalogue((Shared,)), VALUES)

    assert {name: values[name] for name in ("plain", "first", "second", "third")} == {
        "plain": 10.0,
        "first": 2.5,
        "second": 5 * 2.5 + 3,
        "third": 25.0,
    }


def test_every_layer_uses_only_columns_of_earlier_ones() -> None:
    known: set[str] = set()
    for layer in in_layers(CATALOGUE.features):
        assert all(fields(expression) <= known for expression in layer.values())
        known |= layer.keys()

    assert {feature.name for feature in CATALOGUE.features} <= known


def test_no_operation_of_the_catalogue_is_written_twice() -> None:
    written: list[int] = []

    def visit(expression: Expression) -> None:
        if isinstance(expression, Operation):
            written.append(id(expression))
            for argument in expression.arguments:
                visit(argument)

    for layer in in_layers(CATALOGUE.features):
        for expression in layer.values():
            visit(expression)

    assert len(written) == len(set(written))
