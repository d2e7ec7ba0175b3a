"""The reference page of the commands, generated from their signatures: `docs/reference/cli.md`."""

import inspect
from collections.abc import Callable, Iterator
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from typer.models import ArgumentInfo, ParameterInfo

HEADER = """# Commands

Generated from `churn_assets/cli/app.py` by `make docs`. Every command reads the [settings](settings.md) from the
environment and from `.env`. `churn-assets --help`, and `--help` behind any command, say the same.

## Exit codes

| code | when |
|---|---|
| 0 | done; also if nothing was left to do, or if a stage had to wait and said why |
| 1 | it could not be done, or was stopped while it made tables; one line on stderr says what, and how to go on |
| 2 | there is no such command or option, or it does not take this value |
| 130 | stopped with Ctrl-C while it did anything else |

## All commands

| command | what it does |
|---|---|
"""
PROGRAM = "churn-assets"
WORDS = {bool: "nothing", int: "a whole number", float: "a number", datetime: "a day, such as `2026-01-02`"}
"""What options of a type take."""
Command = Callable[..., Any]


def command_page(app: typer.Typer) -> str:
    """The page of every command of `app` as Markdown, in the order of their declaration."""
    found = dict(_commands(app, PROGRAM))
    listed = [f"| [`{path}`](#{path.replace(' ', '-')}) | {_help(command)} |" for path, command in found.items()]
    return HEADER + "\n".join(listed) + "\n" + "".join(_section(path, command) for path, command in found.items())


def _commands(app: typer.Typer, before: str) -> Iterator[tuple[str, Command]]:
    """Every command that can be called, by how it is called; a group that does something by itself among them."""
    for info in app.registered_commands:
        if info.callback:
            yield f"{before} {info.name or info.callback.__name__.replace('_', '-')}", info.callback
    for group in app.registered_groups:
        inner = group.typer_instance
        if inner is None:
            continue
        path = f"{before} {group.name}"
        own = inner.registered_callback
        if own and own.callback:
            yield path, own.callback
        yield from _commands(inner, path)


def _help(command: Command) -> str:
    return " ".join((inspect.getdoc(command) or "").split())


def _section(path: str, command: Command) -> str:
    rows = list(_rows(command))
    head = ["| option | takes | default | what it is |", "|---|---|---|---|"]
    table = "\n".join([*head, *rows]) if rows else "No options."
    return f"\n## {path}\n\n{_help(command)}\n\n{table}\n"


def _rows(command: Command) -> Iterator[str]:
    for parameter in inspect.signature(command).parameters.values():
        if get_origin(parameter.annotation) is not Annotated:
            continue
        kind, info = get_args(parameter.annotation)
        default = "" if parameter.default in (None, False, parameter.empty) else f"`{parameter.default}`"
        yield f"| {_names(parameter.name, info)} | {_takes(kind, info)} | {default} | {info.help} |"


def _names(name: str, info: ParameterInfo) -> str:
    """How an option or argument is written."""
    if isinstance(info, ArgumentInfo):
        return f"`{name.upper()}`"
    # Beside `Annotated`, typer keeps the first name where the default used to stand.
    first = [info.default] if isinstance(info.default, str) else []
    given = [*first, *(info.param_decls or ())]
    return ", ".join(f"`{one}`" for one in given or [f"--{name.replace('_', '-')}"])


def _takes(kind: Any, info: ParameterInfo) -> str:
    """The values that an option takes, in words."""
    plain = _without_none(kind)
    if get_origin(plain) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(plain))
    return WORDS.get(plain, "text") + _range(info)


def _without_none(kind: Any) -> Any:
    """The type of an option that may be left out."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    return next(one for one in get_args(kind) if one is not NoneType)


def _range(info: ParameterInfo) -> str:
    low = "" if info.min is None else f" from {info.min}"
    return low if info.max is None else f"{low} to {info.max}"
