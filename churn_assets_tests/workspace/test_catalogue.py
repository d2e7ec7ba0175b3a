"""The list of tables that notebooks see, held against what Dagster has."""

from typing import get_args

import pytest

from churn_assets.definitions import defs
from churn_assets.errors import UnknownNameError
from churn_assets.resources.lake_io import CONTRACT
from churn_assets.workspace.catalogue import BY_NAME, ENTRIES, TableName, find
from churn_assets.workspace.workspace import Workspace
from churn_assets_tests.end_to_end.service import Service

GRAPH = defs.resolve_asset_graph()
NODES = {key.to_user_string(): GRAPH.get(key) for key in GRAPH.get_all_asset_keys()}


def test_every_table_of_the_platform_is_there_in_its_group_and_with_its_contract() -> None:
    tables = {name: node for name, node in NODES.items() if CONTRACT in node.metadata}

    assert {name: (entry.group, entry.contract) for name, entry in BY_NAME.items()} == {
        name: (node.group_name, node.metadata[CONTRACT].instance) for name, node in tables.items()
    }


def test_editors_complete_exactly_these_names() -> None:
    assert get_args(TableName) == tuple(entry.name for entry in ENTRIES)


def test_upstream_tables_come_first() -> None:
    places = {entry.name: place for place, entry in enumerate(ENTRIES)}
    later = [
        (name, parent.to_user_string())
        for name in places
        for parent in NODES[name].parent_keys
        if places.get(parent.to_user_string(), -1) > places[name]
    ]

    assert later == []


def test_which_partitions_can_be_is_what_status_says(ws: Workspace, service: Service) -> None:
    with service.session() as session:
        states = {state.asset: list(state.keys) for state in session.states()}

    shelf = ws._shelf

    assert {name: list(shelf.partitions(entry).possible) for name, entry in BY_NAME.items()} == states


@pytest.mark.parametrize(
    ("name", "guess"),
    [("event", "events"), ("Events", "events"), ("user_feature", "user_features"), ("scores", "churn_scores")],
)
def test_an_unknown_table_is_told_with_the_one_that_was_meant_and_all_others(name: str, guess: str) -> None:
    with pytest.raises(UnknownNameError, match=rf"no table '{name}': did you mean .*'{guess}'.*There are raw_logs, "):
        find(name)


def test_an_unknown_column_is_told_with_the_one_that_was_meant() -> None:
    with pytest.raises(UnknownNameError, match="events has no column 'users_id': did you mean 'user_id'"):
        find("events").column_names(["ts", "users_id"])


def test_one_column_may_be_given_as_text() -> None:
    assert find("events").column_names("page") == ("page",)
    assert find("events").column_names(None) is None
