import csv
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from churn_assets.errors import RetentionError
from churn_assets.retention.export import export_list
from churn_assets.retention.listing import retention_list
from churn_assets_tests.retention.scored import TERMS, candidates

HOSTILE = ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x";"y")', 'harmless, "quoted"', "3001"]


def hostile() -> pd.DataFrame:
    rows = candidates([0.9] * len(HOSTILE)).assign(user_id=HOSTILE, region=HOSTILE)
    return retention_list(rows.assign(reasons=[[text, "more"] for text in HOSTILE]), TERMS)


def read_back(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_no_cell_of_a_csv_file_starts_like_a_formula(tmp_path: Path) -> None:
    path = export_list(hostile(), tmp_path / "list.csv")

    rows = read_back(path)
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert {row["user_id"].removeprefix("'") for row in rows} == set(HOSTILE)
    assert sum(row["user_id"].startswith("'") for row in rows) == 7


def test_a_csv_file_holds_every_column_and_reasons_as_one_text(tmp_path: Path) -> None:
    listed = retention_list(candidates([0.5, 0.9], level=None), TERMS)
    listed["reasons"] = [["a", "b"], []]

    rows = read_back(export_list(listed, tmp_path / "new" / "list.csv"))

    assert list(rows[0]) == list(listed.columns)
    assert [(row["rank"], row["cutoff"], row["level"], row["reasons"]) for row in rows] == [
        ("1", "2026-03-02", "", "a; b"),
        ("2", "2026-03-02", "", ""),
    ]
    assert [float(row["churn_probability"]) for row in rows] == [0.9, 0.5]


def test_a_parquet_file_holds_the_list_as_it_is(tmp_path: Path) -> None:
    listed = hostile()

    back = pd.read_parquet(export_list(listed, tmp_path / "list.parquet"))

    back["reasons"] = back["reasons"].map(list)
    pd.testing.assert_frame_equal(back, listed)


def test_hold_outs_can_be_kept_out_of_what_callers_get(tmp_path: Path) -> None:
    listed = retention_list(candidates([0.9] * 40), replace(TERMS, hold_out=0.5))

    rows = read_back(export_list(listed, tmp_path / "list.csv", calls_only=True))

    assert [row["user_id"] for row in rows] == listed[listed["arm"] == "call"]["user_id"].tolist()
    assert 0 < len(rows) < 40


@pytest.mark.parametrize("name", ["list.xlsx", "list"])
def test_another_kind_of_file_is_refused_and_nothing_is_left(name: str, tmp_path: Path) -> None:
    with pytest.raises(RetentionError, match=r"use \.csv or \.parquet"):
        export_list(hostile(), tmp_path / name)

    assert list(tmp_path.iterdir()) == []


def test_an_empty_list_is_a_file_with_its_header(tmp_path: Path) -> None:
    path = export_list(hostile().head(0), tmp_path / "list.csv")

    assert path.read_text().startswith("cutoff,rank,user_id,arm,")
    assert read_back(path) == []
