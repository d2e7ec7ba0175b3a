"""The sensor that lets what lands flow on, stage by stage."""

from datetime import date, timedelta
from pathlib import Path

import dagster as dg

from churn_assets.cutoffs import DAY, epoch_ms
from churn_assets.resources.flow import CAUSE
from churn_assets_tests.orchestration.aged import aged
from churn_assets_tests.orchestration.sensing import asked, tick
from churn_assets_tests.orchestration.tiny import DAILY, LAST_DAY, Site, copied, landed_site, line, write_lines
from churn_assets_tests.serving.sites import keep, made_for, sent


def test_everything_is_asked_for_in_one_run_at_first(tmp_path: Path) -> None:
    site = landed_site(tmp_path / "home")

    (request,) = asked(site)

    assert request.job_name == "update_days"
    assert {key.to_user_string() for key in request.asset_selection or []} == set(DAILY)
    assert request.tags["dagster/asset_partition_range_start"] == "2024-01-01"
    assert request.tags["dagster/asset_partition_range_end"] == LAST_DAY.isoformat()


def test_each_range_of_late_days_is_one_run_with_its_cause(site: Site) -> None:
    days = (date(2024, 1, 3), date(2024, 1, 4), date(2024, 1, 12))
    write_lines(site.landing / "late.json", [line(day, 5, 9) for day in days])

    requests = asked(site)

    ranges = [
        (r.tags["dagster/asset_partition_range_start"], r.tags["dagster/asset_partition_range_end"]) for r in requests
    ]
    assert ranges == [("2024-01-03", "2024-01-04"), ("2024-01-12", "2024-01-12")]
    assert {request.tags[CAUSE] for request in requests} == {"raw_logs: other files have landed"}


def test_cutoffs_are_asked_for_once_their_days_are_done(site: Site) -> None:
    write_lines(site.landing / "late.json", [line(date(2024, 1, 20), 5, 9, page="Thumbs Up", song=None, artist=None)])
    site.run(DAILY, "2024-01-20")

    (gaps,) = asked(site)
    site.run(["listener_item_gaps"], "2024-01-21", LAST_DAY.isoformat())
    (cutoffs,) = asked(site)

    assert [key.to_user_string() for key in gaps.asset_selection or []] == ["listener_item_gaps"]
    assert cutoffs.job_name == "update_cutoffs"
    assert cutoffs.tags["dagster/asset_partition_range_start"] == "2024-01-22"


def test_the_same_work_on_the_same_ground_has_the_same_run_key(site: Site) -> None:
    write_lines(site.landing / "late.json", [line(date(2024, 1, 3), 5, 9)])
    first, again = asked(site), asked(site)

    write_lines(site.landing / "later.json", [line(date(2024, 1, 3), 5, 10)])

    assert first[0].run_key == again[0].run_key != asked(site)[0].run_key


def test_nothing_new_is_skipped_by_the_cursor(made_site: Site) -> None:
    found = tick(made_site)
    assert isinstance(found, dg.SensorResult)
    assert not found.run_requests

    assert isinstance(tick(made_site, found.cursor), dg.SkipReason)


def test_the_sensor_waits_while_a_run_is_in_flight(site: Site) -> None:
    write_lines(site.landing / "late.json", [line(date(2024, 1, 3), 5, 9)])
    site.instance.add_run(dg.DagsterRun("update_days", status=dg.DagsterRunStatus.STARTED))

    found = tick(site)

    assert isinstance(found, dg.SkipReason)
    assert "in flight" in str(found.skip_message)


def test_events_that_the_api_was_sent_are_exported_before_anything_else(site: Site) -> None:
    keep(site, sent("r1", [line(LAST_DAY, 5, 7)], received_at=epoch_ms(LAST_DAY) + DAY))
    write_lines(site.landing / "late.json", [line(date(2024, 1, 3), 5, 9)])

    (request,) = asked(site)

    assert (request.job_name, request.asset_selection) == ("export_served_events", None)


def test_within_an_hour_what_was_served_is_left_alone(site: Site) -> None:
    site.instance.report_runless_asset_event(dg.AssetMaterialization("served_events"))
    keep(site, sent("r1", [line(LAST_DAY, 5, 7)], received_at=epoch_ms(LAST_DAY) + DAY))

    found = tick(site)

    assert isinstance(found, dg.SensorResult)
    assert "export_served_events" not in {request.job_name for request in found.run_requests or []}


def test_a_prediction_is_something_new_to_look_at(made_site: Site, tmp_path: Path) -> None:
    site = copied(made_site, tmp_path / "home")
    found = tick(site)
    assert isinstance(found, dg.SensorResult)
    site.instance.report_runless_asset_event(dg.AssetMaterialization("served_events"))
    keep(site, made_for(LAST_DAY, "r1", "5"))

    again = tick(site, found.cursor)

    assert isinstance(again, dg.SensorResult)
    assert again.cursor != found.cursor


def test_turned_off_it_leaves_what_lands_to_others(site: Site) -> None:
    write_lines(site.landing / "late.json", [line(date(2024, 1, 3), 5, 9)])
    vars(site)["settings"] = site.settings.model_copy(update={"follow_landing": False})

    found = tick(site)

    assert isinstance(found, dg.SkipReason)
    assert "CHURN_FOLLOW_LANDING" in str(found.skip_message)


def test_a_missing_landing_folder_is_no_failure(tmp_path: Path) -> None:
    found = tick(Site(tmp_path / "home"))

    assert isinstance(found, dg.SkipReason)
    assert "does not exist" in str(found.skip_message)


def test_an_export_that_failed_within_the_hour_keeps_nothing_else_from_flowing(site: Site) -> None:
    keep(site, sent("r1", [line(LAST_DAY, 5, 7)], received_at=epoch_ms(LAST_DAY) + DAY))
    write_lines(site.landing / "late.json", [line(date(2024, 1, 3), 5, 9)])
    site.instance.add_run(dg.DagsterRun("export_served_events", status=dg.DagsterRunStatus.FAILURE))

    assert {request.job_name for request in asked(site)} == {"update_days"}


def test_an_export_that_failed_is_tried_again_after_an_hour(site: Site) -> None:
    keep(site, sent("r1", [line(LAST_DAY, 5, 7)], received_at=epoch_ms(LAST_DAY) + DAY))
    site.instance.add_run(dg.DagsterRun("export_served_events", status=dg.DagsterRunStatus.FAILURE))
    aged(site.instance, timedelta(minutes=61))

    (request,) = asked(site)

    assert request.job_name == "export_served_events"


def test_work_that_failed_today_is_not_asked_for_again_and_named(site: Site) -> None:
    write_lines(site.landing / "late.json", [line(date(2024, 1, 3), 5, 9)])
    (request,) = asked(site)
    tags = {**request.tags, "dagster/run_key": str(request.run_key)}
    site.instance.add_run(dg.DagsterRun("update_days", status=dg.DagsterRunStatus.FAILURE, tags=tags))

    found = tick(site)

    assert isinstance(found, dg.SensorResult)
    assert not found.run_requests
    assert found.skip_reason is not None
    assert "Tried today and not done" in str(found.skip_reason.skip_message)
    assert "raw_logs" in str(found.skip_reason.skip_message)
