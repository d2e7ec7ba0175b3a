import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.features.schema import FeatureColumn, FeatureSchema
from churn_assets.registry.typical import Typical
from churn_assets.scoring.reasons import MATTERS, Wording
from churn_assets_tests.registry.tiny import SCHEMA

TYPICAL = Typical(
    medians={"recency_days": 2.0, "thumbs_up_share": 0.5},
    shares={"device": {"Mobile": 0.25, "Desktop": 0.75}},
    unknown={"recency_days": 0.0, "thumbs_up_share": 0.2, "device": 0.2},
)
WORDING = Wording(SCHEMA, TYPICAL)


def told(pushes: list[float], **values: object) -> list[str]:
    """The reasons of one listener whose features push by `pushes`, in declared order."""
    row = {"recency_days": 23.0, "thumbs_up_share": 0.125, "device": "Mobile"} | values
    frame = pd.DataFrame([row]).astype({"device": object})
    return WORDING.reasons(frame, pd.DataFrame([pushes], columns=list(SCHEMA.names)))[0]


def test_a_reason_tells_value_typical_value_and_direction() -> None:
    assert told([0.9, 0, 0]) == ["Days from the last event to the cut-off: 23 (typical 2) raises the risk"]


def test_reasons_come_strongest_first_in_either_direction() -> None:
    assert told([0.1, -0.9, 0.4]) == [
        "Likes among the thumbs given: 12.5 % (typical 50 %) lowers the risk",
        "Kind of device of the latest event: Mobile (20 % of listeners) raises the risk",
        "Days from the last event to the cut-off: 23 (typical 2) raises the risk",
    ]


def test_what_hardly_matters_is_not_told() -> None:
    assert told([MATTERS / 2, -MATTERS / 2, 0]) == []


def test_a_typical_value_is_called_typical() -> None:
    assert told([0.9, 0, 0], recency_days=2.0) == [
        "Days from the last event to the cut-off: 2 (typical) raises the risk"
    ]


def test_unknown_values_are_called_unknown() -> None:
    assert told([0, 0.9, 0.8], thumbs_up_share=np.nan, device=None) == [
        "Likes among the thumbs given: not known (typical 50 %) raises the risk",
        "Kind of device of the latest event: not known (20 % of listeners) raises the risk",
    ]


def test_a_category_that_training_never_saw_is_told_as_such() -> None:
    assert told([0, 0, 1.0], device="Fridge") == [
        "Kind of device of the latest event: Fridge (never seen in training) raises the risk"
    ]


def test_a_rare_category_is_never_called_0_percent() -> None:
    rare = Typical(TYPICAL.medians, {"device": {"Tablet": 0.001}}, TYPICAL.unknown)
    frame = pd.DataFrame({"device": ["Tablet"]})

    reasons = Wording(SCHEMA, rare).reasons(frame, pd.DataFrame({"device": [-1.0]}))

    assert reasons == [["Kind of device of the latest event: Tablet (under 1 % of listeners) lowers the risk"]]


def test_no_more_than_asked_for_are_told() -> None:
    frame = pd.DataFrame({"recency_days": [1.0], "thumbs_up_share": [0.1], "device": ["Mobile"]})
    pushes = pd.DataFrame([[1.0, 2.0, 3.0]], columns=list(SCHEMA.names))

    reasons = Wording(SCHEMA, TYPICAL, most=2).reasons(frame, pushes)[0]

    assert [reason.split(":")[0] for reason in reasons] == [
        "Kind of device of the latest event",
        "Likes among the thumbs given",
    ]


def test_no_listeners_have_no_reasons() -> None:
    frame = pd.DataFrame({name: [] for name in SCHEMA.names})

    assert WORDING.reasons(frame, frame.astype(float)) == []


@given(st.lists(st.tuples(st.floats(0, 90), st.floats(-2, 2), st.floats(-2, 2)), min_size=1, max_size=20))
def test_a_listeners_reasons_do_not_depend_on_the_others(rows: list[tuple[float, float, float]]) -> None:
    frame = pd.DataFrame({"recency_days": [row[0] for row in rows], "thumbs_up_share": 0.5, "device": "Mobile"})
    pushes = pd.DataFrame([(row[1], row[2], 0.0) for row in rows], columns=list(SCHEMA.names))

    together = WORDING.reasons(frame, pushes)

    alone = [WORDING.reasons(frame.iloc[[n]], pushes.iloc[[n]])[0] for n in range(len(rows))]
    assert together == alone


def test_what_is_typical_is_learnt_from_the_reference_and_survives_storage() -> None:
    reference = pd.DataFrame(
        {
            "recency_days": [1.0, 3.0, np.nan, 5.0],
            "thumbs_up_share": np.nan,
            "device": ["Mobile", "Mobile", "Desktop", None],
        }
    )

    typical = Typical.of(reference, SCHEMA)

    assert typical.medians == {"recency_days": 3.0, "thumbs_up_share": None}
    assert typical.shares["device"] == {"Mobile": pytest.approx(2 / 3), "Desktop": pytest.approx(1 / 3)}
    assert typical.unknown == {"recency_days": 0.25, "thumbs_up_share": 1.0, "device": 0.25}
    assert Typical.from_json(typical.to_json()) == typical


def test_a_feature_that_was_never_known_has_no_typical_value() -> None:
    schema = FeatureSchema((FeatureColumn("n", "Things.", is_categorical=False),), "f")
    typical = Typical.of(pd.DataFrame({"n": [np.nan]}), schema)

    reasons = Wording(schema, typical).reasons(pd.DataFrame({"n": [4.0]}), pd.DataFrame({"n": [1.0]}))

    assert reasons == [["Things: 4 (typical not known) raises the risk"]]
