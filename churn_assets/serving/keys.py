"""API keys: who may ask, compared in constant time, and where they are needed."""

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from churn_assets.errors import SettingsError
from churn_assets.serving.problem import Kind, Problem
from churn_assets.settings import Settings

OPEN_PATHS = ("/healthz", "/readyz", "/docs", "/openapi.json")
"""What anybody may read: it says nothing about listeners or models."""
OPEN_FOLDER = "/static/"
SHORTEST_KEY = 16


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
            detail = "A key is needed: send `Authorization: Bearer <key>` or `X-API-Key: <key>`."
            return Problem(Kind.NO_KEY, detail, headers={"WWW-Authenticate": "Bearer"})
        digest = _digest(given)
        # Every key is compared, whatever the ones before said.
        if not any([hmac.compare_digest(digest, known) for known in self.digests]):  # noqa: C419
            return Problem(Kind.WRONG_KEY, "The key is not one of this API's.")
        return None


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _given(headers: Mapping[str, str]) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("x-api-key") or None


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
