"""What the pages say, whoever asks and whatever the data holds."""

import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from churn_assets.web.app import create_site
from churn_assets.web.rendering import POLICY
from churn_assets_tests.serving.api.champions import Home
from churn_assets_tests.web.site import ACTIVE, ARTIST, HOSTILE, SCRIPT, TERMS, UNSCORED

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
LINK = re.compile(r'<a href="(/listener\?id=[^"]*)">([^<]*)</a>')


def text_of(page: str) -> str:
    """The words of a page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def empty_site(folder: Path) -> TestClient:
    return TestClient(create_site(Home(folder).settings()), base_url="http://localhost:8000", headers=BROWSER)


def test_the_first_page_shows_list_reports_and_champion(client: TestClient) -> None:
    told = text_of(client.get("/").text)

    assert "List of 1 Apr 2024 : 60 calls for 120.00" in told
    assert "do not call them" in told
    assert "2 of 10 features moved away from what the champion was trained on: feature_0, feature_1." in told
    assert "No metric got worse beyond chance." in told
    assert "Version 1 (logistic), registered" in told
    assert re.search(r"AUC 0\.\d{3} 0\.\d{3} to 0\.\d{3} How often", told)
    assert "Judged on 400 listener rows" in told


def test_filters_narrow_the_list_and_stay_in_the_form(client: TestClient) -> None:
    page = client.get("/", params={"level": "paid", "band": "high", "arm": "hold_out"}).text

    told = text_of(page)
    found = re.search(r"(\d+) listeners? of (\d+), the most valuable", told)
    assert found is not None
    assert 0 < int(found[1]) < int(found[2])
    assert '<option value="paid" selected>' in page
    assert set(re.findall(r'class="tag (high|medium|low)"', page)) == {"high"}
    assert 'class="tag call"' not in page


def test_pages_follow_each_other_and_hold_everybody_once(client: TestClient) -> None:
    seen: list[str] = []
    path: str | None = "/"
    while path:
        page = client.get(path).text
        seen += [user for _, user in LINK.findall(page)]
        following = re.search(r'rel="next" href="([^"]*)"', page)
        path = unescape(following[1]).partition("#")[0] if following else None

    assert len(seen) == len(set(seen)) > 60


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1e3", "²", "9" * 30])
def test_a_page_that_makes_no_sense_is_the_first_one(page: str, client: TestClient) -> None:
    assert "page 1 of" in client.get("/", params={"page": page}).text


def test_a_page_beyond_the_last_is_the_last(client: TestClient) -> None:
    assert re.search(r"page (\d+) of \1<", client.get("/", params={"page": "99"}).text)


def test_nobody_matching_is_said_with_a_way_back(client: TestClient) -> None:
    page = client.get("/", params={"region": SCRIPT}).text

    assert "Nobody on the list matches these filters." in page
    assert SCRIPT not in page


@pytest.mark.parametrize("user", HOSTILE)
def test_every_listener_of_the_list_has_a_page_behind_their_link(user: str, client: TestClient) -> None:
    pages = "".join(client.get("/", params={"page": str(n)}).text for n in (1, 2, 3))
    (link,) = [link for link, name in LINK.findall(pages) if unescape(name) == user]

    page = client.get(unescape(link))

    assert page.status_code == 200
    assert (
        f"Listener {user}".split()
        == unescape(
            re.findall(r"<h1>(.*?)</h1>", page.text)[0].replace('<span class="id">', "").replace("</span>", "")
        ).split()
    )


def test_nothing_in_the_data_becomes_markup(client: TestClient) -> None:
    for path in ("/", "/listener"):
        page = client.get(path, params={"id": ACTIVE, "level": SCRIPT}).text

        assert "<script" not in page
        assert "<img" not in page
        assert "onmouseover='" not in page
        assert "49" not in re.findall(r"{{|}}", page)


def test_a_listener_page_tells_score_reasons_arm_and_history(client: TestClient) -> None:
    page = client.get("/listener", params={"id": ACTIVE}).text

    told = text_of(page)
    assert "as of 1 Apr 2024 (model version 1)" in told
    assert f"{SCRIPT} raises the risk" in unescape(page)
    assert "Sessions in 7 days: 0 (typical 2) raises the risk" in told
    assert "Probability of leaving at 3 cut-offs." in page
    assert "Events a day: active on 14 of the last 90 days." in page
    assert page.count(str(ARTIST.partition("> ")[2].replace("&", "&amp;"))) >= 12
    assert TERMS.draw.arm(ACTIVE).replace("_", " ") in told
    assert "2024-03-31 12:05" in told


def test_a_listener_who_was_only_active_is_shown_without_a_score(client: TestClient) -> None:
    page = client.get("/listener", params={"id": UNSCORED})

    assert page.status_code == 200
    assert "No cut-off has scored this listener" in page.text
    assert "Not on any of the newest lists." in page.text
    assert "Events a day: active on 40 of the last 90 days." in page.text


def test_an_unknown_listener_is_404_and_escaped(client: TestClient) -> None:
    page = client.get("/listener", params={"id": f"nobody {SCRIPT}"})

    assert page.status_code == 404
    assert "Listener not found" in page.text
    assert SCRIPT not in page.text


@pytest.mark.parametrize("query", ["", "?id=", "?id=%20"])
def test_no_id_asks_for_one(query: str, client: TestClient) -> None:
    page = client.get(f"/listener{query}")

    assert page.status_code == 404
    assert "Give an id" in page.text


def test_every_page_carries_a_strict_policy_and_is_not_kept(client: TestClient) -> None:
    for path in ("/", f"/listener?id={HOSTILE[2]}", "/listener?id=nobody", "/nowhere"):
        headers = client.get(path).headers

        assert headers["content-security-policy"] == POLICY
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"


def test_head_answers_like_get_without_a_body(client: TestClient) -> None:
    for path, status in (("/", 200), ("/listener?id=nobody", 404), ("/nowhere", 404)):
        asked, told = client.get(path), client.head(path)

        assert (told.status_code, told.content) == (status, b"")
        assert told.headers["content-type"] == asked.headers["content-type"] == "text/html; charset=utf-8"


def test_a_browser_gets_problems_as_pages_and_a_program_as_json(client: TestClient) -> None:
    page = client.get("/users/nobody", headers=BROWSER)
    data = client.get("/users/nobody", headers={"Accept": "application/json"})

    assert (page.status_code, data.status_code) == (404, 404)
    assert "No cut-off has a score of this listener." in page.text
    assert data.json()["detail"] == "No cut-off has a score of this listener."
    assert data.headers["content-type"] == "application/problem+json"


def test_the_api_answers_beside_the_pages_as_before(client: TestClient) -> None:
    assert client.get("/users/3000", headers={"Accept": "*/*"}).json()["userId"] == "3000"
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/docs").status_code == 200
    assert "/listener" not in client.get("/openapi.json").json()["paths"]


def test_style_and_icon_come_from_the_site_itself(client: TestClient) -> None:
    page = client.get("/").text

    addresses = re.findall(r'(?:href|src|action)="([^"]*)"', page)
    assert addresses
    assert all(found.startswith(("/", "#")) and not found.startswith("//") for found in addresses)
    assert client.get("/pages/style.css").headers["content-type"].startswith("text/css")
    assert client.get("/pages/icon.svg").status_code == 200
    assert client.get("/pages/../routes.py").status_code == 404


def test_a_site_below_a_path_links_below_it(home: Home) -> None:
    app = create_site(home.settings())
    with TestClient(app, base_url="http://127.0.0.1", root_path="/churn", headers=BROWSER) as client:
        page = client.get("/churn/").text

    assert 'href="/churn/pages/style.css"' in page
    assert 'href="/churn/listener?id=' in page


def test_with_nothing_there_every_part_says_what_to_do(tmp_path: Path) -> None:
    with empty_site(tmp_path) as client:
        page = client.get("/")
        listener = client.get("/listener?id=1")

    told = text_of(page.text)
    assert page.status_code == 200
    assert "There is no retention list yet. It needs scores, and scores need a champion: churn-assets run" in told
    assert "There are no reports yet." in told
    assert "No model has been promoted yet. churn-assets run" in told
    assert listener.status_code == 404


def test_a_file_that_cannot_be_read_is_told_without_its_path(home: Home, tmp_path: Path) -> None:
    copy = home.copied(tmp_path / "home")
    (copy.folder / "lake").unlink()
    broken = copy.folder / "lake" / "retention_list" / "cutoff=2024-04-01" / "part-0.parquet"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no parquet")
    with TestClient(create_site(copy.settings()), base_url="http://127.0.0.1", headers=BROWSER) as client:
        page = client.get("/")

    assert page.status_code == 503
    assert "cannot be read at the moment" in page.text
    assert str(tmp_path) not in page.text
