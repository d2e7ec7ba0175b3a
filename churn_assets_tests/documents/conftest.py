"""A reader's folder in which the tutorial was followed: every other page goes on from there."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from churn_assets_tests.documents.markdown import ROOT, Page
from churn_assets_tests.documents.session import SMALL, Session, copied_repository
from churn_assets_tests.documents.warm import warm_command
from churn_assets_tests.serving.postgres import PostgreSQL, postgresql

DATABASE_HOST = "db.internal"
TUTORIAL = Page(ROOT / "docs" / "tutorial.md")


@dataclass(frozen=True)
class Followed:
    """The tutorial, done: the folder, and what each block printed, by its line."""

    session: Session
    printed: Mapping[int, str]
    settings: Mapping[str, str]
    """What the tutorial wrote to `.env`."""


@pytest.fixture(scope="session")
def warm() -> Iterator[Path]:
    """Where calls of `churn-assets` are taken."""
    with tempfile.TemporaryDirectory(prefix="churn-warm-") as folder, warm_command(Path(folder)) as address:
        yield address


@pytest.fixture(scope="session")
def followed(tmp_path_factory: pytest.TempPathFactory, warm: Path) -> Followed:
    """The tutorial from its first line to its last, in an empty home."""
    session = Session(copied_repository(tmp_path_factory.mktemp("reader") / "churn_assets", warm), SMALL)
    printed = session.run(TUTORIAL)
    return Followed(session, printed, _settings(TUTORIAL))


def _settings(page: Page) -> Mapping[str, str]:
    """The settings that a page writes to `.env`."""
    block = next(block for block in page.blocks if "> .env" in block.text)
    lines = [line for line in block.text.splitlines() if line.startswith("CHURN_")]
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def reader(followed: Followed, warm: Path, tmp_path: Path) -> Session:
    """A folder of its own for one page: the tutorial's logs and home below `data`, its settings in the environment."""
    folder = copied_repository(tmp_path / "churn_assets", warm)
    shutil.copytree(followed.session.data, folder / "data", dirs_exist_ok=True)
    shutil.copytree(followed.session.folder / "music-logs", folder / "data" / "landing", dirs_exist_ok=True)
    told = {name: value for name, value in followed.settings.items() if name != "CHURN_LANDING"}
    return Session(folder, SMALL | told)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """A real PostgreSQL instead of the one that the pages speak of."""
    with postgresql() as server:
        yield server


@pytest.fixture
def databases(postgres: PostgreSQL) -> Mapping[str, str]:
    """Empty databases of it, by the addresses that the pages give."""
    return {f"postgresql://churn@{DATABASE_HOST}/{name}": postgres.new_database() for name in ("churn", "restored")}
