"""Lines as nobody should write them: every kind of token in every field, and every way to tear lines apart."""

import json
from collections.abc import Sequence

import pyarrow as pa
from hypothesis import strategies as st

from churn_assets.ingest.line_table import LINE_COLUMNS, LineColumn
from churn_assets.ingest.log_line import PLAUSIBLE_FROM_MS, PLAUSIBLE_UNTIL_MS
from churn_assets_tests.ingest.lines import EVENT, START


def _good() -> dict[str, str]:
    return {key: json.dumps(value) for key, value in EVENT.items()}


def _unescaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _object(fields: Sequence[tuple[str, str]]) -> str:
    return "{" + ",".join(f'"{key}":{token}' for key, token in fields) + "}"


NUMBERS = (
    *("0", "-0", "-0.0", "0.0", "1", "1.0", "3.50", "1e3", "1E+2", "-1", "-1e-400", "1e-400", "1e400", "-1e999", "01"),
    *("1.", ".5", "+1", "-", "NaN", "Infinity", "-Infinity", "inf", "Inf", "nan", "0x10", "1_000", "200", "404"),
    *(str(2**53), str(2**53 + 1), str(2**63 - 1), str(2**63), str(2**64), "1" + "0" * 400, "9007199254740993.0"),
    *(str(START), f"{START}.0", f"{START}.75", f"{START}e0", str(START // 1000), str(START * 1000), "946684799999"),
    *("4102444799999", "4102444799999.999", "4102444800000", "2.2250738585072011e-308", "123456789012345678901.25"),
    *("0.1", "179.59138", "5e-324", "1.7976931348623157e308", "8.98846567431158e307", "0.30000000000000004"),
)
TEXTS = (
    *('""', '"26"', '"free"', '"2018-11-01T00:00:00"', '"2018-11-01"', '"1541030400000"', '"3.0"', '"true"'),
    *(r'"\u0000"', r'"a\u0000b"', r'"\\u0000"', r'"\\\u0000"', r'"\ud800"', r'"\udc00 tail"', r'"\ud83d\ude00"'),
    *(r'"\ud83d\u0041"', r'"\ud83d"', r'"\uD83D\uDE00"', r'"\u00e9"', r'"\/"', r'"\b\f\n\r\t"', r'"\x41"', '"\\'),
    *('"\U0001f600 \u2028 \ufeff"', '"}"', '"}\\n{"', '"[{"', '"a\x7fb"', '"a\x01b"', '"a\tb"', '"a\0b"', "'a'"),
)
NESTED = ("{}", "[]", '{"ts":5}', '[1,{"a":[]}]', "[1,]", '{"a":1,}', "[NaN]", '{"a":inf}', "[\0]", "[" * 9 + "]" * 9)
WORDS = ("null", "true", "false", "None", "nul", "")
TOKENS = st.sampled_from([*NUMBERS, *TEXTS, *NESTED, *WORDS])
KNOWN = tuple(column.written for column in LINE_COLUMNS)
KEYS = st.sampled_from([*KNOWN, *KNOWN, "other", "", "user_id", "TS", r"t\u0073", r"pag\u0065", r"\ud800", "\ufeffts"])
TEXT = st.text(max_size=5)
LENGTHS = st.floats(min_value=0, allow_nan=False, allow_infinity=False).map(repr) | st.integers(0, 2**70).map(str)
TIMES = st.floats(PLAUSIBLE_FROM_MS, PLAUSIBLE_UNTIL_MS).map(repr)


def _fair(column: LineColumn) -> st.SearchStrategy[str]:
    """Tokens that the field may hold."""
    if column.type == pa.string():
        return TEXT.map(json.dumps) | TEXT.map(_unescaped)
    if column.type == pa.int64():
        return st.integers(column.least, column.most).map(str)
    return TIMES if column.name == "registration" else LENGTHS


FAIR_LINES = st.fixed_dictionaries({}, optional={column.written: _fair(column) for column in LINE_COLUMNS}).map(
    lambda fields: _object([*(_good() | fields).items()])
)
ODD_LINES = st.lists(st.tuples(KEYS, TOKENS), max_size=3).flatmap(
    lambda odd: st.permutations([*_good().items(), *odd]).map(_object)
)
ENDS = ("\n\n", "", " ", " \n", "\n ", "\r\n", ",\n", "\n,", "\n\ufeff", "\0", "\n\0", "}\n{")
MOSTLY_ENDS = st.sampled_from([*["\n"] * 5 * len(ENDS), *ENDS])


@st.composite
def hostile_data(draw: st.DrawFn) -> bytes:
    """A few lines, some of them odd, joined as lines mostly are."""
    lines = draw(
        st.lists(st.sampled_from([FAIR_LINES] * 4 + [ODD_LINES]).flatmap(lambda some: some), min_size=1, max_size=5)
    )
    data = lines[0] + "".join(draw(MOSTLY_ENDS) + line for line in lines[1:])
    cut = draw(st.sampled_from([0, 0, 0, 0, 0, 1, 2, 7]))
    return data[: len(data) - cut].encode()
