"""A tiny music service with a prediction store, for the assets that are made from it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from churn_assets.cutoffs import DAY, epoch_ms
from churn_assets.serving.prediction import Answered
from churn_assets.serving.store import open_store
from churn_assets_tests.orchestration.tiny import FIRST_DAY, Site, day_lines, write_lines
from churn_assets_tests.serving.answers import answer

RECEIVED_AT = epoch_ms(date(2024, 2, 1))


def fresh_site(home: Path, days: Sequence[date] = (FIRST_DAY,)) -> Site:
    """A service whose log has lines of some days, with nothing materialised and no store."""
    site = Site(home)
    for day in days:
        write_lines(site.landing / f"{day}.json", day_lines(day))
    return site


def keep(site: Site, *answers: Answered) -> None:
    """Put answers into the site's store, one after the other."""
    with open_store(site.settings.prediction_store_url) as store:
        for one in answers:
            store.keep(one).result()


def made_for(day: date, request_id: str, *users: str, **changes: Any) -> Answered:
    """An answer whose data day is `day`."""
    return answer(request_id, *users, as_of=epoch_ms(day) + DAY, **changes)


def sent(request_id: str, events: Iterable[Mapping[str, Any]], *, received_at: int = RECEIVED_AT) -> Answered:
    """An answer to a request with these raw events."""
    logs = json.dumps(list(events), indent=1).encode()
    return answer(request_id, logs=logs, inference_timestamp=received_at, features={"device": "Planted"})
