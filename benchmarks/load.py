"""Clients of the API, each in a process of its own: at a steady pace, as fast as it goes, or one large request."""

import http.client
import time
from pathlib import Path

HEADERS = {"Content-Type": "application/json"}


def paced(port: int, path: str, body: str, *, rate: float, requests: int) -> dict[str, float]:
    """Latencies in milliseconds of `requests` requests, `rate` a second, counted from when each was due."""
    content, connection = Path(body).read_bytes(), _connected(port)
    seen, start = [], time.perf_counter() + 0.1
    for number in range(requests):
        due = start + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        began = min(due, time.perf_counter())
        _ask(connection, path, content)
        seen.append((time.perf_counter() - began) * 1000)
    seen.sort()
    return {"p50": seen[len(seen) // 2], "p99": seen[min(len(seen) - 1, len(seen) * 99 // 100)], "most": seen[-1]}


def flood(port: int, path: str, body: str, *, seconds: float) -> int:
    """Requests answered one after the other in so many seconds."""
    content, connection = Path(body).read_bytes(), _connected(port)
    end, done = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        _ask(connection, path, content)
        done += 1
    return done


def warmed(port: int, path: str, body: str, *, requests: int) -> int:
    """Ask so many times, each on a connection of its own, so that every worker has answered; gives how many."""
    content = Path(body).read_bytes()
    for _ in range(requests):
        connection = _connected(port)
        _ask(connection, path, content)
        connection.close()
    return requests


def wait_until_there(port: int, *, seconds: float) -> None:
    """Wait until a worker takes connections: a server of several tells its address before any does."""
    end = time.monotonic() + seconds
    while True:
        try:
            _connected(port).close()
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def several(port: int, path: str, body: str, *, tries: int) -> float:
    """Seconds that one request takes; the median of a few."""
    content, connection = Path(body).read_bytes(), _connected(port)
    took = []
    for _ in range(tries):
        began = time.perf_counter()
        _ask(connection, path, content)
        took.append(time.perf_counter() - began)
    return sorted(took)[len(took) // 2]


def _connected(port: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.connect()
    return connection


def _ask(connection: http.client.HTTPConnection, path: str, content: bytes) -> None:
    connection.request("POST", path, content, HEADERS)
    response = connection.getresponse()
    answer = response.read()
    if response.status != http.client.OK:
        raise RuntimeError(f"{response.status}: {answer[:500]!r}")
