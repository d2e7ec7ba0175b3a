"""Who serves from a home hears of promotions by a look at one file."""

from pathlib import Path

from churn_assets.registry.notice import Notice
from churn_assets.registry.registry import CHALLENGER, CHAMPION, ModelRegistry
from churn_assets.registry.tracking import tracking_below
from churn_assets_tests.serving.api.champions import Home


def test_every_notice_changes_the_stamp_whatever_store_the_registry_is_kept_in(tmp_path: Path) -> None:
    notice = Notice.of(tracking_below(tmp_path / "mlflow", "http://127.0.0.1:9"))
    stamps = [notice.stamp()]
    for _ in range(3):
        notice.give()
        stamps.append(notice.stamp())

    assert stamps[0] is None
    assert stamps[1:] == sorted(stamp for stamp in stamps if stamp is not None)


def test_moving_the_challenger_is_no_news(home: Home) -> None:
    registry = ModelRegistry(home.tracking)
    before = Notice.of(home.tracking).stamp()

    registry.point(CHALLENGER, "2")
    assert Notice.of(home.tracking).stamp() == before

    registry.point(CHAMPION, "2")
    assert Notice.of(home.tracking).stamp() != before
