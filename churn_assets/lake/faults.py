"""What goes wrong with an object store, in words: which address, what it said, and what to do about it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from churn_assets.errors import LakeUnreachableError, OvertakenError, SettingsError

FOREIGN = (
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("boto3.exceptions", "Boto3Error"),
    ("aiohttp", "ClientError"),
    ("gcsfs.retry", "HttpError"),
    ("azure.core.exceptions", "AzureError"),
)
"""Errors of stores' libraries that are no OSError; a library that was not loaded has raised none."""
OVERTAKEN_CODES = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
NO_BUCKET = "NoSuchBucket"
EXPIRED = "FileExpired"
"""s3fs's name for reading on in an object that was replaced."""
NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError")
PLACES = "docs/how-to/object-storage.md lists where credentials and addresses are looked up."


@contextmanager
def told(url: str, doing: str) -> Iterator[None]:
    """Let whatever a store's library raises meanwhile be a LakeError that says what to do.

    FileNotFoundError, which the caller knows the meaning of, goes through, and what another machine was faster with is
    an OvertakenError.
    """
    try:
        yield
    except FileNotFoundError as error:
        if is_bucket_missing(error):
            message = f"The lake at {url} cannot be {doing}: there is no such bucket. Create it, or correct CHURN_LAKE."
            raise LakeUnreachableError(message) from error
        raise
    except failures() as error:
        if _code(error) in OVERTAKEN_CODES or type(error).__name__ == EXPIRED:
            raise OvertakenError(f"The lake at {url}: an object was replaced since it was looked at.") from error
        raise LakeUnreachableError(f"The lake at {url} cannot be {doing}: {_why(error)}") from error


def is_bucket_missing(error: FileNotFoundError) -> bool:
    """Whether it is the bucket that was not found, rather than an object of it."""
    return _code(error) == NO_BUCKET


def missing_library(url: str, error: ImportError) -> SettingsError:
    """That the library for a kind of store is not installed."""
    kind = url.partition("://")[0]
    how = "pip install 'churn-assets[s3]'" if kind in ("s3", "s3a") else f"install what fsspec needs for {kind}://"
    return SettingsError(f"CHURN_LAKE is {url!r}, for which a library is missing ({error}): {how}.")


def failures() -> tuple[type[BaseException], ...]:
    """What an object store may raise: OSError, and the errors of those libraries that were loaded."""
    loaded = ((sys.modules.get(module), name) for module, name in FOREIGN)
    return (OSError, *(getattr(module, name) for module, name in loaded if hasattr(module, name)))


def _code(error: BaseException) -> str:
    """What the store called the error, if it said so."""
    for one in (error, error.__cause__):
        response: Any = getattr(one, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
    return ""


def _why(error: BaseException) -> str:
    said = str(error).rstrip(". ")
    match error:
        case PermissionError():
            return f"the store refuses ({said}). See that the credentials are right and may list, get, put. {PLACES}"
        case OSError() if not isinstance(error, ConnectionError | TimeoutError):
            return f"{said or type(error).__name__}."
        case _ if type(error).__name__ in NO_CREDENTIALS:
            return f"no credentials were found. {PLACES}"
        case _:
            said = said or type(error).__name__
            return f"it does not answer ({said}). See that network and endpoint are right. {PLACES}"
