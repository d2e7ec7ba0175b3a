"""Writing only over what was read: what keeps two machines from losing each other's rows, where a store can do it.

S3 refuses a put whose condition on the present version does not hold. Some stores that speak S3 take no notice of
conditions, which would lose rows in silence: so each is tried once, with an object that tells nothing.
"""

import logging
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_assets.errors import OvertakenError
from churn_assets.lake.faults import told

if TYPE_CHECKING:
    from churn_assets.lake.bucket import Bucket

TRIAL = ".landing/conditions"
"""The object that a store is tried with."""
AT_ONCE_BYTES = 1 << 30
"""Below twice these bytes a file is put at once: conditions belong to a whole put, not to one in parts."""
LOGGER = logging.getLogger(__name__)


def condition(tag: str | None) -> dict[str, Any]:
    """How s3fs is told to put a file over the version `tag` alone; None: only if there is none."""
    return {"chunksize": AT_ONCE_BYTES, **({"mode": "create"} if tag is None else {"IfMatch": tag})}


def compares(bucket: "Bucket") -> bool:
    """Whether the store keeps conditions; it is asked once in a process, and if it does not, a warning is logged."""
    return _compares(bucket.system, bucket.address(TRIAL), bucket.url)


@cache
def _compares(system: Any, address: str, url: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty"
        empty.touch()
        # The first put may be the one that makes it; the second must be refused.
        if any(_is_refused(system, empty, address, url) for _ in range(2)):
            return True
    LOGGER.warning("The store of the lake %s does not keep conditions: let one machine at a time write to it.", url)
    return False


def _is_refused(system: Any, empty: Path, address: str, url: str) -> bool:
    try:
        with told(url, "written to"):
            system.put_file(str(empty), address, **condition(None))
    except OvertakenError:
        return True
    return False
