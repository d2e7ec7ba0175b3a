"""User agents as browsers send them: desktops, phones and tablets, some with the literal quotes of old logs."""

from itertools import product

_CHROMIUM = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}"
_CHROMES = ("36.0.1985.143", "108.0.0.0", "117.0.5938.92", "120.0.0.0")
_FIREFOXES = ("31.0", "109.0", "118.0")
_DESKTOPS = ("Windows NT 6.1; WOW64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7")
_GECKOS = (
    "Windows NT 6.1; WOW64",
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10.9",
    "X11; Linux x86_64",
)
_ANDROIDS = ("Linux; Android 13; Pixel 7", "Linux; Android 12; SM-G991U", "Linux; Android 10; moto g(7) power")
_OLD_APPLE = "Mozilla/5.0 ({system}) AppleWebKit/537.51.2 (KHTML, like Gecko) Version/7.0 Mobile/11D257 Safari/9537.53"
_OLD_MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_4) AppleWebKit/537.78.2 (KHTML, like Gecko) "
    "Version/7.0.6 Safari/537.78.2"
)
_CHROME_ON_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "CriOS/119.0.6045.109 Mobile/15E148 Safari/604.1"
)
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"


def _desktop_agents() -> list[str]:
    chrome = f"Mozilla/5.0 ({{system}}) {_CHROMIUM} Safari/537.36"
    agents = [chrome.format(system=system, version=version) for system, version in product(_DESKTOPS, _CHROMES)]
    agents += [
        f"Mozilla/5.0 ({system}; rv:{rv}) Gecko/20100101 Firefox/{rv}" for system, rv in product(_GECKOS, _FIREFOXES)
    ]
    agents += [f"{agent} Edg/120.0.2210.91" for agent in agents[5:8]]
    return [
        *agents,
        f"{_MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Safari/605.1.15",
        f"{_MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15",
        _OLD_MAC,
        "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
        "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; WOW64; Trident/6.0)",
        chrome.format(system="X11; CrOS x86_64 14541.0.0", version="119.0.0.0"),
        chrome.format(system="X11; Linux x86_64", version="118.0.0.0"),
        chrome.format(system="Windows NT 10.0; Win64; x64", version="119.0.0.0") + " OPR/105.0.0.0",
    ]


def _mobile_agents() -> list[str]:
    chrome = f"Mozilla/5.0 ({{system}}) {_CHROMIUM} Mobile Safari/537.36"
    apple = (
        "Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} Mobile/15E148 Safari/604.1"
    )
    iphones = [
        ("iPhone; CPU iPhone OS 16_6 like Mac OS X", "16.6"),
        ("iPhone; CPU iPhone OS 17_1 like Mac OS X", "17.1"),
    ]
    return [
        *(chrome.format(system=system, version=version) for system, version in product(_ANDROIDS, _CHROMES[1:])),
        # four times over: agents are drawn evenly, and in the United States most phones are these
        *(apple.format(system=system, version=version) for system, version in iphones * 4),
        apple.format(system="iPad; CPU OS 16_6 like Mac OS X", version="16.6"),
        _OLD_APPLE.format(system="iPhone; CPU iPhone OS 7_1_2 like Mac OS X"),
        _OLD_APPLE.format(system="iPad; CPU OS 7_1_2 like Mac OS X"),
        _CHROME_ON_IPHONE,
        "Mozilla/5.0 (Android 13; Mobile; rv:118.0) Gecko/118.0 Firefox/118.0",
        f"Mozilla/5.0 (Linux; Android 12; SM-T870) {_CHROMIUM.format(version='116.0.0.0')} Safari/537.36",
    ]


def _as_logged(agents: list[str]) -> tuple[str, ...]:
    """Every agent, quoted where the logs of old quote it: around the WebKit ones of 2014."""
    old = ("Chrome/36.", "Version/7.0")
    return tuple(f'"{agent}"' if any(mark in agent for mark in old) else agent for agent in agents)


DESKTOP_AGENTS = _as_logged(_desktop_agents())
MOBILE_AGENTS = _as_logged(_mobile_agents())
AGENTS = DESKTOP_AGENTS + MOBILE_AGENTS
