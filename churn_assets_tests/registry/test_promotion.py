from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.registry.evidence import CHAMPION, Evidence, Rival
from churn_assets.registry.promotion import decide

BEATEN = (0.02, 0.01, 0.03)
TIED = (0.02, -0.01, 0.05)
LOST = (-0.02, -0.03, -0.01)


def rival(name: str, gap: tuple[float, float, float] = BEATEN) -> Rival:
    return Rival(name, 0.5, *gap)


def evidence(*rivals: Rival, champion: str | None = None) -> Evidence:
    return Evidence(
        challenger="2",
        rung="catboost",
        log_loss=0.48,
        rows=1200,
        positives=300,
        rows_refused=0,
        first_cutoff=date(2026, 3, 2),
        last_cutoff=date(2026, 3, 9),
        champion=champion,
        rivals=rivals,
    )


SIMPLE = (rival("base_rate"), rival("recency"), rival("bgnbd"))


def test_without_a_champion_beating_the_simple_rungs_is_enough() -> None:
    decision = decide(evidence(*SIMPLE))

    assert decision.is_promoted
    assert "beats base rate by +0.0200 [+0.0100, +0.0300]" in decision.reason
    assert "1,200 matured rows (300 churned) of cut-offs 2026-03-02 to 2026-03-09" in decision.reason


@pytest.mark.parametrize("gap", [TIED, LOST])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_every_simple_rung_must_be_beaten_beyond_chance(position: int, gap: tuple[float, float, float]) -> None:
    rivals = [*SIMPLE[:position], rival(SIMPLE[position].name, gap), *SIMPLE[position + 1 :]]

    decision = decide(evidence(*rivals))

    assert not decision.is_promoted
    assert f"does not beat {SIMPLE[position].name.replace('_', ' ')} (better by" in decision.reason


def test_a_better_challenger_replaces_the_champion() -> None:
    decision = decide(evidence(rival(CHAMPION), *SIMPLE, champion="1"))

    assert decision.is_promoted
    assert "beats champion 1 by" in decision.reason


@pytest.mark.parametrize("gap", [TIED, LOST, (0.0, 0.0, 0.0)])
def test_a_tie_or_a_loss_keeps_the_champion(gap: tuple[float, float, float]) -> None:
    decision = decide(evidence(rival(CHAMPION, gap), *SIMPLE, champion="1"))

    assert not decision.is_promoted
    assert "does not beat champion 1" in decision.reason


def test_an_undefined_interval_promotes_nobody() -> None:
    nothing = float("nan")

    assert not decide(evidence(rival("base_rate", (nothing, nothing, nothing)))).is_promoted


def test_a_leak_blocks_whatever_the_numbers_say() -> None:
    found = replace(evidence(*SIMPLE), leaks=("recency_days alone reaches AUC 0.97",))

    decision = decide(found)

    assert not decision.is_promoted
    assert "may see the future: recency_days alone reaches AUC 0.97" in decision.reason


def test_without_an_honest_row_nobody_is_promoted_and_the_refused_rows_are_counted() -> None:
    decision = decide(replace(evidence(), rows=0, rows_refused=40, first_cutoff=None, last_cutoff=None))

    assert not decision.is_promoted
    assert "(40 lie before)" in decision.reason


def test_rows_that_were_left_out_are_told() -> None:
    assert "7 earlier ones left out" in decide(replace(evidence(*SIMPLE), rows_refused=7)).reason


def test_without_anybody_to_compare_with_nobody_is_promoted() -> None:
    assert "nobody to compare with" in decide(evidence()).reason


def test_the_champion_is_not_promoted_again() -> None:
    assert decide(evidence(*SIMPLE, champion="2")).reason == "Version 2 is the champion already."


def test_a_champion_that_cannot_be_asked_is_told_of() -> None:
    decision = decide(replace(evidence(*SIMPLE, champion="1"), incomparable="version 1 reads other features"))

    assert decision.is_promoted
    assert "The champion was not compared: version 1 reads other features." in decision.reason


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=6))
def test_promotion_needs_every_interval_above_zero(bounds: list[tuple[float, float]]) -> None:
    rivals = [rival(f"rung {n}", (max(pair), min(pair), max(pair))) for n, pair in enumerate(bounds)]

    assert decide(evidence(*rivals)).is_promoted == all(min(pair) > 0 for pair in bounds)


def test_evidence_is_plain_data_and_what_is_not_a_number_becomes_null() -> None:
    data = evidence(rival("base_rate", (float("nan"), 0.0, 1.0))).to_json()

    assert data["first_cutoff"] == "2026-03-02"
    assert data["rivals"] == [{"name": "base_rate", "log_loss": 0.5, "better_by": None, "low": 0.0, "high": 1.0}]
