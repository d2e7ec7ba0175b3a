"""API keys: who may ask, compared in constant time, and where they are needed."""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

from churn_assets.errors import SettingsError
from churn_assets.serving.problem import Kind, Problem
from churn_assets.settings import Settings

OPEN_PATHS = ("/healthz", "/readyz", "/docs", "/openapi.json")
"""What anybody may read: it says nothing about listeners or models."""
OPEN_FOLDER = "/static/"
SHORTEST_KEY = 16
ASK_BROWSER = 'Basic realm="churn_assets", charset="UTF-8"'
"""What makes a browser ask for a password."""


@dataclass(frozen=True)
class Keys:
    """Digests of the keys that open the API; without any it is open."""

    digests: tuple[bytes, ...]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The keys of the settings; SettingsError if they are needed or too short.

        They are needed wherever the API listens beyond loopback.
        """
        text = "" if settings.api_keys is None else settings.api_keys.get_secret_value()
        keys = [key.strip() for key in text.split(",") if key.strip()]
        if any(len(key) < SHORTEST_KEY for key in keys):
            raise SettingsError(f"A key of CHURN_API_KEYS is shorter than {SHORTEST_KEY} characters: take longer ones.")
        if not keys and not is_loopback(settings.api_host):
            message = (
                f"The API would listen on {settings.api_host} and answer anybody: set CHURN_API_KEYS, "
                "or listen on loopback (CHURN_API_HOST=127.0.0.1)."
            )
            raise SettingsError(message)
        return cls(tuple(_digest(key) for key in keys))

    def problem(self, path: str, headers: Mapping[str, str]) -> Problem | None:
        """Why a request may not be answered, or None if it may."""
        if not self.digests or path in OPEN_PATHS or path.startswith(OPEN_FOLDER):
            return None
        given = _given(headers)
        if given is None:
            return _no_key(headers)
        digest = _digest(given)
        # Every key is compared, whatever the ones before said.
        if not any([hmac.compare_digest(digest, known) for known in self.digests]):  # noqa: C419
            return _wrong_key(headers)
        return None


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _given(headers: Mapping[str, str]) -> str | None:
    """The key that a request carries: a program as bearer or header, a browser as password of any name."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer" if token.strip():
            return token.strip()
        case "basic" if password := _password(token.strip()):
            return password
        case _:
            return headers.get("x-api-key") or None


def _password(token: str) -> str | None:
    """The password of a Basic token (RFC 7617); None if it is none."""
    try:
        _, _, password = base64.b64decode(token, validate=True).decode().partition(":")
    except ValueError:
        return None
    return password.strip()


def _no_key(headers: Mapping[str, str]) -> Problem:
    if _is_browser(headers):
        detail = "A key is needed: give one of this API's keys as the password; the name does not matter."
        return Problem(Kind.NO_KEY, detail, headers={"WWW-Authenticate": ASK_BROWSER})
    detail = "A key is needed: send `Authorization: Bearer <key>` or `X-API-Key: <key>`."
    return Problem(Kind.NO_KEY, detail, headers={"WWW-Authenticate": "Bearer"})


def _wrong_key(headers: Mapping[str, str]) -> Problem:
    detail = "The key is not one of this API's."
    if _is_browser(headers):
        # A browser that is told 403 would send the wrong password until it is closed.
        return Problem(Kind.WRONG_KEY, detail, (), {"WWW-Authenticate": ASK_BROWSER}, HTTPStatus.UNAUTHORIZED)
    return Problem(Kind.WRONG_KEY, detail)


def _is_browser(headers: Mapping[str, str]) -> bool:
    return "text/html" in headers.get("accept", "")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
