from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given

from churn_assets.errors import MissingPartitionError
from churn_assets.features.tables import USER_FEATURES
from churn_assets.retention.listing import Listing, listing_of, listings, retention_list
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.retention.terms import Terms
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets_tests.retention.scored import (
    CUTOFF,
    NEXT,
    TERMS,
    candidates,
    earlier,
    every_terms,
    lake_below,
    probabilities,
    put,
)

HALF = replace(TERMS, hold_out=0.5)


def test_a_list_has_the_columns_of_its_contract_and_the_best_first() -> None:
    listed = retention_list(candidates([0.5, 0.2, 0.9]), TERMS)

    assert tuple(listed.columns) == RETENTION_LIST.names
    assert listed[["rank", "user_id"]].to_numpy().tolist() == [[1, "2"], [2, "0"]]
    assert listed["expected_value"].tolist() == pytest.approx([0.9 * 0.2 * 100 - 5, 0.5 * 0.2 * 100 - 5])
    assert (str(listed["cutoff"].dtype), str(listed["rank"].dtype)) == ("datetime64[ms]", "int64")


def test_a_call_that_brings_nothing_is_not_made() -> None:
    listed = retention_list(candidates([0.24, 0.25, 0.26]), TERMS)

    assert listed["user_id"].tolist() == ["2"], "at 0.25 a call brings what it costs"


def test_nobody_to_list_gives_an_empty_list_of_the_same_types() -> None:
    listed = retention_list(candidates([]), TERMS)

    assert listed.empty
    assert listed.dtypes.tolist() == retention_list(candidates([0.9]), TERMS).dtypes.tolist()


def test_the_level_decides_what_a_listener_is_worth() -> None:
    rows = pd.concat([candidates([0.9], level="free"), candidates([0.5], level="paid").assign(user_id="paid")])

    listed = retention_list(rows, replace(TERMS, value={"paid": 100.0, "free": 30.0}))

    assert listed[["user_id", "value"]].to_numpy().tolist() == [["paid", 100.0], ["0", 30.0]]


@given(probabilities, every_terms)
def test_calls_never_cost_more_than_the_budget(drawn: list[float], terms: Terms) -> None:
    listed = retention_list(candidates(drawn), terms)

    calls = int((listed["arm"] == "call").sum())
    assert terms.budget is None or calls * terms.cost <= terms.budget * (1 + 1e-9) + 1e-9 * terms.cost


@given(probabilities, every_terms)
def test_expected_values_are_those_of_exact_arithmetic(drawn: list[float], terms: Terms) -> None:
    rows = candidates(drawn)
    listed = retention_list(rows, terms)

    said = dict(zip(rows["user_id"], rows["churn_probability"], strict=True))
    for row in listed.to_dict("records"):
        rate, value, cost = (Fraction(number) for number in (terms.save_rate, terms.value_of("paid"), terms.cost))
        exact = Fraction(said[row["user_id"]]) * rate * value - cost
        assert row["expected_value"] == pytest.approx(float(exact), rel=1e-9, abs=1e-9)
        assert row["expected_value"] > 0


@given(probabilities, every_terms)
def test_the_list_is_what_a_patient_person_would_write(drawn: list[float], terms: Terms) -> None:
    rows = candidates(drawn)
    worth = {
        user: p * terms.save_rate * terms.value_of("paid") - terms.cost
        for user, p in zip(rows["user_id"], drawn, strict=True)
    }
    wanted, left = [], terms.calls
    for user in sorted(worth, key=lambda user: (-worth[user], user)):
        if worth[user] <= 0 or left == 0:
            break
        wanted.append((user, terms.draw.arm(user)))
        left = left if left is None or wanted[-1][1] == "hold_out" else left - 1

    listed = retention_list(rows, terms)

    assert list(zip(listed["user_id"], listed["arm"], strict=True)) == wanted


@given(probabilities, every_terms)
def test_the_order_of_the_rows_does_not_matter(drawn: list[float], terms: Terms) -> None:
    rows = candidates(drawn)

    there, back = retention_list(rows, terms), retention_list(rows.iloc[::-1], terms)

    pd.testing.assert_frame_equal(there, back)


def test_those_held_out_cost_nothing_and_take_nobodys_place() -> None:
    listed = retention_list(candidates([0.9] * 400), replace(HALF, budget=500.0))

    arms = listed["arm"].value_counts()
    assert arms["call"] == 100
    assert 60 < arms["hold_out"] < 140
    assert listed["arm"].iloc[-1] == "call", "who comes after the last call is not on the list, whatever their arm"


def test_listeners_rest_after_a_list_in_either_arm_and_then_come_back() -> None:
    terms, week = replace(HALF, rest_days=14), timedelta(days=7)
    days = [CUTOFF + n * week for n in range(4)]
    rows = pd.concat([candidates([0.9] * 20, cutoff=day) for day in days])

    made = listings(rows, terms, cutoffs=days, earlier=earlier((CUTOFF - week, "3")))

    assert [(len(made[day].listed), made[day].resting) for day in days] == [(19, 1), (0, 20), (1, 19), (19, 1)]
    assert made[days[0]].listed.set_index("user_id")["arm"].equals(made[days[3]].listed.set_index("user_id")["arm"])


def test_lists_made_together_are_those_made_one_after_the_other() -> None:
    terms = replace(HALF, rest_days=7)
    rows = pd.concat([candidates([0.9, 0.5], cutoff=CUTOFF), candidates([0.8, 0.7, 0.6], cutoff=NEXT)])

    together = listings(rows, terms, cutoffs=[NEXT, CUTOFF], earlier=earlier())

    first = listings(rows, terms, cutoffs=[CUTOFF], earlier=earlier())[CUTOFF].listed
    then = listings(rows, terms, cutoffs=[NEXT], earlier=first)[NEXT].listed
    pd.testing.assert_frame_equal(together[CUTOFF].listed, first)
    pd.testing.assert_frame_equal(together[NEXT].listed, then)
    assert then["user_id"].tolist() == ["2"]


def test_figures_of_a_list_tell_people_and_money() -> None:
    rows = candidates([0.9, 0.8, 0.7, 0.1])

    made = listings(rows, replace(TERMS, budget=10.0), cutoffs=[CUTOFF], earlier=earlier())[CUTOFF]

    assert (len(made.called), made.held_out, made.not_reached, made.resting) == (2, 0, 1, 0)
    assert made.cost == 10.0
    assert made.expected_value == pytest.approx(20 * 0.9 - 5 + 20 * 0.8 - 5)


def put_scores(folder: Path, cutoff: date, rows: pd.DataFrame) -> None:
    lake = lake_below(folder)
    filled = rows.assign(at_risk=rows["user_id"] != "0", churn_pred=False, as_of=None, inference_timestamp=None)
    put(lake, CHURN_SCORES, cutoff, filled)
    put(lake, USER_FEATURES, cutoff, rows.rename(columns={"level": "current_level"}).iloc[1:3])


def listed_of(folder: Path, terms: Terms, cutoff: date | None = None) -> Listing:
    return listing_of(lake_below(folder), terms, cutoff)


def test_a_list_of_a_lake_holds_those_at_risk_with_what_is_known_of_them(tmp_path: Path) -> None:
    put_scores(tmp_path, CUTOFF, candidates([0.9, 0.9, 0.8, 0.7]))

    listed = listed_of(tmp_path, TERMS).listed

    assert listed["user_id"].tolist() == ["1", "2", "3"]
    assert listed["level"].tolist() == ["paid", "paid", None]
    assert listed["region"].tolist() == ["CA", "CA", None]
    assert set(listed["cutoff"]) == {pd.Timestamp(CUTOFF)}


def test_the_newest_scored_cutoff_is_listed_and_lists_before_it_let_listeners_rest(tmp_path: Path) -> None:
    for day in (CUTOFF, NEXT):
        put_scores(tmp_path, day, candidates([0.9, 0.9, 0.8]))
    put(lake_below(tmp_path), RETENTION_LIST, CUTOFF, retention_list(candidates([0.1, 0.9]), TERMS))

    rested, asked = listed_of(tmp_path, replace(TERMS, rest_days=28)), listed_of(tmp_path, TERMS, CUTOFF)

    assert (rested.listed["user_id"].tolist(), rested.resting) == (["2"], 1)
    assert set(rested.listed["cutoff"]) == {pd.Timestamp(NEXT)}
    assert asked.listed["user_id"].tolist() == ["1", "2"]


def test_without_scores_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingPartitionError, match="run `churn-assets run`"):
        listed_of(tmp_path, TERMS)
    put_scores(tmp_path, CUTOFF, candidates([0.9]))
    with pytest.raises(MissingPartitionError, match=f"no partition {NEXT}"):
        listed_of(tmp_path, TERMS, NEXT)
