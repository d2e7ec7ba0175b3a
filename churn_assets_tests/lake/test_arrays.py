"""Arrow arrays hold what they were made of, and pandas is not needed for them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.lake.arrays import of_flags, of_numbers, of_texts, repeated
from churn_assets_tests.ingest.lines import PROPERTY, land, line

WITHOUT_PANDAS = """
import sys
from pathlib import Path
from churn_assets.ingest.decode import decode
from churn_assets.ingest.landing import list_landing
from churn_assets.ingest.location import place_table
from churn_assets.ingest.spool import Spool
from churn_assets.ingest.user_agent import agent_table
from datetime import date
day = date(2018, 11, 1)
with Spool(Path(sys.argv[2]), [day]) as spool:
    for decoded in decode(list_landing(sys.argv[1]), first_day=day, last_day=day, days=[day]):
        spool.append(decoded)
    spooled = spool.finish()
agent_table(["curl/7.68", None])
place_table(["Napa, CA"])
print(len(spooled.raw_logs), "pandas" in sys.modules)
"""


@pytest.mark.parametrize("count", [0, 1, 8, 13])
def test_flags_and_numbers_become_arrays_of_as_many_values(count: int) -> None:
    flags = np.arange(count) % 3 == 0

    assert of_flags(flags).to_pylist() == flags.tolist()
    assert of_numbers(np.arange(2 * count)[::2], pa.int64()).to_pylist() == list(range(0, 2 * count, 2))


@PROPERTY
@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts_and_nulls_stay_what_they_are(texts: list[str | None]) -> None:
    array = of_texts(texts)

    array.validate(full=True)
    assert array.equals(pa.array(texts, pa.string()))
    assert array.null_count == texts.count(None)


@PROPERTY
@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 20))
def test_a_repeated_text_is_there_as_often_as_asked(text: str, count: int) -> None:
    assert repeated(text, count).to_pylist() == [text] * count


def test_good_lines_and_what_is_looked_up_of_them_need_no_pandas(tmp_path: Path) -> None:
    land(tmp_path, "a.json", b"\n".join([line(), line()]))

    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PANDAS, str(tmp_path), str(tmp_path / "spool")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["1", "False"]
