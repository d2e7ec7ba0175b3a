"""One page's blocks, run in order by one shell in a copy of the repository, as a reader would type them.

What differs from a reader's machine, and nothing else:
- the settings in `SMALL` are in the environment, so that a few weeks of log are enough to train on;
- the ports of the pages (`PORTS`) are exchanged for free ones, so that two pages can be tested at once, and the
  database of the production page for a real PostgreSQL (`instead`);
- `duckdb`, a program that is not in our environment, is a few lines over the library of that name; `pg_dump` and
  `pg_restore` are those that the tests' PostgreSQL brings;
- `churn-assets` is called in a process that has its imports behind it (`warm.py`), save by pages that change the code.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from churn_assets_tests.documents.markdown import ROOT, Block, Page
from churn_assets_tests.documents.notes import Run, Serve, treatment
from churn_assets_tests.documents.warm import COLD, client

SMALL: Mapping[str, str] = {
    "CHURN_BACKTEST_CUTOFFS": "1",
    "CHURN_FOLDS": "2",
    "CHURN_REPORT_DAYS": "2",
}
PORTS = ("3000", "5000", "8000")
COPIED = ("churn_assets", "benchmarks", "docs", "Makefile", "pyproject.toml", "requirements.lock", "README.md")
CONFIGURED = ("dagster.yaml", "workspace.yaml")
BEGIN = "\x01begin "
PATIENCE_S = 900
SERVER_PATIENCE_S = 180
CHANGES_CODE = "> churn_assets/"
DUCKDB = '#!{python}\nimport sys, duckdb\nprint(duckdb.sql(sys.argv[sys.argv.index("-c") + 1]))\n'
DRIVER = f"""
set -euo pipefail
exec 2>&1
servers=()
stop() {{
    for server in "${{servers[@]}}"; do kill -TERM -- "-$server" 2>/dev/null || true; done
    for server in "${{servers[@]}}"; do
        for _ in $(seq 50); do kill -0 -- "-$server" 2>/dev/null || break; sleep 0.1; done
        kill -KILL -- "-$server" 2>/dev/null || true
    done
}}
trap stop EXIT
serve() {{  # a file to run, an address that must answer
    {COLD}=1 setsid bash -euo pipefail "$1" > "$1.log" 2>&1 &
    servers+=($!)
    for _ in $(seq {SERVER_PATIENCE_S * 2}); do
        curl -sf -o /dev/null "$2" && return
        kill -0 "${{servers[-1]}}" 2>/dev/null || break
        sleep 0.5
    done
    tail -n 50 "$1.log"
    echo "$2 does not answer."
    return 1
}}
"""


class BlockError(AssertionError):
    """A block did not do what its page says."""


@dataclass(frozen=True)
class Session:
    """A reader's folder: a copy of the repository, with logs and a home of its own below `data`."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)
    programs: tuple[Path, ...] = ()
    """Folders of more programs."""

    @property
    def data(self) -> Path:
        """Where everything is written."""
        return self.folder / "data"

    def run(self, page: Page) -> Mapping[int, str]:
        """Run the blocks of a page; gives what each printed, by its line. BlockError names the block that failed."""
        blocks = [block for block in page.blocks if _runs(block)]
        done = subprocess.run(
            ["bash", str(self._script(blocks))],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        printed = _by_block(done.stdout, blocks)
        if done.returncode:
            last = max(printed, default=0)
            raise BlockError(f"{page.name}:{last} ended with {done.returncode}:\n{printed.get(last, done.stdout)}")
        return printed

    def _script(self, blocks: Sequence[Block]) -> Path:
        ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
        lines = [DRIVER]
        if any(CHANGES_CODE in block.text for block in blocks):
            lines.append(f"export {COLD}=1")
        for block in blocks:
            file = self.folder / ".blocks" / f"{block.line}.{block.language}"
            file.parent.mkdir(exist_ok=True)
            file.write_text(_with_ports(self._told(block.text), ports))
            lines += [f"echo $'\\n\\x01begin {block.line}'", _call(block, file, ports)]
        driver = self.folder / ".blocks" / "driver.sh"
        driver.parent.mkdir(exist_ok=True)
        driver.write_text("\n".join([*_exports(ports), *lines, ""]))
        return driver

    def _told(self, text: str) -> str:
        for name, real in self.instead.items():
            text = text.replace(name, real)
        return text

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
        more = "".join(f"{folder}:" for folder in self.programs)
        path = f"{self.folder / '.bin'}:{Path(sys.executable).parent}:{more}/usr/local/bin:/usr/bin:/bin"
        own = {"PATH": path, "HOME": str(self.folder), "PYTHONPATH": str(self.folder), "TERM": "dumb"}
        return kept | own | dict(self.settings)


def _runs(block: Block) -> bool:
    how = treatment(block)
    if isinstance(how, Run) and how.needs:
        return shutil.which(how.needs) is not None
    return isinstance(how, Run | Serve)


def _exports(ports: Mapping[str, str]) -> list[str]:
    """The ports as those settings and make variables that stand in for the defaults."""
    return [f"export PORT={ports['3000']} CHURN_API_PORT={ports['8000']}"]


def _call(block: Block, file: Path, ports: Mapping[str, str]) -> str:
    """What the shell runs for a block."""
    how = treatment(block)
    if isinstance(how, Serve):
        return f"serve {file} {_with_ports(how.url, ports)}"
    call = f"python {file}" if block.language == "python" else f". {file}"
    return (
        f"if ( {call} ); then echo 'It should have failed.'; exit 1; fi" if isinstance(how, Run) and how.fails else call
    )


def _with_ports(text: str, ports: Mapping[str, str]) -> str:
    """The text with the ports of the pages exchanged, where they stand as ports."""
    return re.sub(rf"(?<=[: ])({'|'.join(PORTS)})\b", lambda found: ports[found[1]], text)


def _free_ports(count: int) -> list[str]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [str(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _by_block(printed: str, blocks: Sequence[Block]) -> dict[int, str]:
    """What was printed, by the line of the block."""
    parts = printed.split(f"\n{BEGIN}")[1:]
    return {block.line: part.partition("\n")[2] for block, part in zip(blocks, parts, strict=False)}


def copied_repository(folder: Path, address: Path) -> Path:
    """A copy of what a reader's clone holds, beside the same environment; nothing in it is newer than that.

    At `address` somebody takes calls of `churn-assets`.
    """
    folder.mkdir(parents=True)
    for name in (*COPIED, *CONFIGURED):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "results"))
        else:
            shutil.copy(source, folder / name)
    for name in ("pyproject.toml", "requirements.lock"):  # else `make` would install the copy over the original
        os.utime(folder / name, (0, 0))
    (folder / "data").mkdir()
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / ".bin").mkdir()
    for name, text in {"duckdb": DUCKDB.format(python=sys.executable), "churn-assets": client(address)}.items():
        program = folder / ".bin" / name
        program.write_text(text)
        program.chmod(0o755)
    return folder
