"""A tiny service that knows the planted listener in every place that there is, beside others who must stay."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churn_assets.cutoffs import DAY, days_between, epoch_ms
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.lake.lake import Lake
from churn_assets.registry.artifact import Parts
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.registry.tracking import prepare, tracking_below
from churn_assets.resources.forgetting import Forgetting
from churn_assets.serving.prediction import Answered
from churn_assets_tests.forgetting.planted import OTHERS_LINE, SONG, USER, event, plant
from churn_assets_tests.orchestration.tiny import CUTOFFS, FIRST_DAY, LAST_DAY, LOOKBACK_DAYS, Site, landed_site, line
from churn_assets_tests.registry.tiny import trained
from churn_assets_tests.serving.answers import answer
from churn_assets_tests.serving.api.champions import rows
from churn_assets_tests.serving.sites import keep

SCHEMA = CATALOGUE.schema(LOOKBACK_DAYS)
DAYS = [day for day in days_between(FIRST_DAY + timedelta(days=2), LAST_DAY) if day.day % 4]
EVALUATION: Mapping[str, Any] = {"log_loss": 0.5, "older": [{"user_id": USER, "p": 0.9}, {"user_id": "1", "p": 0.8}]}
"""As an early release wrote it: it named listeners."""


def known_site(home: Path) -> Site:
    """The service with everything in it."""
    site = landed_site(home)
    plant(site.landing, DAYS, [json.dumps(OTHERS_LINE), json.dumps(line(FIRST_DAY, 3, 40)), "{broken"])
    site.catch_up()
    registry = ModelRegistry(prepare(tracking_below(site.settings.mlflow_home)))
    registry.point(CHAMPION, register(registry, [USER, "1"]))
    register(registry, ["1"])
    site.run(["churn_scores"], CUTOFFS[0], CUTOFFS[-1])
    site.run(["training_set"])
    keep(site, *answers())
    site.run(["served_events"])
    site.catch_up()
    site.run(["prediction_log"], str(FIRST_DAY), str(LAST_DAY))
    leave_files(site)
    return site


def register(registry: ModelRegistry, users: list[str]) -> str:
    """A version that was trained on strangers and on `users`; its number."""
    reference = rows(seed=len(users))
    reference.loc[: len(users) - 1, "user_id"] = users
    parts = Parts(trained(rows=reference, schema=SCHEMA), reference, EVALUATION, "# A tiny model", {})
    run = registry.tracking.client().create_run(registry.tracking.experiment_id(), tags={"asked.by": f"about {USER}"})
    return registry.register(parts, run_id=run.info.run_id, data_versions={}).number


def answers() -> list[Answered]:
    """A request about the planted listener alone, one about somebody else, and one about three."""
    day = DAYS[-1]
    mine = json.dumps([event(day, item, page="Thumbs Up", song=SONG) for item in range(50, 53)]).encode()
    about = {"as_of": epoch_ms(day) + DAY, "inference_timestamp": epoch_ms(day) + 2 * DAY, "features": _features()}
    alone = answer("alone", USER, logs=mine, **about)
    other = answer("other", "1", **about)
    batch = answer("batch", "1", USER, "2", **about)
    theirs = [replace(one, logs=mine) if one.user_id == USER else one for one in batch.predictions]
    told = [{"userId": one.user_id, "churn_probability": one.churn_probability} for one in theirs]
    body = json.dumps({"request_id": "batch", "predictions": told}).encode()
    single = json.dumps({"userId": USER, "reasons": [f"Song: {SONG}"]}).encode()
    return [replace(alone, answer=single), other, replace(batch, answer=body, predictions=tuple(theirs))]


def _features() -> dict[str, Any]:
    return dict.fromkeys(SCHEMA.names) | {"recency_days": 3.0, "current_level": "free"}


def leave_files(site: Site) -> None:
    """What people and killed runs leave in a home."""
    reports = site.home / "reports" / "calls"
    reports.mkdir(parents=True)
    pd.DataFrame({"user_id": [USER, "1"], "value": [1.5, 2.5]}).to_csv(reports / "list.csv", index=False)
    pd.DataFrame({"user_id": [USER, "1"], "value": [1.5, 2.5]}).to_parquet(reports / "list.parquet")
    (reports / "page.html").write_text(f"<p>{USER}</p><p>1</p>")
    (site.home / "server.log").write_text(f'{{"user_id": "{USER}"}}\nsomething about {USER} and 1\n')
    (site.lake.staging() / "killed.parquet").write_bytes((reports / "list.parquet").read_bytes())
    (site.landing / ".half.json.tmp").write_text(USER)


def forgetting(site: Site, user: str = USER) -> Forgetting:
    """The forgetting of a listener of the service."""
    return Forgetting(site.settings, site.instance, user)


def rows_of_others(lake: Lake, user: str = USER) -> dict[str, list[pa.ChunkedArray]]:
    """Every row of the lake that is not a listener's, by path; but for quarantine, which blank lines join."""
    found = {}
    for path in sorted(lake.root.glob("[!.]*/**/*.parquet")):
        rows = pq.ParquetFile(path).read()
        if "user_id" in rows.column_names:
            rows = rows.filter(pa.array([one != user for one in rows["user_id"].to_pylist()], pa.bool_()))
        if "quarantined_lines" not in path.parts:
            found[str(path.relative_to(lake.root))] = rows.combine_chunks().columns
    return found
