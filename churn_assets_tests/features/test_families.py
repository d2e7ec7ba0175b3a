"""Aggregates are worked out by families, whose windows share their edges."""

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import (
    PLAY,
    START,
    Grain,
    Operator,
    Window,
    active_days,
    count,
    days,
    page,
    session_total,
    sessions,
)
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.families import Edges, families_of
from churn_assets.features.plan import plan_of


def test_one_operator_over_the_same_rows_is_one_family() -> None:
    plays, week = count(PLAY), sessions(days(7))
    members = [plays, week, count(None, days(30)), active_days(), session_total("start", START)]

    found = {(one.grain, one.operator): one.aggregates for one in families_of(members)}

    assert found == {
        (Grain.EVENT, Operator.COUNT): (members[0], members[2]),
        (Grain.SESSION, Operator.COUNT): (week,),
        (Grain.DAY, Operator.COUNT): (members[3],),
        (Grain.SESSION, Operator.TOTAL): (members[4],),
    }


def test_a_family_knows_where_its_windows_begin_and_end() -> None:
    (family,) = families_of([count(), count(None, days(30, ending=30)), count(None, days(30))])
    edges = family.edges.days

    assert [(edges[since], edges[until]) for _, since, until in family.members] == [(None, 0), (60, 30), (30, 0)]


def test_no_edge_lies_further_back_than_the_lookback() -> None:
    edges = Edges.of([Window(), days(7), days(60, ending=20)])

    assert edges.days == (None, 0, 7, 80, 20)
    assert edges.before(10).tolist() == [10 * DAY, 0, 7 * DAY, 10 * DAY, 10 * DAY]


def test_the_plan_places_every_aggregate_of_the_catalogue_and_shares_conditions_that_read_the_same() -> None:
    plan = plan_of(CATALOGUE)
    placed = {
        place: one for family, places in plan.families for place, one in zip(places, family.aggregates, strict=True)
    }

    assert {plan.steps[place].expression is one for place, one in placed.items()} == {True}
    assert {one.text() for one in placed.values()} == {one.text() for one in CATALOGUE.aggregates}
    up = [one.condition for one in placed.values() if one.condition and one.condition.name == page("Thumbs Up").name]
    assert len(up) == 2
    assert up[0] is up[1]
