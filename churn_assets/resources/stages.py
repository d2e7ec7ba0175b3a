"""In which order groups of assets are brought up to date, by our own command and by the daemon."""

from collections.abc import Mapping

STAGES: Mapping[str, tuple[str, ...]] = {
    "days": ("ingest", "features"),
    "features": ("ingest", "features", "labels"),
    "models": ("training",),
    "scores": ("scoring",),
    "lists": ("retention",),
    "reports": ("monitoring",),
}
"""Groups of assets by stage; of the days, only those assets that have a partition a day."""
NEED_CHAMPION = ("scores", "lists", "reports")
FLOWING = ("features", "scores", "lists", "reports")
"""Stages that the daemon brings up to date when something lands; models wait for a retraining."""
