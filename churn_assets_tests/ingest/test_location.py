"""Places, of the real logs and of others."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.ingest.location import PLACE_COLUMNS, STATES, Place, place, place_table
from churn_assets_tests.ingest.lines import PROPERTY, SHARED
from churn_assets_tests.ingest.real_logs import real_values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("San Francisco-Oakland-Hayward, CA", Place("San Francisco-Oakland-Hayward", "CA", "US")),
        ("Louisville/Jefferson County, KY-IN", Place("Louisville/Jefferson County", "KY-IN", "US")),
        ("Washington-Arlington-Alexandria, DC-VA-MD-WV", Place("Washington-Arlington-Alexandria", "DC-VA-MD-WV", "US")),
        ("San Juan-Carolina-Caguas, PR", Place("San Juan-Carolina-Caguas", "PR", "US")),
        ("Paris, France", Place("Paris", None, "France")),
        ("Paris,FR", Place("Paris", None, "FR")),
        ("Toronto, ON, Canada", Place("Toronto", "ON", "Canada")),
        ("Kensington, London, England, United Kingdom", Place("Kensington, London", "England", "United Kingdom")),
        ("Austin, TX, USA", Place("Austin", "TX", "US")),
        ("Portland, KY-XX", Place("Portland", None, "KY-XX")),
        ("Chicago", Place("Chicago", None, None)),
        ("Chicago,", Place("Chicago", None, None)),
        (", CA", Place(None, "CA", "US")),
        (" Napa , CA ", Place("Napa", "CA", "US")),
    ],
)
def test_a_location_is_split_into_city_region_and_country(text: str, expected: Place) -> None:
    assert place(text) == expected


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_location_is_none(text: str | None) -> None:
    assert place(text) is None


def test_the_table_has_one_row_for_each_location() -> None:
    table = place_table(["Napa, CA", None, "", "Napa, CA"])

    assert table.schema == pa.schema([(name, pa.string()) for name in PLACE_COLUMNS])
    assert table.to_pylist() == [
        {"location": "", "city": None, "region": None, "country": None},
        {"location": "Napa, CA", "city": "Napa", "region": "CA", "country": "US"},
    ]


@PROPERTY
@given(st.text(st.sampled_from("ab, -CAKYUS"), max_size=20))
def test_no_part_of_any_place_is_empty_or_padded(text: str) -> None:
    found = place(text)

    parts = () if found is None else (found.city, found.region, found.country)
    assert all(part is None or part.strip() == part != "" for part in parts)


def test_there_are_fifty_states_a_district_and_five_territories() -> None:
    assert len(STATES) == 56


@pytest.mark.skipif(not SHARED.exists(), reason="the shared logs are not here")
def test_every_location_of_the_real_logs_is_an_american_one_and_loses_nothing() -> None:
    texts = real_values("location")

    assert len(texts) > 50
    for text in texts:
        found = place(text)
        assert found is not None
        assert found.country == "US"
        assert f"{found.city}, {found.region}" == text
