"""Queries that were compiled before, kept as text: a process that finds its query need not even import Ibis.

Importing Ibis and compiling a large expression take longer than many a query runs. What is kept is found by all that
determines it: the code of this package, the releases of what compiles, and the function and arguments that build the
expression. Any change of one of them is another name, so that nothing has to be thrown away by hand.
"""

import hashlib
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
COMPILERS = ("ibis-framework", "sqlglot", "duckdb")
"""Distributions whose release may change what is compiled."""
LOADED_NS = time.time_ns()
"""When this process loaded its code, near enough: everything that builds expressions is imported beside this module."""
KEPT = 8
"""How many queries of a table are kept: some are of other settings, some of older code."""
SEAL = "-- sha256 of what follows: "


@dataclass(frozen=True)
class Queries:
    """A folder of compiled queries; without one, every query is compiled."""

    folder: Path | None

    def of(self, table: str, origin: str | None, compiled: Callable[[], str]) -> str:
        """The query that `compiled` gives for a table, from the folder if one of this origin (`origin_of`) is there."""
        code = code_version()
        if self.folder is None or origin is None or code is None:
            return compiled()
        path = self.folder / f"{table}-{_digest(f'{code} {origin}')[:32]}.sql"
        query = _opened(path)
        if query is None:
            query = compiled()
            _keep(path, query)
            self._forget_old(table)
        return query

    def _forget_old(self, table: str) -> None:
        assert self.folder is not None
        found = sorted(self.folder.glob(f"{table}-{'?' * 32}.sql"), key=lambda path: path.stat().st_mtime_ns)
        for path in found[:-KEPT]:
            path.unlink(missing_ok=True)


def origin_of(expression: Callable[..., Any]) -> str | None:
    """What an expression is built by and from, in words; None if that cannot be told, as of a function inside another.

    It can be told of functions of this package's modules, bare or as a `functools.partial` with plain arguments: their
    code is part of `code_version`, and nothing else enters.
    """
    builder, arguments = expression, ""
    if isinstance(expression, partial):
        builder, arguments = expression.func, f"{expression.args!r} {sorted(expression.keywords.items())!r}"
    module, name = getattr(builder, "__module__", ""), getattr(builder, "__qualname__", "<")
    is_ours = module.partition(".")[0] == PACKAGE.name
    is_plain = "<" not in name + arguments
    return f"{module}.{name} {arguments}" if is_ours and is_plain else None


@cache
def code_version(package: Path = PACKAGE, loaded_ns: int = LOADED_NS) -> str | None:
    """Digest of the code below a folder (this package's) and of the releases that compile it.

    None if a file was put there after `loaded_ns`: a process that runs on while it is upgraded would keep what its old
    code compiles under the name of the new one.
    """
    digest = hashlib.sha256(" ".join(map(version, COMPILERS)).encode())
    for path in sorted(package.rglob("*.py")):
        if path.stat().st_ctime_ns > loaded_ns:
            return None
        digest.update(f"\n{path.relative_to(package)} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _opened(path: Path) -> str | None:
    """The query in a file; None if there is none, or not the whole of one."""
    try:
        text = path.read_bytes().decode()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    seal, _, query = text.partition("\n")
    return query if seal == SEAL + _digest(query) else None


def _keep(path: Path, query: str) -> None:
    """Write a file that a reader sees whole or not at all; only its owner may, since what it says is run."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    staged = path.with_name(f".{uuid.uuid4().hex}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        # As bytes: a query may hold a carriage return, which text files would turn into a line feed.
        with os.fdopen(descriptor, "wb") as file:
            file.write(f"{SEAL}{_digest(query)}\n{query}".encode())
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)
