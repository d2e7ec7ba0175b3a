"""The sensor that refreshes a champion after a month of log."""

from datetime import UTC, date, datetime, timedelta

from churn_assets.resources.retrainings import TRIGGER
from churn_assets.retraining.tables import REFUSAL
from churn_assets_tests.retraining.causes import retrained
from churn_assets_tests.retraining.watched import CLOCK, ONE_DAY, REFRESH, START, Watched


def test_a_month_of_log_after_its_training_the_champion_is_refreshed(watched: Watched) -> None:
    cursor = watched.first(REFRESH)
    assert watched.skipped(REFRESH, cursor) == "No day has landed since the last look."

    watched.land(CLOCK + ONE_DAY)
    request = watched.asked(REFRESH, cursor)

    assert (request.job_name, request.tags[TRIGGER]) == ("retrain", "monthly_refresh")
    said = watched.done(request, outcome=REFUSAL)
    assert said.reason.startswith("95 days of log have landed since the last training (2026-03-06 to 2026-06-09).")


def test_a_refresh_that_kept_the_champion_is_due_again_a_month_later(watched: Watched) -> None:
    watched = watched.told(cooldown_hours=0)
    watched.done(watched.asked(REFRESH), outcome=REFUSAL)

    watched.land(CLOCK + 29 * ONE_DAY)
    assert watched.skipped(REFRESH) == "The last training is recent enough."
    watched.land(CLOCK + 30 * ONE_DAY)

    assert watched.asked(REFRESH).job_name == "retrain"


def test_a_refresh_in_the_cool_down_waits_for_its_end(watched: Watched) -> None:
    earlier = {"as_of": date(2026, 4, 1), "newest_mature": date(2026, 4, 27)}
    watched.recorded(retrained(at=datetime.now(UTC) - timedelta(hours=1), **earlier))

    (request,), cursor = watched.requests(REFRESH, START)
    watched.done(request)

    assert request.job_name == "record_decision"
    assert watched.told(cooldown_hours=0.5).asked(REFRESH, cursor).job_name == "retrain"
