from typing import Any

import pytest

from churn_assets.errors import RetentionError
from churn_assets.retention.terms import Terms
from churn_assets.settings import Settings
from churn_assets_tests.retention.scored import TERMS, candidates

SENSIBLE: dict[str, Any] = {"budget": 100.0, "value": 60.0, "save_rate": 0.1, "cost": 2.0}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"budget": -1.0}, "budget is -1.0"),
        ({"value": float("nan")}, "value is nan"),
        ({"value": {"paid": 1.0, "free": -2.0}}, "value of free is -2.0"),
        ({"value": {}}, "value names no subscription level"),
        ({"cost": float("inf")}, "cost is inf"),
        ({"save_rate": 1.5}, "save_rate is 1.5: it is a share"),
        ({"hold_out": 1.0}, "nobody would be called"),
        ({"rest_days": -7}, "rest_days is -7"),
    ],
)
def test_terms_that_make_no_sense_are_refused_by_name(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(RetentionError, match=why):
        Terms(**(SENSIBLE | wrong))


@pytest.mark.parametrize(
    ("budget", "cost", "calls"),
    [
        (100.0, 2.0, 50),
        (99.9, 2.0, 49),
        (0.3, 0.1, 3),
        (1.0, 2.0, 0),
        (0.0, 2.0, 0),
        (None, 2.0, None),
        (5.0, 0.0, None),
    ],
)
def test_a_budget_pays_for_whole_calls(budget: float | None, cost: float, calls: int | None) -> None:
    assert Terms(budget, value=60.0, save_rate=0.1, cost=cost).calls == calls


def test_a_value_may_differ_by_level_and_an_unknown_one_is_worth_least() -> None:
    terms = Terms(None, value={"paid": 60.0, "free": 12.0}, save_rate=0.5, cost=3.0)

    assert [terms.value_of(level) for level in ("paid", "free", None, "family")] == [60.0, 12.0, 12.0, 12.0]
    assert [terms.break_even(level) for level in ("paid", "free")] == [0.1, 0.5]
    assert Terms(None, value=6.0, save_rate=0.5, cost=3.0).break_even() is None


def test_settings_become_terms_and_changes_win() -> None:
    settings = Settings(_env_file=None, retention_budget=80.0, retention_cost=4.0, seed=3)

    told = Terms.of(settings, cost=8.0, value=None)

    assert (told.budget, told.cost, told.calls, told.value, told.seed) == (80.0, 8.0, 10, 60.0, 3)
    assert (told.hold_out, told.campaign, told.rest_days) == (0.1, "default", 28)


def test_an_environment_gives_one_value_or_one_a_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_RETENTION_VALUE", '{"paid": 60, "free": 5}')
    by_level = Settings(_env_file=None)
    monkeypatch.setenv("CHURN_RETENTION_VALUE", "42.5")
    monkeypatch.setenv("CHURN_RETENTION_BUDGET", "inf")
    one = Settings(_env_file=None)

    assert Terms.of(one).calls is None
    assert by_level.retention_value == {"paid": 60.0, "free": 5.0}
    assert one.retention_value == 42.5


def test_a_list_knows_the_terms_that_it_was_made_on() -> None:
    from churn_assets.retention.listing import retention_list

    listed = retention_list(candidates([0.5, 0.9]), TERMS)

    assert TERMS.made(listed)
    assert not Terms(None, value=99.0, save_rate=0.2, cost=5.0, hold_out=0.0).made(listed)
    assert not Terms(None, value=100.0, save_rate=0.2, cost=5.0, hold_out=0.0, campaign="other").made(listed)
    assert not TERMS.made(listed.head(0))
