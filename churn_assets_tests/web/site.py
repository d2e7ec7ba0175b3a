"""A home with a judged champion, a list, reports and a listener's history; some ids and names mean harm."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import uvicorn
from fastapi import FastAPI

from churn_assets.features.tables import LISTENER_DAYS, USER_FEATURES
from churn_assets.ingest.tables import EVENTS
from churn_assets.lake.lake import Lake
from churn_assets.monitoring.tables import DRIFT_REPORT, NOVELTY_REPORT, PERFORMANCE_REPORT
from churn_assets.registry.artifact import Parts
from churn_assets.registry.registry import CHAMPION
from churn_assets.registry.tracking import prepare
from churn_assets.retention.listing import retention_list
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.retention.terms import Terms
from churn_assets.scoring.bands import RiskBands
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.evaluation import evaluate
from churn_assets_tests.retention.scored import put
from churn_assets_tests.serving.api.champions import Home, model, rows

CUTOFFS = [date(2024, 3, 18), date(2024, 3, 25), date(2024, 4, 1)]
NEWEST = CUTOFFS[-1]
LAST_DAY = date(2024, 3, 31)
LISTENERS = 120
SCRIPT = "<script>document.title='owned'</script>"
HOSTILE = [f'"><{SCRIPT[1:]}', "' onmouseover='alert(1)", "a&id=b#c?d=%3C/e", "{{ 7*7 }}", "<!--", "x" * 300]
ACTIVE = HOSTILE[0]
"""The listener whose history is told: also the one whose id means the most harm."""
UNSCORED = "unscored"
"""A listener with days, but without a score."""
ARTIST = "<img src=x onerror=alert(1)> & Söhne"
TERMS = Terms(budget=120.0, value=100.0, save_rate=0.2, cost=2.0, hold_out=0.2)


def users() -> list[str]:
    """Every listener, the hostile ones first."""
    return [*HOSTILE, *(str(3000 + n) for n in range(LISTENERS - len(HOSTILE)))]


def make_site(folder: Path) -> Home:
    """Build it."""
    home = Home(folder)
    prepare(home.tracking)
    made = model()
    judged = rows(400, seed=5).assign(
        cutoff=pd.Series([pd.Timestamp("2026-03-02"), pd.Timestamp("2026-03-09")] * 200), at_risk=True, cancelled=False
    )
    evaluation = evaluate(made, judged, resampling=Resampling(replicates=50)).to_json()
    run = home.registry.tracking.client().create_run(home.registry.tracking.experiment_id())
    parts = Parts(made, rows(), evaluation, "# A tiny model", {})
    home.registry.point(CHAMPION, home.registry.register(parts, run_id=run.info.run_id, data_versions={}).number)
    lake = Lake(folder / "lake")
    for n, cutoff in enumerate(CUTOFFS):
        _score(lake, cutoff, week=n)
    _history(lake)
    _reports(lake)
    return home


def _score(lake: Lake, cutoff: date, *, week: int) -> None:
    everybody, rng = users(), np.random.default_rng(week)
    probability = np.sort(rng.beta(2, 3, len(everybody)))[::-1]
    at = datetime.fromisoformat(cutoff.isoformat())
    scored = pd.DataFrame({"user_id": everybody, "churn_probability": probability, "cutoff": pd.Timestamp(cutoff)})
    scored = scored.assign(
        churn_pred=probability > 0.5,
        risk_band=RiskBands(0.2, 0.5).of(probability),
        reasons=[[f"{SCRIPT} raises the risk", "Sessions in 7 days: 0 (typical 2) raises the risk"]] * len(everybody),
        model_version="1",
        at_risk=True,
        as_of=at,
        inference_timestamp=at,
        level=["free" if n % 3 else "paid" for n in range(len(everybody))],
        region=[None if n % 7 == 6 else ["CA", "NY-NJ", ARTIST][n % 3] for n in range(len(everybody))],
    )
    put(lake, CHURN_SCORES, cutoff, scored.sort_values("user_id"))
    features = scored.rename(columns={"level": "current_level"}).sort_values("user_id")
    put(lake, USER_FEATURES, cutoff, features.assign(device="Mobile"))
    if cutoff == NEWEST:
        put(lake, RETENTION_LIST, cutoff, retention_list(scored, replace(TERMS, budget=120.0)))


def _history(lake: Lake) -> None:
    """Forty days, on every third of which ACTIVE plays six songs of ARTIST."""
    for back in range(40):
        day = LAST_DAY - timedelta(days=back)
        plays = 6 if back % 3 == 0 else 0
        who = [ACTIVE] * (1 if plays else 0)
        put(lake, LISTENER_DAYS, day, pd.DataFrame({"user_id": [*who, UNSCORED], "events": [*[plays] * len(who), 1]}))
        times = [datetime(day.year, day.month, day.day, 12, n) for n in range(plays)]  # noqa: DTZ001 - naive UTC
        played = pd.DataFrame({"user_id": ACTIVE, "ts": times, "page": "NextSong", "artist": ARTIST, "song": "</td>"})
        put(lake, EVENTS, day, played)


def _reports(lake: Lake) -> None:
    for back in range(5):
        day = LAST_DAY - timedelta(days=back)
        put(lake, DRIFT_REPORT, day, drift_rows(drifted=2 if back == 0 else 0))
        put(lake, NOVELTY_REPORT, day, novelty_rows("ok"))
        put(lake, PERFORMANCE_REPORT, day, performance_rows("ok"))


def drift_rows(*, drifted: int, verdict: str = "ok") -> pd.DataFrame:
    """A day's drift report of ten features, some of which drifted, and one that the calendar moved."""
    verdicts = [*["drift"] * (drifted + 1), *[verdict] * (9 - drifted)]
    frame = pd.DataFrame({"feature": [f"feature_{n}" for n in range(10)], "verdict": verdicts})
    return frame.assign(is_calendar=[n == drifted for n in range(10)], n_window=500, model_version="1", kind="numeric")


def novelty_rows(verdict: str, *, kind: str = "unseen category") -> pd.DataFrame:
    """A day's novelty report of one row."""
    return pd.DataFrame({"kind": [kind], "feature": ["region"], "value": ["TX"], "share": [0.3], "verdict": [verdict]})


def performance_rows(verdict: str, *, version: str = "1") -> pd.DataFrame:
    """A report of three cut-offs, the first of which has labels."""
    found = [
        {"metric": metric, "cutoff": datetime.fromisoformat(cutoff.isoformat()), "kind": kind, "value": 0.8 - n / 100}
        for metric in ("roc_auc", "log_loss")
        for n, cutoff in enumerate(CUTOFFS)
        for kind in ("estimated", "realised")
        if kind == "estimated" or n == 0
    ]
    told = {"production": 0.81, "production_low": 0.77, "production_high": 0.85, "low": 0.7, "high": 0.9}
    return pd.DataFrame(found).assign(model_version=version, target="churned", verdict=verdict, **told)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application on a free port of loopback, until the block ends; its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        end = time.monotonic() + 60
        while not server.started and thread.is_alive() and time.monotonic() < end:
            time.sleep(0.05)
        assert server.started, "the server did not start"
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
