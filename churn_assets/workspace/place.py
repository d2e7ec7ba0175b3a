"""Which platform a workspace is about: a folder or settings in, settings that hold from any folder out."""

import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from churn_assets.errors import SettingsError
from churn_assets.settings import Settings, refusal

if TYPE_CHECKING:
    from churn_assets.resources.session import Session

Where: TypeAlias = str | os.PathLike[str] | Settings | None
"""A folder, settings, or nothing: then the environment, `.env` and the working directory say where."""

ENV_FILE = ".env"
HOME = "CHURN_HOME"
HOME_SIGNS = ("lake", "landing", ".dagster")
"""Folders of which a home has at least one."""
LOCATIONS = ("landing", "lake", "database_url", "mlflow_url", "dagster_url", "store_url")
"""Settings that put a part of a home elsewhere."""
SQLITE = "sqlite:///"
SHOWN_HOMES = 5


@dataclass(frozen=True)
class Place:
    """Settings as they were told, and the folder that their relative paths start from."""

    told: Settings
    folder: Path

    @cached_property
    def settings(self) -> Settings:
        """The same settings with absolute paths: they mean the same wherever the process goes."""
        told = self.told
        absolute = {
            "home": self.folder / told.home,
            "landing": self._absolute(told.landing_url),
            "lake": self._absolute(told.lake_url),
            "mlflow_url": self._absolute_database(told.mlflow_url),
            "store_url": self._absolute_database(told.store_url),
        }
        return told.model_copy(update=absolute)

    @contextmanager
    def inside(self) -> Iterator[Settings]:
        """The settings as they were told, in the folder where they were: so Dagster's history is that of the place."""
        with chdir(self.folder):
            yield self.told

    @contextmanager
    def session(self) -> "Iterator[Session]":
        """Definitions and Dagster's history, the same that the UI and `churn-assets` have in that folder."""
        from churn_assets.resources.session import open_session

        with self.inside() as told, open_session(told) as session:
            yield session

    def _absolute(self, url: str) -> str:
        return url if "://" in url else str(self.folder / url)

    def _absolute_database(self, url: str | None) -> str | None:
        if url is None or not url.startswith(SQLITE):
            return url
        return f"{SQLITE}{self.folder / url.removeprefix(SQLITE)}"


def place_of(where: Where) -> Place:
    """The place that `where` names; SettingsError if there is none, or if a setting is wrong."""
    match where:
        case None:
            return _around(Path.cwd())
        case Settings():
            return Place(where, Path.cwd())
        case _:
            return _at(Path(where).expanduser().absolute())


def _around(here: Path) -> Place:
    """What the environment or `.env` say; else the nearest home or project at or above `here`; else the defaults."""
    if os.environ.get(HOME) or _tells_settings(here / ENV_FILE):
        return Place(_read(), here)
    for folder in (here, *here.parents):
        if _is_home(folder):
            return Place(_read(_env_file=_env_files(folder), home=folder), folder)
        if _is_project(folder):
            return Place(_read(_env_file=folder / ENV_FILE), folder)
    return Place(_read(), here)


def _at(folder: Path) -> Place:
    """The home or project that lies in `folder`, whatever the environment says of another one."""
    if os.environ.get(HOME) and Path(os.environ[HOME]).absolute() == folder:
        return Place(_read(home=folder), Path.cwd())
    if _is_home(folder):
        return Place(_read(_env_file=_env_files(folder), home=folder, **dict.fromkeys(LOCATIONS)), folder)
    if _is_project(folder):
        return Place(_read(_env_file=folder / ENV_FILE, **_located(folder)), folder)
    raise SettingsError(_what_is_there(folder))


def _is_home(folder: Path) -> bool:
    return any((folder / sign).is_dir() for sign in HOME_SIGNS)


def _is_project(folder: Path) -> bool:
    is_ours = (folder / "dagster.yaml").is_file() and (folder / "churn_assets").is_dir()
    return is_ours or _tells_settings(folder / ENV_FILE) or _is_home(folder / "data")


def _tells_settings(file: Path) -> bool:
    return any(name.startswith("CHURN_") for name in _entries(file))


def _entries(file: Path) -> dict[str, str | None]:
    from dotenv import dotenv_values

    return dict(dotenv_values(file)) if file.is_file() else {}


def _env_files(home: Path) -> tuple[Path, ...]:
    """Where the other settings of a home may stand: in its project, and in itself, which wins."""
    return home.parent / ENV_FILE, home / ENV_FILE


def _located(project: Path) -> dict[str, Any]:
    """Where a project says that everything lies, for what the environment says of another one."""
    told = {"home": "data"} | {name: value for name, value in _told(project).items() if value}
    return {name: told.get(name) for name in ("home", *LOCATIONS) if os.environ.get(f"CHURN_{name.upper()}")}


def _told(project: Path) -> dict[str, str | None]:
    """The settings of a project's `.env`, by name."""
    return {name.removeprefix("CHURN_").lower(): value for name, value in _entries(project / ENV_FILE).items()}


def _read(**told: Any) -> Settings:
    try:
        return Settings(**told)
    except ValidationError as error:
        raise SettingsError(refusal(error)) from error


def _what_is_there(folder: Path) -> str:
    """Why a folder is no place of ours, and which ones near it are."""
    if not folder.is_dir():
        what = f"There is no folder {folder}"
    else:
        signs = ", ".join(f"`{sign}`" for sign in HOME_SIGNS)
        what = f"{folder} is neither a home (which holds {signs}) nor a project (which holds the home `data`)"
    near = next((parent for parent in folder.parents if parent.is_dir()), folder)
    beside = sorted(path for path in {near, *near.glob("*"), *folder.glob("*")} if path.is_dir())
    homes = [str(path) for path in beside if _is_home(path) or _is_project(path)][:SHOWN_HOMES]
    hint = f"Did you mean {' or '.join(homes)}?" if homes else "Begin one there with `CHURN_HOME=… churn-assets run`."
    return f"{what}. {hint}"
