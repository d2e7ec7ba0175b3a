"""`python -m benchmarks.publish [RESULTS] [--check]`: the page of the documents, from results that are kept beside it.

With RESULTS, a results.json of a run, these become the ones that are kept; without, page and pictures are written again
from those that are. --check writes nothing, and fails if page or pictures are not what would be written.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.curves import pictures
from benchmarks.page import IMAGES, page, write_page
from benchmarks.results import Results, read_results, write_results

DOCS = Path(__file__).parents[1] / "docs"
KEPT, PAGE = "performance.json", "performance.md"


def publish(docs: Path, results: Path | None) -> list[Path]:
    """Write page and pictures below `docs`, from `results` or from those that are kept there; gives all paths.

    Raises ValueError for results of the small size, whose figures mean little.
    """
    if results is None:
        return write_page(read_results(docs / KEPT), docs / PAGE)
    found = read_results(results)
    if found.size != "full":
        raise ValueError(f"{results} is of the size `{found.size}`, which says little; publish a full run.")
    write_results(found, docs / KEPT)
    return [docs / KEPT, *write_page(found, docs / PAGE)]


def stale(docs: Path) -> list[Path]:
    """Page and pictures that are not what the kept results and the code say."""
    wanted = _contents(read_results(docs / KEPT), docs)
    return [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]


def _contents(results: Results, docs: Path) -> Mapping[Path, str]:
    return {docs / PAGE: page(results)} | {docs / IMAGES / name: text for name, text in pictures(results).items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publish", description=__doc__)
    parser.add_argument("results", nargs="?", type=Path, help="results.json of a run at the full size")
    parser.add_argument("--check", action="store_true", help="fail if the page is not what would be written")
    parser.add_argument("--docs", type=Path, default=DOCS, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.check:
        found = stale(asked.docs)
        if found:
            names = ", ".join(str(path.relative_to(asked.docs.parent)) for path in found)
            print(f"{names} no longer match docs/{KEPT}: run `make docs` and commit them.", file=sys.stderr)
        return bool(found)
    for path in publish(asked.docs, asked.results):
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
