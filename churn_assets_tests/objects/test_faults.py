"""What people are told when the store of a lake cannot be used."""

import logging
from pathlib import Path

import pytest
import s3fs

from churn_assets.errors import LakeUnreachableError, SettingsError
from churn_assets.lake.copies import Copies
from churn_assets.lake.lake import Lake
from churn_assets_tests.lake.test_lake import MONDAY, VISITS, put
from churn_assets_tests.objects.conftest import ENOUGH, lake_at
from churn_assets_tests.objects.servers import SECRET, Store, known

NOWHERE = Store("http://127.0.0.1:9")


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """One try instead of five, which takes ten seconds where nobody answers."""
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def elsewhere(tmp_path: Path, bucket: str = "nobody") -> Lake:
    return Lake.at(f"s3://{bucket}/lake", Copies(tmp_path / "copies", ENOUGH))


def test_a_bucket_that_is_not_there_is_named(in_memory: Store, tmp_path: Path) -> None:
    assert in_memory
    lake = elsewhere(tmp_path)

    with pytest.raises(LakeUnreachableError, match=r"s3://nobody/lake cannot be listed: there is no such bucket"):
        lake.keys(VISITS)
    with pytest.raises(LakeUnreachableError, match=r"cannot be written to: there is no such bucket\. Create it"):
        put(lake, MONDAY, 1)
    with pytest.raises(LakeUnreachableError, match="no such bucket"):
        lake.store.tables()


def test_a_store_that_does_not_answer_is_told_with_its_endpoint(tmp_path: Path) -> None:
    with known(NOWHERE):
        lake = elsewhere(tmp_path)
        with pytest.raises(LakeUnreachableError, match=r"does not answer .*127\.0\.0\.1:9") as listing:
            lake.keys(VISITS)
        with pytest.raises(LakeUnreachableError, match="does not answer"):
            put(lake, MONDAY, 1)

    assert "docs/how-to/object-storage.md" in str(listing.value)
    assert list(lake.staging().iterdir()) == []


def test_missing_credentials_are_told_as_such(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with known(NOWHERE):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        with pytest.raises(LakeUnreachableError, match="no credentials were found"):
            elsewhere(tmp_path).keys(VISITS)


def test_credentials_never_belong_into_the_address(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="give credentials by the environment") as refused:
        Lake.at(f"s3://key:{SECRET}@bucket/lake", Copies(tmp_path, ENOUGH))

    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("url", ["nowhere://bucket/lake", "simplecache::s3://bucket/lake"])
def test_an_address_that_nothing_can_work_with_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CHURN_LAKE"):
        Lake.at(url, Copies(tmp_path, ENOUGH)).keys(VISITS)


def test_a_file_url_is_a_folder(tmp_path: Path) -> None:
    lake = Lake.at(f"file://{tmp_path}", Copies(tmp_path / "copies", ENOUGH))
    put(lake, MONDAY, 1)

    assert lake == Lake(tmp_path)
    assert (tmp_path / "visits" / f"day={MONDAY}" / "part-0.parquet").exists()


def test_no_secret_is_logged(in_memory: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lake = lake_at(in_memory, tmp_path.name, tmp_path / "here")
    with caplog.at_level(logging.INFO):
        put(lake, MONDAY, 1)
        lake.keys(VISITS)

    assert SECRET not in caplog.text
    assert SECRET not in repr(lake)
