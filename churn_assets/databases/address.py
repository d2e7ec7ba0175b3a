"""Addresses of databases: what several stores make of one, and how they may be shown."""

import re
from typing import TYPE_CHECKING

from churn_assets.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import URL

POSTGRESQL = "postgresql"
SCHEMAS = {"mlflow_url": "churn_mlflow", "dagster_url": "churn_dagster", "store_url": "churn_store"}
"""Schema that each store takes of a database they share, by the setting that puts it elsewhere."""
CONNECT_S = 10
"""Seconds within which a server must answer, where its address does not say: the system's own patience is minutes."""
HIDDEN = "***"
SECRETS = ("password", "sslpassword")
"""Parameters that libpq takes a secret in."""
_SCHEMA = re.compile(r"-c ?search_path=(\w+)")
_PASSWORD = re.compile(r"(?<=:)[^:@/?#\s]+(?=@)")


def is_postgresql(url: str) -> bool:
    """Whether an address is that of a PostgreSQL, by whatever driver."""
    return url.partition(":")[0].partition("+")[0] in (POSTGRESQL, "postgres")


def within(url: str, schema: str, driver: str) -> str:
    """The address of one schema of the PostgreSQL at `url`, through a driver; other parameters stay as they are.

    SettingsError if `url` is no address of a PostgreSQL.
    """
    parsed = _parsed(url)
    told = parsed.query.get("options", "")
    options = f"{told if isinstance(told, str) else ' '.join(told)} -csearch_path={schema}".strip()
    query = {"connect_timeout": str(CONNECT_S), **parsed.query, "options": options}
    return parsed.set(drivername=f"{POSTGRESQL}+{driver}", query=query).render_as_string(hide_password=False)


def through(url: str, driver: str) -> str:
    """The same address through a driver; SettingsError if it is not that of a PostgreSQL."""
    return _parsed(url).set(drivername=f"{POSTGRESQL}+{driver}").render_as_string(hide_password=False)


def shown(url: str) -> str:
    """An address as it may be logged and told: without its secrets, and without what is of no use to a person."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return _PASSWORD.sub(HIDDEN, url)
    parsed = without_secrets(parsed)
    told, schema = dict(parsed.query), ""
    if parsed.get_backend_name() == POSTGRESQL:
        parsed = parsed.set(drivername=POSTGRESQL)
        told.pop("connect_timeout", None)
        if found := _SCHEMA.fullmatch(str(told.get("options", ""))):
            told.pop("options")
            schema = f" (schema {found[1]})"
    # What is hidden, and the folder of a socket, are easier to read as they are than percent-encoded.
    text = parsed.set(query=told).render_as_string(hide_password=True)
    return text.replace("%2A%2A%2A", HIDDEN).replace("%2F", "/") + schema


def without_secrets(url: "URL") -> "URL":
    """An address whose parameters tell no secret; its password is hidden when it is rendered."""
    return url.set(query={name: HIDDEN if name in SECRETS else value for name, value in url.query.items()})


def require_postgresql(setting: str, url: str) -> None:
    """SettingsError, which names the setting, if its value is not the address of a PostgreSQL."""
    try:
        _parsed(url)
    except SettingsError as error:
        raise SettingsError(f"{setting}: {error}") from None


def _parsed(url: str) -> "URL":
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    message = f"{shown(url)!r} is not the address of a PostgreSQL: write postgresql://user@host/database"
    try:
        parsed = make_url(re.sub(r"^postgres(?=[+:])", POSTGRESQL, url))
    except (ArgumentError, ValueError):
        raise SettingsError(message) from None
    if parsed.get_backend_name() != POSTGRESQL or not parsed.database:
        raise SettingsError(message)
    return parsed
