"""The fingerprint is a hash of the whole declaration: nothing in it can change unnoticed."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.features.aggregates import ARTIST, NIGHT, SONG, Condition, Window, days, heard, newly_heard, sessions
from churn_assets.features.aggregates import count as events
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.declaration import (
    Catalogue,
    Feature,
    FeatureGroup,
    Kind,
    amount,
    category,
    count,
    derived,
    moves_with_the_calendar,
    share,
)
from churn_assets.features.expressions import CUTOFF, LOG_START, Expression, only_if, where
from churn_assets_tests.strategies import REQUEST

BASE = Feature("Nights out.", events(NIGHT, days(7)) / events(), Kind.SHARE, True, 0, 1, None, name="nights", group="g")

CHANGES: dict[str, Callable[[Feature], Feature]] = {
    "name": lambda f: replace(f, name="evenings"),
    "group": lambda f: replace(f, group="h"),
    "description": lambda f: replace(f, description="Nights in."),
    "kind": lambda f: replace(f, kind=Kind.RATIO),
    "nullable": lambda f: replace(f, nullable=False),
    "at_least": lambda f: replace(f, at_least=-1),
    "at_most": lambda f: replace(f, at_most=None),
    "values": lambda f: replace(f, values=("a",)),
    "is_calendar": moves_with_the_calendar,
    "window": lambda f: replace(f, expression=events(NIGHT, days(8)) / events()),
    "window's end": lambda f: replace(f, expression=events(NIGHT, days(7, ending=1)) / events()),
    "condition": lambda f: replace(f, expression=events(Condition("night", NIGHT.test & NIGHT.test)) / events()),
    "expression": lambda f: replace(f, expression=events() / events(NIGHT, days(7))),
    "constant": lambda f: replace(f, expression=events(NIGHT, days(7)) / events() + 0.5),
    "symbol": lambda f: replace(f, expression=CUTOFF - LOG_START),
}


def fingerprint(*features: Feature) -> str:
    class Group(FeatureGroup):
        """Any features."""

    Group.features = features
    return Catalogue((Group,)).fingerprint


@pytest.mark.parametrize("part", CHANGES)
def test_every_part_of_a_declaration_is_in_the_fingerprint(part: str) -> None:
    assert fingerprint(CHANGES[part](BASE)) != fingerprint(BASE)


def test_no_two_changes_look_the_same() -> None:
    prints = [fingerprint(change(BASE)) for change in CHANGES.values()]

    assert len(set(prints)) == len(prints)


def test_the_order_of_features_is_in_the_fingerprint() -> None:
    other = replace(BASE, name="other")

    assert fingerprint(BASE, other) != fingerprint(other, BASE)


@REQUEST
@given(st.tuples(st.integers(0, 120), st.integers(0, 120)), st.tuples(st.integers(0, 120), st.integers(0, 120)))
def test_two_ranges_are_never_taken_for_one_another(one: tuple[int, int], other: tuple[int, int]) -> None:
    left, right = (replace(BASE, at_least=low, at_most=high).declaration for low, high in (one, other))

    assert (left == right) == (one == other)


def test_ranges_that_read_alike_without_a_separator_differ() -> None:
    narrow, wide = replace(BASE, at_least=11, at_most=2), replace(BASE, at_least=1, at_most=12)

    assert narrow.declaration != wide.declaration


def test_the_fingerprint_is_the_same_in_every_run() -> None:
    assert fingerprint(BASE) == fingerprint(replace(BASE))
    assert CATALOGUE.schema(90).fingerprint == f"{CATALOGUE.fingerprint}-90d"
    assert CATALOGUE.schema(60).fingerprint != CATALOGUE.schema(90).fingerprint
    assert len(CATALOGUE.fingerprint) == 16


DIFFERENT: list[Expression] = [
    *(heard(ARTIST), newly_heard(ARTIST, Window()), heard(SONG), heard(ARTIST, days(30))),
    *(events(), events(NIGHT), sessions(), sessions(days(7)), sessions(days(7, ending=7))),
    *(CUTOFF - 1, 1 - CUTOFF, CUTOFF - 1.0, CUTOFF == "1", CUTOFF == 1, CUTOFF >= 1, CUTOFF < 1),
    *(only_if(CUTOFF < 1, 2), where(CUTOFF < 1, 2, 3), (CUTOFF - 1) * 2, CUTOFF - LOG_START * 2),
]


def test_different_expressions_have_different_texts() -> None:
    texts = [expression.text() for expression in DIFFERENT]

    assert len(set(texts)) == len(texts)


def test_a_group_names_its_features_after_its_attributes() -> None:
    class Loyalty(FeatureGroup):
        """How loyal."""

        visits = count("Visits.", sessions())
        stay = amount("Stay.", sessions(), nullable=True, at_most=9)
        part = share("Part.", sessions() / events())
        trend = derived("Trend.", sessions() / events(), at_least=0)
        plan = category("Plan.", sessions(), ("a", "b"))

    assert [f.name for f in Loyalty.features] == ["visits", "stay", "part", "trend", "plan"]
    assert {f.group for f in Loyalty.features} == {"loyalty"}
    assert [f.nullable for f in Loyalty.features] == [False, True, False, True, True]
    assert Catalogue((Loyalty,)).schema(90).categorical == ("plan",)


def test_an_unknown_feature_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="freq_8d"):
        CATALOGUE.feature("freq_8d")


def test_a_schema_survives_json_and_can_be_narrowed() -> None:
    schema = CATALOGUE.schema(90)

    assert type(schema).from_json(schema.to_json()) == schema
    assert schema.only(["os", "recency_days"]).names == ("os", "recency_days")
    assert set(schema.numeric) | set(schema.categorical) == set(schema.names)
    assert schema.descriptions["os"].endswith(".")
