"""The retention list of a simulated service, from scores to file and effect."""

from pathlib import Path

import pandas as pd
import pytest

from churn_assets.features.tables import USER_FEATURES
from churn_assets.lake.frames import read_frame
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets_tests.cli.console import Console, told_plainly
from churn_assets_tests.end_to_end.service import CUTOFFS, MATURE, Service

NEWEST = CUTOFFS[-1]


@pytest.fixture(scope="module")
def listed(service: Service) -> pd.DataFrame:
    """The list of the newest cut-off."""
    return service.rows(RETENTION_LIST, NEWEST)


def test_exactly_the_newest_cutoff_has_a_list(service: Service) -> None:
    assert service.lake.keys(RETENTION_LIST) == [NEWEST]


def test_everybody_on_it_was_scored_and_is_worth_a_call(service: Service, listed: pd.DataFrame) -> None:
    scores = service.rows(CHURN_SCORES, NEWEST).set_index("user_id")["churn_probability"]
    settings = service.settings

    assert len(listed) > 20
    assert listed["churn_probability"].tolist() == scores.loc[listed["user_id"]].tolist()
    worth = listed["churn_probability"] * settings.retention_save_rate * 60.0 - settings.retention_cost
    assert listed["expected_value"].tolist() == pytest.approx(worth.tolist())
    unlisted = scores.drop(listed["user_id"])
    assert unlisted.max() <= listed["churn_probability"].min()


def test_levels_and_regions_are_those_of_the_features(service: Service, listed: pd.DataFrame) -> None:
    features = service.rows(USER_FEATURES, NEWEST).set_index("user_id").loc[listed["user_id"]]

    assert listed["level"].tolist() == features["current_level"].tolist()
    assert set(listed["level"]) == {"free", "paid"}
    assert listed["region"].fillna("").tolist() == features["region"].fillna("").tolist()


def test_the_ui_shows_figures_a_picture_and_where_the_file_is(service: Service, listed: pd.DataFrame) -> None:
    said = service.made("retention_list")[NEWEST]

    assert said["calls"] == (listed["arm"] == "call").sum()
    assert said["held_out"] == (listed["arm"] == "hold_out").sum() > 0
    assert said["cost_of_calls"] == said["calls"] * 2.0 <= 500.0
    assert said["expected_value"] == pytest.approx(listed[listed["arm"] == "call"]["expected_value"].sum())
    assert said["break_even_probability"] == {"free": pytest.approx(2 / 9), "paid": pytest.approx(2 / 9)}
    assert said["plot"].startswith("![plot](data:image/png;base64,")
    file = pd.read_csv(said["csv"], dtype={"user_id": str})
    assert file["user_id"].tolist() == listed["user_id"].tolist()
    assert Path(said["csv"]).parent == service.settings.reports.resolve() / "retention"


def test_its_contract_and_its_draw_were_checked(service: Service) -> None:
    assert service.check("retention_list", "contract").passed
    assert service.check("retention_list", "fair_draw").passed


def test_the_command_shows_the_kept_list_and_writes_it(console: Console, listed: pd.DataFrame, tmp_path: Path) -> None:
    done = console.call("retention", "--out", str(tmp_path / "list.csv"), "--calls-only")

    assert done.code == 0, done.err
    assert f"The list of {NEWEST}, as it was kept" in done.out
    written = pd.read_csv(tmp_path / "list.csv", dtype={"user_id": str})
    assert written["user_id"].tolist() == listed[listed["arm"] == "call"]["user_id"].tolist()


def test_other_terms_make_another_list_that_is_not_kept(
    console: Console, service: Service, listed: pd.DataFrame, tmp_path: Path
) -> None:
    fewer = console.call("retention", "--budget", "6", "--out", str(tmp_path / "few.parquet"))
    dearer = console.call("retention", retention_cost=8.0)
    older = console.call("retention", "--cutoff", CUTOFFS[0])

    assert f"A list of {NEWEST} on these terms, other than the one that was kept: 3 calls for 6.00" in fewer.out
    assert (
        pd.read_parquet(tmp_path / "few.parquet")["user_id"].tolist()
        == listed["user_id"].head(len(pd.read_parquet(tmp_path / "few.parquet"))).tolist()
    )
    assert "other than the one that was kept" in dearer.out
    assert f"A list of {CUTOFFS[0]} on these terms, which is not kept" in older.out
    assert service.lake.keys(RETENTION_LIST) == [NEWEST]


def test_the_effect_waits_for_labels_and_then_is_told(copy: Service, console: Console) -> None:
    waits = console.call("retention", "effect")
    with copy.session() as session:
        from churn_assets.resources.planning import Work
        from churn_assets.resources.progress import SILENCE

        session.run(Work(("retention_list",), MATURE[0], MATURE[0], "asked for"), SILENCE)

    told = console.call("retention", "effect", home=copy.home)

    assert "has labels yet" in told_plainly(waits)
    assert told.code == 0, told.err
    made = read_frame(copy.lake.scan(RETENTION_LIST, [MATURE[0]]))
    assert f"left, of {(made['arm'] == 'call').sum():,} called" in told.out
    assert f"left, of {(made['arm'] == 'hold_out').sum():,} held out" in told.out
    assert "Chance alone" in told.out


def test_a_kept_list_is_never_made_again_by_itself(copy: Service) -> None:
    before = copy.rows(RETENTION_LIST, NEWEST)
    other = Service.of(copy.home, **copy.changes, retention_budget=10.0)

    other.run("lists")

    pd.testing.assert_frame_equal(other.rows(RETENTION_LIST, NEWEST), before)
