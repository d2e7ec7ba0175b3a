"""A tiny service with a promoted model and scores, in whose log one listener's few events stand at known lines."""

import gzip
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from churn_assets.cutoffs import DAY, HOUR, epoch_ms
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.lineage.trace import Trace
from churn_assets.registry.artifact import Parts
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.registry.tracking import prepare, tracking_below
from churn_assets.resources.session import Session
from churn_assets.resources.tracing import trace
from churn_assets.serving.prediction import Answered
from churn_assets_tests.orchestration.tiny import CUTOFFS, FIRST_DAY, LOOKBACK_DAYS, Site, landed_site, line
from churn_assets_tests.registry.tiny import trained
from churn_assets_tests.serving.answers import answer
from churn_assets_tests.serving.api.champions import rows

USER = "planted-listener"
CUTOFF = date(2024, 1, 22)
SCHEMA = CATALOGUE.schema(LOOKBACK_DAYS)
FILE, COPY = "late/of all days.jsonl.gz", "later.json"
SONGS = {3: "Unheard-of Song", 5: "Second Song", 6: "At The Cut-off", 7: "Long Before"}
"""What the planted listener plays, by line of FILE."""
SEEN = (3, 5)
"""Lines that the score at CUTOFF could see: the others lie at the cut-off, and before its lookback."""


def planted(song: str, ts: int, **fields: Any) -> dict[str, Any]:
    """One play of the planted listener."""
    return {**line(CUTOFF, 1, song=song, **fields), "userId": USER, "ts": ts, "sessionId": 900}


def planted_lines() -> list[str]:
    """FILE, line by line: an empty line, one that is broken, and the planted listener's events among others'."""
    cutoff = epoch_ms(CUTOFF)
    times = {3: cutoff - 3 * DAY + HOUR, 5: cutoff - 1, 6: cutoff, 7: cutoff - (LOOKBACK_DAYS + 1) * DAY}
    theirs = {number: json.dumps(planted(SONGS[number], ts, itemInSession=number)) for number, ts in times.items()}
    others = {1: "", 2: "{broken", 4: json.dumps(line(CUTOFF - timedelta(days=2), 2, 99))}
    return [text for _, text in sorted((theirs | others).items())]


def planted_site(home: Path) -> Site:
    """The service with everything made up to the scores at CUTOFF."""
    site = landed_site(home)
    path = site.landing / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress("\n".join(planted_lines()).encode()))
    (site.landing / COPY).write_text("\n" + planted_lines()[2] + "\n")
    site.catch_up()
    promote(site)
    site.run(["churn_scores"], CUTOFFS[0], CUTOFFS[-1])
    return site


def promote(site: Site) -> None:
    """A tiny real model over every declared feature, trained on rows of strangers and one of the planted listener."""
    registry = registry_of(site)
    reference = rows(seed=1)
    reference.loc[0, "user_id"] = USER
    parts = Parts(trained(rows=reference, schema=SCHEMA), reference, {"log_loss": 0.5}, "# A tiny model", {})
    run = registry.tracking.client().create_run(registry.tracking.experiment_id())
    registry.point(CHAMPION, registry.register(parts, run_id=run.info.run_id, data_versions={}).number)


def traced_in(site: Site, **named: Any) -> Trace:
    """The trace of a prediction, with the history that the site's runs were recorded in."""
    return trace(Session(site.settings, site.defs, site.instance), **named)


def registry_of(site: Site) -> ModelRegistry:
    """The site's models."""
    return ModelRegistry(prepare(tracking_below(site.settings.mlflow_home)))


def sent_by_api(site: Site, request_id: str, *users: str) -> Answered:
    """An answer of the API about `users`, from the planted events of FILE and one that no log has."""
    texts = [*(planted_lines()[number - 1] for number in SONGS), json.dumps(planted("Sent Only", epoch_ms(CUTOFF) - 9))]
    features = dict.fromkeys(SCHEMA.names) | {"recency_days": 3.0, "total_sessions": 9.0, "current_level": "free"}
    probability = registry_of(site).load(registry_of(site).champion()).model.predict(pd.DataFrame([features]))
    return answer(
        request_id,
        *users,
        logs=f"[{','.join(texts)}]".encode(),
        as_of=epoch_ms(CUTOFF),
        features=features,
        model_version="1",
        churn_probability=float(probability[0]),
        events=len(texts),
    )


assert epoch_ms(FIRST_DAY) < epoch_ms(CUTOFF) - (LOOKBACK_DAYS + 1) * DAY
