"""Artefacts behind a URL rather than in a folder: which addresses are those, and what goes wrong with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from churn_assets.errors import RegistryError, SettingsError
from churn_assets.lake.faults import failures

ELSEWHERE = ("file", "http", "https", "mlflow-artifacts", "models", "runs")
"""Schemes that name no store of objects: a folder, a server's own place, or MLflow's name for what lies elsewhere."""
HOW = "docs/how-to/object-storage.md lists where credentials and addresses are looked up."


def is_remote(address: str) -> bool:
    """Whether an artefact lies behind a URL, and not in a folder of this machine."""
    return urlsplit(address).scheme not in ("", "file")


def require_store(setting: str, url: str) -> str:
    """The URL without a slash at its end; SettingsError if it names no store of objects, or credentials."""
    parts = urlsplit(url)
    if not parts.scheme or parts.scheme in ELSEWHERE or not parts.netloc or "::" in url:
        message = f"{setting} must be the URL of a folder in an object store, such as s3://bucket/mlflow."
        raise SettingsError(message)
    if parts.password is not None:
        raise SettingsError(f"{setting} holds credentials: name the bucket alone ({parts.scheme}://…). {HOW}")
    return url.rstrip("/")


@contextmanager
def reaching(address: str, doing: str) -> Iterator[None]:
    """Let what MLflow or a store's library raises meanwhile be a RegistryError that says what to do.

    What goes wrong with a folder of this machine is left as it is.
    """
    from mlflow.exceptions import MlflowException

    if not is_remote(address):
        yield
        return
    try:
        yield
    except ImportError as error:
        message = f"{address} cannot be {doing}, a library is missing ({error}): pip install 'churn-assets[s3]'."
        raise RegistryError(message) from error
    except (MlflowException, *failures()) as error:
        message = f"{address} cannot be {doing} ({type(error).__name__}: {error}). {HOW}"
        raise RegistryError(message) from error
