"""Devices, systems and browsers, of the agents in the real logs and of others."""

# ruff: noqa: E501 - user agents are long

from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.ingest.tables import BROWSERS, DEVICES, OPERATING_SYSTEMS
from churn_assets.ingest.user_agent import AGENT_COLUMNS, Agent, agent, agent_table
from churn_assets_tests.ingest.lines import PROPERTY, SHARED
from churn_assets_tests.ingest.real_logs import real_values

KHTML = "(KHTML, like Gecko)"
MOZILLA = "Mozilla/5.0"
KNOWN = {
    f"{MOZILLA} (Macintosh; Intel Mac OS X 10_9_4) AppleWebKit/537.78.2 {KHTML} Version/7.0.6 Safari/537.78.2": "Desktop macOS Safari",
    f"{MOZILLA} (Windows NT 6.1; WOW64) AppleWebKit/537.36 {KHTML} Chrome/36.0.1985.125 Safari/537.36": "Desktop Windows Chrome",
    f"{MOZILLA} (X11; Linux x86_64) AppleWebKit/537.36 {KHTML} Ubuntu Chromium/36.0 Chrome/36.0 Safari/537.36": "Desktop Linux Chrome",
    f"{MOZILLA} (X11; Ubuntu; Linux i686; rv:31.0) Gecko/20100101 Firefox/31.0": "Desktop Linux Firefox",
    f"{MOZILLA} (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko": "Desktop Windows Internet Explorer",
    f"{MOZILLA} (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)": "Desktop Windows Internet Explorer",
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Tablet PC 2.0)": "Desktop Windows Internet Explorer",
    f"{MOZILLA} (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 {KHTML} Chrome/91.0 Safari/537.36 Edg/91.0": "Desktop Windows Edge",
    f"{MOZILLA} (Windows NT 6.1) AppleWebKit/537.36 {KHTML} Chrome/91.0.4472 Safari/537.36 OPR/77.0.4054": "Desktop Windows Opera",
    f"{MOZILLA} (X11; CrOS x86_64 13904.97.0) AppleWebKit/537.36 {KHTML} Chrome/91.0 Safari/537.36": "Desktop Chrome OS Chrome",
    f"{MOZILLA} (iPhone; CPU iPhone OS 7_1 like Mac OS X) AppleWebKit/537.51.2 {KHTML} Version/7.0 Mobile/11D167 Safari/9537": "Mobile iOS Safari",
    f"{MOZILLA} (iPhone; CPU iPhone OS 7_1_2 like Mac OS X) AppleWebKit/537.51.1 {KHTML} GSA/4.1.0 Mobile/11D257 Safari/9537": "Mobile iOS Other",
    f"{MOZILLA} (iPhone; CPU iPhone OS 14_0 like Mac OS X) AppleWebKit/605.1.15 {KHTML} CriOS/87.0 Mobile/15E148 Safari/604": "Mobile iOS Chrome",
    f"{MOZILLA} (iPhone; CPU iPhone OS 14_0 like Mac OS X) AppleWebKit/605.1.15 {KHTML} FxiOS/29.0 Mobile/15E148 Safari/605": "Mobile iOS Firefox",
    f"{MOZILLA} (iPad; CPU OS 7_1_2 like Mac OS X) AppleWebKit/537.51.2 {KHTML} Version/7.0 Mobile/11D257 Safari/9537.53": "Tablet iOS Safari",
    f"{MOZILLA} (Linux; Android 13; Pixel 7) AppleWebKit/537.36 {KHTML} Chrome/116.0.0.0 Mobile Safari/537.36": "Mobile Android Chrome",
    f"{MOZILLA} (Linux; Android 10; SM-T510) AppleWebKit/537.36 {KHTML} Chrome/80.0.3987 Safari/537.36": "Tablet Android Chrome",
    f"{MOZILLA} (Linux; Android 5.1.1; KFAUWI) AppleWebKit/537.36 {KHTML} Silk/70.4 like Chrome/70.0 Safari/537.36": "Tablet Android Other",
    f"{MOZILLA} (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 {KHTML} Chrome/52.0 Mobile Safari/537.36 Edge/15.1": "Mobile Other Edge",
    "Dalvik/2.1.0 (Linux; U; Android 10; SM-G960F Build/QP1A)": "Mobile Android Other",
    f"{MOZILLA} (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36 {KHTML} Version/5.0 TV Safari/537.36": "Other Other Safari",
    f"{MOZILLA} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": "Other Other Other",
    "curl/7.68": "Other Other Other",
    "x" * 100_000: "Other Other Other",
}


def words(found: Agent | None) -> str:
    assert found is not None
    return f"{found.device} {found.os} {found.browser}"


@pytest.mark.parametrize(("text", "expected"), KNOWN.items(), ids=range(len(KNOWN)))
def test_an_agent_is_told_in_our_words(text: str, expected: str) -> None:
    assert words(agent(text)) == expected


@pytest.mark.parametrize("text", KNOWN, ids=range(len(KNOWN)))
def test_literal_quotes_do_not_matter(text: str) -> None:
    assert agent(f'"{text}"') == agent(text)


@pytest.mark.parametrize("text", [None, "", '""', "  "])
def test_no_agent_is_none(text: str | None) -> None:
    assert agent(text) is None


def test_the_table_has_one_row_for_each_text_as_the_log_has_it() -> None:
    table = agent_table(["curl/7.68", None, '"curl/7.68"', "curl/7.68", ""])

    assert table.schema == pa.schema([(name, pa.string()) for name in AGENT_COLUMNS])
    assert table.to_pylist() == [
        {"user_agent": "", "device": None, "os": None, "browser": None},
        {"user_agent": '"curl/7.68"', "device": "Other", "os": "Other", "browser": "Other"},
        {"user_agent": "curl/7.68", "device": "Other", "os": "Other", "browser": "Other"},
    ]


def test_a_log_without_agents_gives_an_empty_table() -> None:
    assert agent_table([None]).num_rows == 0


@PROPERTY
@given(st.text(st.sampled_from("Android Mobile/iPad;(Mac OS X)Chrome TV bot\0\u00e9"), max_size=60))
def test_any_text_is_told_in_our_words(text: str) -> None:
    found = agent(text)

    assert found is None or (found.device in DEVICES and found.os in OPERATING_SYSTEMS and found.browser in BROWSERS)


def plain_reading(text: str) -> Iterator[str]:
    """A second opinion for the agents of 2014 in the real logs, by the one mark of each that tells it apart."""
    yield "Tablet" if "iPad" in text else "Mobile" if "iPhone" in text else "Desktop"
    systems = {"iP": "iOS", "Windows NT": "Windows", "Mac OS X": "macOS", "Linux": "Linux"}
    yield next(name for mark, name in systems.items() if mark in text)
    browsers = {
        "Trident": "Internet Explorer",
        "Firefox": "Firefox",
        "Chrome": "Chrome",
        "GSA": "Other",
        "Safari": "Safari",
    }
    yield next(name for mark, name in browsers.items() if mark in text)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared logs are not here")
def test_every_agent_of_the_real_logs_is_read_right() -> None:
    texts = real_values("userAgent")

    assert len(texts) > 35
    for text in texts:
        device, system, browser = plain_reading(text)
        assert agent(text) == Agent(device, system, browser)
        assert device in DEVICES
        assert system in OPERATING_SYSTEMS
        assert browser in BROWSERS
