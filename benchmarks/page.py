"""`docs/performance.md`: what each stage costs, what bounds it, how it grows, and what far more events would need."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.curves import curves_of, pictures, section
from benchmarks.extrapolation import extrapolated
from benchmarks.findings import Findings, Profile, Target
from benchmarks.results import Measurement, Results
from benchmarks.stages import STAGES
from benchmarks.words import limit, peak, plain, spread, table, wall, wrapped

IMAGES = "images"
HEAD = """# What it costs, and how that grows

Generated from a run of the benchmark (`make bench`; the size is `{size}`): every figure below was measured by one
command, each beside its reference in the same run. CPU seconds are those of whole processes, start and imports
included, user and system together; of repeats the cheapest counts, since other work on a machine can only make a
process look dearer. *Spread* says by how much the dearest repeat lay above it. Wall seconds with ~ were disturbed:
somebody else kept a quarter of a core or more busy.

{conditions}
"""
AGAIN = """## Measure it again

<!-- not run: it takes a quarter of an hour and gigabytes of disk -->
```sh
make bench                              # everything, at the full size; below benchmarks/results/full/
make bench SIZE=small                   # a few minutes: whether it works, not how fast it is
make bench STAGES="ingest features"     # these stages alone
make bench RESUME=1                     # go on where a run was interrupted
.venv/bin/python -m benchmarks.publish benchmarks/results/full/results.json   # this page and its pictures
```

`.venv/bin/python -m benchmarks --help` lists the stages. Data lie in a folder below `$TMPDIR` that is removed at the
end, or in the one that `--scratch` names, which stays. How the benchmark works, and why:
[42](decisions/0042-benchmark.md).
"""
GOALS = """## Goals

What the project's issues ask for. {met} of {all} are met.
"""
SMALL = """## Goals

What the project's issues ask for. They are about larger data than these: nothing is met or missed here.
"""
FAR = "## A billion events, a hundred billion"


def write_page(results: Results, path: Path) -> list[Path]:
    """Write the page, and its pictures below `images/` beside it; gives all paths."""
    written = {path: page(results)}
    written |= {path.parent / IMAGES / name: text for name, text in pictures(results).items()}
    for target, text in written.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return list(written)


def page(results: Results) -> str:
    """The page as Markdown."""
    measured = {name: results.stages[name] for name in STAGES if name in results.stages}
    parts = [
        HEAD.format(size=results.size, conditions="\n".join(_conditions(measured))).rstrip(),
        *_goals(results.size, [target for stage in measured.values() for target in stage.findings.targets]),
        "## Stages",
        *(_stage(name, stage) for name, stage in measured.items()),
        *_missing(measured),
        "## How the cost grows",
        *(section(axis, curves) for axis, curves in curves_of(results).items()),
        FAR,
        extrapolated(results),
        AGAIN.rstrip(),
    ]
    return "\n\n".join(parts) + "\n"


def _conditions(measured: Mapping[str, Measurement]) -> Iterator[str]:
    """Machine, code and versions, each once, or with the stages that share it."""
    for told in (_machine, _code, _versions):
        groups: dict[str, list[str]] = {}
        for name, stage in measured.items():
            groups.setdefault(told(stage), []).append(name)
        for text, names in groups.items():
            yield f"- {text}" + (f" ({', '.join(names)})" if len(groups) > 1 else "")
    minutes = sum(stage.seconds for stage in measured.values()) / 60
    yield f"- {minutes:.0f} minutes on the wall in all, data included"


def _machine(stage: Measurement) -> str:
    machine = stage.conditions.machine
    cores = f"{machine.threads} of {machine.cores} cores"
    return f"{machine.processor}, {cores}, {machine.memory_mb / 1024:.0f} GB, {machine.system}"


def _code(stage: Measurement) -> str:
    changes = " with changes" if stage.conditions.has_changes else ""
    return f"commit {stage.conditions.commit[:9]}{changes}, measured on {stage.at:%Y-%m-%d}"


def _versions(stage: Measurement) -> str:
    return ", ".join(f"{name} {version}" for name, version in stage.conditions.versions.items())


def _goals(size: str, targets: Sequence[Target]) -> Iterator[str]:
    asked = [target for target in targets if target.issue is not None]
    yield SMALL if size == "small" else GOALS.format(met=sum(t.is_met for t in asked), all=len(asked)).rstrip()
    rows = [
        (target.promise, f"issue {target.issue}", plain(target.figure), limit(target), _verdict(size, target))
        for target in asked
    ]
    yield table(["promise", "asked for in", "measured", "goal", ""], rows, texts=2)


def _verdict(size: str, target: Target) -> str:
    if size == "small":
        return ""
    return "met" if target.is_met else "**missed**"


def _stage(name: str, stage: Measurement) -> str:
    findings = stage.findings
    sizes = ", ".join(f"{count:,} {what}" for what, count in findings.sizes.items())
    parts = [
        f"### {name.replace('_', ' ').capitalize()}",
        f"{STAGES[name].title[0].upper()}{STAGES[name].title[1:]}. {sizes[0].upper()}{sizes[1:]}.",
        table(
            ["process", "CPU s", "spread", "wall s", "peak MB"],
            (
                (line.case, plain(line.cost.cpu_seconds), spread(line.cost), wall(line.cost), peak(line.cost))
                for line in findings.lines
            ),
        ),
        *_beside(findings),
        wrapped(f"**What bounds it.** {STAGES[name].bound}"),
        *(_profile(profile) for profile in findings.profiles),
    ]
    return "\n\n".join(parts)


def _beside(findings: Findings) -> Iterator[str]:
    if findings.targets:
        rows = [(target.promise, plain(target.figure), limit(target)) for target in findings.targets]
        yield table(["compared, or asked for", "measured", "goal"], rows)


def _profile(profile: Profile) -> str:
    whole = sum(share.seconds for share in profile.shares)
    rows = [(share.part, plain(share.seconds), f"{share.seconds / whole:.0%}") for share in profile.shares]
    return f"Where `{profile.step}` spends its time, by {profile.by}:\n\n" + table(["part", "seconds", "share"], rows)


def _missing(measured: Mapping[str, Measurement]) -> Iterator[str]:
    missing = [name for name in STAGES if name not in measured]
    if missing:
        yield f"Not measured in this run: {', '.join(missing)}."
