"""What figures were measured with: machine, code, versions."""

import hashlib
import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.measuring import THREADS

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "duckdb",
    "ibis-framework",
    "pyarrow",
    "pandas",
    "numpy",
    "msgspec",
    "scikit-learn",
    "catboost",
    "shap",
    "dagster",
    "fastapi",
    "sqlalchemy",
)
MEBIBYTE = 1 << 20
SOURCES = ("churn_assets", "benchmarks")
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Machine:
    """The computer; `threads` is what a measured process may use of its cores."""

    system: str
    processor: str
    cores: int
    memory_mb: int
    threads: int


@dataclass(frozen=True)
class Conditions:
    """What two figures must have in common to be comparable."""

    machine: Machine
    versions: dict[str, str]
    code: str
    """A digest of every source file, whether committed or not."""
    commit: str
    has_changes: bool
    """Whether the code differed from the commit."""

    def are_those_of(self, other: "Conditions") -> bool:
        """Whether figures of both may stand for each other: the same code, libraries and machine."""
        return (self.machine, self.versions, self.code) == (other.machine, other.versions, other.code)


def conditions() -> Conditions:
    """Those of this process."""
    commit = _git("rev-parse", "HEAD") or UNKNOWN
    has_changes = bool(_git("status", "--porcelain", "--", *SOURCES))
    return Conditions(machine(), versions(), code_digest(ROOT), commit, has_changes)


def code_digest(root: Path) -> str:
    """A digest of the names and contents of all source files below `root`."""
    digest = hashlib.sha256()
    for path in sorted(path for source in SOURCES for path in (root / source).rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def machine() -> Machine:
    """The computer that this runs on."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MEBIBYTE
    return Machine(platform.platform(), _processor(), os.cpu_count() or 1, memory, THREADS)


def _processor() -> str:
    """The processor's name where the kernel tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def versions() -> dict[str, str]:
    """Versions of Python and of what does the work."""
    return {"python": platform.python_version()} | {package: version(package) for package in PACKAGES}


def _git(*arguments: str) -> str:
    """What git says; nothing where there is no git, or no repository."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
