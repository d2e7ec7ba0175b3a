from dataclasses import FrozenInstanceError
from datetime import date
from typing import Any

import pytest

from churn_assets.errors import SettingsError
from churn_assets.simulate import Change, World

FIRST = date(2026, 1, 2)


def test_a_world_knows_the_date_and_weekday_of_each_of_its_days() -> None:
    world = World(first_day=FIRST)

    third = world.today(3)

    assert third.midnight == world.first_ms + 3 * 86_400_000
    assert third.weekday == date(2026, 1, 5).weekday() == 0


def test_without_changes_nothing_ever_shifts() -> None:
    world = World(first_day=FIRST, days=10)

    shifts = {(world.today(number).covariate, world.today(number).concept) for number in range(10)}

    assert shifts == {(0.0, 0.0)}


def test_a_change_holds_from_its_day_on() -> None:
    world = World(first_day=FIRST, changes=(Change(date(2026, 1, 5), covariate=0.5),))

    strengths = [world.today(number).covariate for number in range(5)]

    assert strengths == [0.0, 0.0, 0.0, 0.5, 0.5]


def test_of_several_changes_the_strongest_of_each_kind_holds() -> None:
    changes = (Change(date(2026, 1, 3), covariate=0.8), Change(date(2026, 1, 4), covariate=0.1, concept=1.0))
    world = World(first_day=FIRST, changes=changes)

    today = world.today(2)

    assert (today.covariate, today.concept) == (0.8, 1.0)


def test_every_stream_of_chance_is_its_own() -> None:
    world = World(first_day=FIRST)

    draws = {world.chance(*stream).random() for stream in ((1,), (1, 1), (2, 1), (1, 2))}

    assert len(draws) == 4


def test_another_seed_draws_otherwise() -> None:
    one, other = World(first_day=FIRST, seed=1), World(first_day=FIRST, seed=2)

    assert one.chance(1).random() != other.chance(1).random()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listeners", 0),
        ("days", 0),
        ("seed", -1),
        ("late_share", -0.1),
        ("duplicate_share", 1.1),
        ("broken_share", float("nan")),
    ],
)
def test_a_world_that_makes_no_sense_is_refused_by_name(setting: str, value: float) -> None:
    settings: dict[str, Any] = {"first_day": FIRST, setting: value}

    with pytest.raises(SettingsError, match=f"World.{setting} is .*: give"):
        World(**settings)


@pytest.mark.parametrize("strength", ["covariate", "concept"])
def test_a_change_stronger_than_whole_is_refused(strength: str) -> None:
    with pytest.raises(SettingsError, match=f"Change.{strength} is 1.5: give a share from 0 to 1"):
        Change(FIRST, **{strength: 1.5})


def test_a_world_cannot_be_altered() -> None:
    world = World(first_day=FIRST)

    with pytest.raises(FrozenInstanceError):
        world.seed = 8  # type: ignore[misc]
