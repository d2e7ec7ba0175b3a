"""Reading a request's body no further than it may go."""

import asyncio
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request

from churn_assets.serving.problem import Kind, ProblemError, refused

MEGABYTE = 1_000_000
JSON_TYPES = ("application/json", "text/json")


async def read_body(request: Request, most_bytes: int, *, seconds: float, claim: Callable[[int], None]) -> bytes:
    """The body; ProblemError if it is not plain JSON, longer than `most_bytes`, or takes longer than `seconds`.

    `claim` hears how many bytes came in, as they do, and may refuse them.

    A length that is announced is refused before a byte is read; one that is not, as soon as it is too long. What still
    comes in is dropped by the server, so that clients that send first and read later see the answer.
    """
    _require_json(request)
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > most_bytes:
        raise _too_large(most_bytes)
    try:
        async with asyncio.timeout(seconds):
            chunks = await _chunks(request, most_bytes, claim)
    except TimeoutError:
        detail = f"The body did not arrive within {seconds:g} seconds: send it faster, or fewer events."
        raise refused(Kind.SLOW_BODY, detail, Connection="close") from None
    except ClientDisconnect:
        raise refused(Kind.CLIENT_GONE, "The client went away before its request was complete.") from None
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _chunks(request: Request, most_bytes: int, claim: Callable[[int], None]) -> list[bytes]:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most_bytes:
            raise _too_large(most_bytes)
        claim(len(chunk))
        chunks.append(chunk)
    return chunks


def _require_json(request: Request) -> None:
    kind = request.headers.get("content-type", JSON_TYPES[0]).partition(";")[0].strip().lower()
    if kind not in JSON_TYPES and not kind.endswith("+json"):
        detail = "The body must be JSON: send the header `Content-Type: application/json`."
        raise refused(Kind.UNSUPPORTED_MEDIA_TYPE, detail, Accept=JSON_TYPES[0])
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise refused(Kind.UNSUPPORTED_MEDIA_TYPE, "Compressed bodies are not taken: send plain JSON.")


def _too_large(most_bytes: int) -> ProblemError:
    detail = f"The body is larger than {most_bytes // MEGABYTE} MB: send fewer or newer events."
    return refused(Kind.TOO_LARGE, detail)
