"""Addresses of databases: what several stores make of one, and how they may be shown."""

import re
from typing import TYPE_CHECKING

from churn_assets.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import URL

POSTGRESQL = "postgresql"
CONNECT_S = 10
"""Seconds within which a server must answer, where its address does not say: the system's own patience is minutes."""
HIDDEN = "***"
SECRETS = ("password", "sslpassword")
"""Parameters that libpq takes a secret in."""
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
    """An address as it may be logged and told: without its secrets."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return _PASSWORD.sub(HIDDEN, url)
    hidden = {name: HIDDEN for name in SECRETS if name in parsed.query}
    # `***` stands for what is hidden, and is easier to read as it is than percent-encoded.
    text = parsed.update_query_dict(hidden).render_as_string(hide_password=True)
    return text.replace("%2A%2A%2A", HIDDEN)


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
