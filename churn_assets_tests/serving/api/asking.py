"""Bodies of requests: events as the log has them, and as a person would write them."""

import json
from typing import Any

from churn_assets_tests.logs import at

AGENT = (
    '"Mozilla/5.0 (iPhone; CPU iPhone OS 7_1_2 like Mac OS X) AppleWebKit/537.51.2 (KHTML, like Gecko) Mobile/11D257"'
)


def event(number: int = 0, user_id: str = "1", **changed: Any) -> dict[str, Any]:
    """One line of a log, as the log has it; a `changed` field of None is left out."""
    line: dict[str, Any] = {
        "ts": at(90 + number % 9, 1_000 * number),
        "userId": user_id,
        "sessionId": 10 + number % 9,
        "itemInSession": number,
        "page": "NextSong",
        "auth": "Logged In",
        "method": "PUT",
        "status": 200,
        "level": "paid",
        "location": "Louisville/Jefferson County, KY-IN",
        "userAgent": AGENT,
        "firstName": "Adelheid",
        "lastName": "Wunderlich",
        "gender": "F",
        "registration": float(at(-100)),
        "artist": f"artist {number % 3}",
        "song": f"song {number % 5}",
        "length": 200.5,
    }
    return {name: value for name, value in (line | changed).items() if value is not None}


def events(count: int = 30, user_id: str = "1") -> list[dict[str, Any]]:
    """The events of one listener over nine days, each with a session of its own."""
    return [event(number, user_id) for number in range(count)]


def body(logs: list[Any], **options: Any) -> bytes:
    """The body of a request."""
    return json.dumps({"logs": logs} | options).encode()
