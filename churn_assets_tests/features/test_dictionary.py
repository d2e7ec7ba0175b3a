import re
from pathlib import Path

import pytest

from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.declaration import Feature
from churn_assets.features.dictionary import dictionary

PAGE = dictionary()
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (.*) \| (.*) \|$", re.MULTILINE)
ROWS = {name: (kind, values, meaning) for name, kind, values, meaning in ROW.findall(PAGE)}
CHECKED_IN = Path(__file__).parents[2] / "docs" / "reference" / "features.md"


def test_every_declared_feature_has_exactly_one_row_in_order() -> None:
    assert [name for name, *_ in ROW.findall(PAGE)] == [feature.name for feature in CATALOGUE.features]


def test_every_group_has_a_section_with_its_description() -> None:
    for group in CATALOGUE.groups:
        assert f"\n## {group.__name__}\n\n{group.__doc__}\n" in PAGE


@pytest.mark.parametrize("feature", CATALOGUE.features, ids=lambda feature: feature.name)
def test_a_row_says_kind_allowed_values_and_meaning(feature: Feature) -> None:
    kind, values, meaning = ROWS[feature.name]

    assert kind == feature.kind
    assert meaning.startswith(feature.description)
    assert ("null" in values) == feature.nullable
    assert all(f"`{value}`" in values for value in feature.values or ())


def test_ranges_are_told_in_words() -> None:
    assert ROWS["active_days_ratio"][1].startswith("0 to 1")
    assert ROWS["freq_7d"][1] == "0 or more"
    assert ROWS["activity_slope"][1].startswith("any number")


def test_no_cell_breaks_the_table() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]

    assert {line.count("|") for line in lines} == {5}


def test_the_page_names_the_fingerprint_and_the_number_of_features() -> None:
    assert f"`{CATALOGUE.fingerprint}`; {len(CATALOGUE.features)} features." in PAGE


def test_the_page_in_the_repository_is_the_generated_one() -> None:
    assert CHECKED_IN.read_text() == PAGE
