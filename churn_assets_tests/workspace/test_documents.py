"""The reference page of the notebook API, held against the API."""

import inspect
import re

from churn_assets.workspace.models import Model
from churn_assets.workspace.workspace import Workspace
from churn_assets_tests.documents.markdown import ROOT

PAGE = (ROOT / "docs" / "notebook-api.md").read_text()


def public(kind: type) -> set[str]:
    """Names of the methods and properties of a class that are for everybody."""
    return {name for name, _ in inspect.getmembers(kind) if not name.startswith("_")}


def test_the_page_names_every_method_of_a_workspace_and_no_other() -> None:
    assert set(re.findall(r"ws\.(\w+)", PAGE)) == public(Workspace)


def test_the_page_names_everything_that_a_model_can_do() -> None:
    part = PAGE.partition("## Models")[2].partition("\n## ")[0]

    assert set(re.findall(r"`\.(\w+)", part)) == public(Model)


def test_every_argument_of_a_workspace_is_told_by_its_name() -> None:
    for name in public(Workspace):
        method = inspect.getattr_static(Workspace, name)
        if callable(method):
            told = [p for p in inspect.signature(method).parameters.values() if p.name not in ("self", "columns")]
            unnamed = [p.name for p in told if p.kind is not inspect.Parameter.KEYWORD_ONLY]
            assert len(unnamed) <= 1, name


def test_every_method_says_what_it_gives() -> None:
    for kind in (Workspace, Model):
        for name in public(kind):
            assert inspect.getdoc(inspect.getattr_static(kind, name)), name
