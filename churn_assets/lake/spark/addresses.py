"""Where a cluster listens, and whether anybody does: Spark itself would wait for minutes before it says so."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from churn_assets.errors import SparkError

PORTS = {"sc": 15_002, "spark": 7_077}
"""Ports of a Spark Connect server and of a standalone master, where the URL names none."""
PATIENCE_S = 10.0

Address = tuple[str, int]


def addresses(url: str) -> Iterator[Address]:
    """Host and port of each server that a URL names; none of `local[*]` and of masters that are found otherwise.

    `spark://one:7077,two:7077` names two, of which one is at work; `sc://host:15002/;user_id=me` has options. Raises
    SparkError for a URL that says no host or no proper port.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in PORTS:
        return
    for place in rest.partition("/")[0].partition(";")[0].split(","):
        try:
            parts = urlsplit(f"//{place}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host:
            raise SparkError(
                f"CHURN_SPARK_URL is {shown(url)!r}: it names no host and port, as {scheme}://host:7077 does."
            )
        yield host, port or PORTS[scheme]


def require_listener(url: str, *, patience_s: float = PATIENCE_S) -> None:
    """Raise SparkError if nobody listens at any of the addresses of a URL."""
    refused = []
    for host, port in addresses(url):
        try:
            socket.create_connection((host, port), patience_s).close()
        except OSError as error:
            refused.append(f"{host}:{port} ({error.strerror or error})")
        else:
            return
    if refused:
        message = (
            f"Nobody listens where CHURN_SPARK_URL ({shown(url)!r}) says: {', '.join(refused)}. "
            "Start the cluster, or name another."
        )
        raise SparkError(message)


def shown(url: str) -> str:
    """A URL without its options, which may hold a token."""
    return url.partition(";")[0]
