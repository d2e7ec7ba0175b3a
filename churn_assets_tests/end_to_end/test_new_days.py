"""Days land on a service where everything is made: tables, scores, list and reports follow, each once, nothing else."""

import gzip
import json
from datetime import date, timedelta

from churn_assets.cli.run import bring_up_to_date
from churn_assets.cutoffs import DAY, day_of
from churn_assets_tests.end_to_end.service import LAST_DAY, Service
from churn_assets_tests.orchestration.test_daily_update import made_after

DAILY = ("raw_logs", "quarantined_lines", "events", "sessions", "listener_days", "listener_item_gaps")
REPORTS = ("prediction_log", "drift_report", "novelty_report", "performance_report")
NEXT = LAST_DAY + timedelta(days=1)
SUNDAY = LAST_DAY + timedelta(days=5)


def land(service: Service, day: date) -> Service:
    """The last day's log once more, as that of a later day; without rows that came late, which would change others."""
    landing, later = service.home / "landing", (day - LAST_DAY).days
    with gzip.open(landing / f"{LAST_DAY}.json.gz", "rt") as stream:
        events = [json.loads(text) for text in stream if text.startswith("{") and text.rstrip().endswith("}")]
    own = [event for event in events if "ts" in event and day_of(event["ts"]) == LAST_DAY]
    moved = [
        event | {"ts": event["ts"] + later * DAY, "sessionId": event["sessionId"] + later * 10**6} for event in own
    ]
    (landing / f"{day}.json").write_text("".join(f"{json.dumps(event)}\n" for event in moved))
    return Service.of(service.home, last_day=day)


def update(service: Service) -> dict[str, list[str]]:
    """Do what the daemon would; gives the partitions that were made, by asset."""
    with service.session() as session:
        before = session.instance.event_log_storage.get_maximum_record_id() or 0
        bring_up_to_date(session)
        return made_after(session.instance, before, session.defs)


def test_a_new_day_makes_its_tables_and_reports_and_the_end_of_a_week_what_follows_from_a_cutoff(copy: Service) -> None:
    assert update(copy) == {}

    assert update(land(copy, NEXT)) == {table: [str(NEXT)] for table in (*DAILY, *REPORTS)}

    days = [NEXT + timedelta(days=n) for n in range(1, 5)]
    for day in days:
        later = land(copy, day)
    made, cutoff = update(later), str(SUNDAY + timedelta(days=1))
    assert {name: keys for name, keys in made.items() if name not in (*DAILY, *REPORTS)} == {
        "user_features": [cutoff],
        "population": [cutoff],
        "churn_labels": [str(SUNDAY - timedelta(days=6))],
        "churn_scores": [cutoff],
        "retention_list": [cutoff],
    }
    assert {name: made[name] for name in DAILY} == {name: [str(day) for day in days] for name in DAILY}
    assert {name: made[name] for name in REPORTS} == {name: [str(day) for day in days] for name in REPORTS}
