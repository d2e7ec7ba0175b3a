"""Device, operating system and browser from a user agent, as ua-parser's rules see it, in our own few words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from churn_assets.ingest.tables import DEVICES
from churn_assets.lake.recipe import texts

if TYPE_CHECKING:
    import pyarrow as pa
    from ua_parser import Result

OTHER = "Other"
AGENT_COLUMNS = ("user_agent", "device", "os", "browser")
_CACHED_AGENTS = 1 << 14
_MEANINGFUL_CHARACTERS = 512
_SYSTEMS = {
    "Mac OS X": "macOS",
    "iOS": "iOS",
    "Android": "Android",
    "Fire OS": "Android",
    "Chrome OS": "Chrome OS",
    **dict.fromkeys(("Windows", "Windows 95", "Windows 98", "Windows ME", "Windows 3.1"), "Windows"),
    **dict.fromkeys(("Linux", "Ubuntu", "Kubuntu", "Lubuntu", "Xubuntu", "Debian", "Raspbian", "Linux Mint"), "Linux"),
    **dict.fromkeys(("Fedora", "Red Hat", "CentOS", "SUSE", "openSUSE", "Mandriva", "Mageia", "PCLinuxOS"), "Linux"),
    **dict.fromkeys(("Gentoo", "Arch Linux", "Slackware"), "Linux"),
}
_BROWSERS = (
    ("Edge", "Edge"),
    ("Opera", "Opera"),
    ("Chrome", "Chrome"),
    ("Chromium", "Chrome"),
    ("Firefox", "Firefox"),
    ("Safari", "Safari"),
    ("Mobile Safari", "Safari"),
    ("IE", "Internet Explorer"),
)
_DESKTOPS = frozenset({"Windows", "macOS", "Linux", "Chrome OS"})
_HANDHELD = frozenset({"iOS", "Android"})
_TABLETS = ("iPad", "Kindle", "PlayBook", "Silk")
_PHONES = frozenset({"Windows Phone", "Windows Mobile", "BlackBerry OS", "Symbian OS", "Firefox OS", "KaiOS", "Tizen"})
_NO_PERSON = "Spider"
_SCREENS = re.compile(r"TV\b|PlayStation|Xbox|Nintendo|\bAFT|CrKey|Roku")
_FULL_BROWSER = "Mozilla/"


@dataclass(frozen=True)
class Agent:
    """What a listener used, in the words of `DEVICES`, `OPERATING_SYSTEMS` and `BROWSERS`."""

    device: str
    os: str
    browser: str


UNKNOWN = Agent(OTHER, OTHER, OTHER)


def agent(user_agent: str | None) -> Agent | None:
    """What `user_agent` says; None for None and for text without content. Literal quotes around it are ignored.

    Bots, and whatever ua-parser does not know, are `Other`. An Android browser that does not call itself `Mobile` runs
    on a tablet (Chrome's "User-Agent Strings" page); an iPad in desktop mode calls itself a Mac, and is taken for one.
    """
    text = (user_agent or "").strip().strip('"').strip()
    return _agent(text[:_MEANINGFUL_CHARACTERS]) if text else None


def named_device(written: str | None) -> str | None:
    """The kind of device that an event names instead of a user agent; None where it names none, `Other` if unknown."""
    word = (written or "").strip().capitalize()
    return (word if word in DEVICES else OTHER) if word else None


def agent_table(user_agents: Iterable[str | None]) -> "pa.Table":
    """One row of AGENT_COLUMNS for each distinct user agent, as the log has it; nulls have none."""
    names = sorted({name for name in user_agents if name is not None})
    found = [agent(name) for name in names]
    columns = [[getattr(one, field, None) for one in found] for field in ("device", "os", "browser")]
    return texts(dict(zip(AGENT_COLUMNS, (names, *columns), strict=True)))


@lru_cache(_CACHED_AGENTS)
def _agent(text: str) -> Agent:
    import ua_parser

    parsed = ua_parser.parse(text)
    if parsed.device and parsed.device.family == _NO_PERSON:
        return UNKNOWN
    return Agent(_device(text, parsed), _system(parsed), _browser(parsed))


def _system(parsed: "Result") -> str:
    return _SYSTEMS.get(parsed.os.family, OTHER) if parsed.os else OTHER


def _browser(parsed: "Result") -> str:
    """The browser whose name the family is or begins with, as in `Chrome Mobile`."""
    family = parsed.user_agent.family if parsed.user_agent else ""
    is_named = (ours for name, ours in _BROWSERS if family == name or family.startswith(f"{name} "))
    return next(is_named, OTHER)


def _device(text: str, parsed: "Result") -> str:
    if _SCREENS.search(text):
        return OTHER
    if _is_tablet(text, parsed):
        return "Tablet"
    system = _system(parsed)
    if system in _HANDHELD or (parsed.os and parsed.os.family in _PHONES):
        return "Mobile"
    return "Desktop" if system in _DESKTOPS else OTHER


def _is_tablet(text: str, parsed: "Result") -> bool:
    """Tablets by name, and those whose browser says Android but does not say that it is a phone's."""
    if parsed.device and parsed.device.family.startswith(_TABLETS):
        return True
    return _system(parsed) == "Android" and text.startswith(_FULL_BROWSER) and "Mobile" not in text
