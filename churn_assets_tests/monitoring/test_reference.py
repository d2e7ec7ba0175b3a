"""What reports compare with."""

from datetime import date, timedelta

import pytest

from churn_assets.errors import NoChampionError, ReportError
from churn_assets.features.schema import FeatureSchema
from churn_assets.monitoring.reference import Reference
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets_tests.monitoring.crowd import TRAINED, reference
from churn_assets_tests.registry import tiny


def test_the_reference_is_the_last_week_of_training_each_listener_once() -> None:
    newest = reference(50).newest(7)

    assert set(newest["cutoff"].dt.date) == {TRAINED}
    assert newest["user_id"].is_unique
    assert len(newest) == 50


def test_a_longer_window_takes_more_weeks_and_the_latest_row_of_each_listener() -> None:
    made = reference(50)
    gone = made.rows[~((made.rows["cutoff"].dt.date == TRAINED) & (made.rows["user_id"] == "000007"))]

    newest = Reference("3", made.schema, gone).newest(14)

    assert len(newest) == 50
    assert newest.set_index("user_id").loc["000007", "cutoff"].date() == TRAINED - timedelta(days=7)


def test_first_and_newest_cutoff_are_those_of_the_training() -> None:
    assert reference(10).cutoffs == (date(2026, 2, 16), TRAINED)


def test_without_a_champion_there_is_no_reference(registry: ModelRegistry) -> None:
    tiny.register(registry)

    with pytest.raises(NoChampionError, match="promoted"):
        Reference.of_champion(registry, tiny.SCHEMA)


def test_the_reference_is_that_of_todays_champion(registry: ModelRegistry) -> None:
    first, second = tiny.register(registry), tiny.register(registry)
    versions = []
    for version in (first, second):
        registry.point(CHAMPION, version.number)
        versions.append(Reference.of_champion(registry, tiny.SCHEMA).version)

    assert versions == [first.number, second.number]


def test_a_champion_of_other_declarations_is_refused_with_what_to_do(registry: ModelRegistry) -> None:
    registry.point(CHAMPION, tiny.register(registry).number)
    declared = FeatureSchema(tiny.SCHEMA.columns, "today")

    with pytest.raises(ReportError, match=r"declared as abc123, today's are declared as today.*churn-assets run"):
        Reference.of_champion(registry, declared)
