import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, make_url

from churn_assets.databases.address import is_postgresql, require_postgresql, shown, through, within
from churn_assets.errors import SettingsError

SECRET = "s3cret/@:word"
ADDRESS = URL.create("postgresql", "churn", SECRET, "db.internal", database="churn").render_as_string(
    hide_password=False
)


def test_a_store_takes_a_schema_of_the_database_through_its_driver() -> None:
    url = make_url(within(ADDRESS, "churn_store", "psycopg"))

    assert (url.drivername, url.username, url.password) == ("postgresql+psycopg", "churn", SECRET)
    assert (url.host, url.database) == ("db.internal", "churn")
    assert dict(url.query) == {"connect_timeout": "10", "options": "-csearch_path=churn_store"}


def test_what_an_address_says_already_stays() -> None:
    told = f"{ADDRESS}?sslmode=require&connect_timeout=3&options=-cstatement_timeout%3D5000"

    query = make_url(within(told, "churn_store", "psycopg")).query

    assert dict(query) == {
        "sslmode": "require",
        "connect_timeout": "3",
        "options": "-cstatement_timeout=5000 -csearch_path=churn_store",
    }


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_way_to_write_postgresql_is_taken(scheme: str) -> None:
    url = f"{scheme}://churn@db.internal/churn"

    assert is_postgresql(url)
    assert through(url, "psycopg2") == "postgresql+psycopg2://churn@db.internal/churn"


@pytest.mark.parametrize(
    "url", ["sqlite:///churn.db", "mysql://churn:s3cret@db/churn", "postgresql://churn:s3cret@db", "churn", ""]
)
def test_what_is_no_address_of_a_postgresql_is_refused_by_the_name_of_its_setting(url: str) -> None:
    with pytest.raises(SettingsError, match=r"CHURN_DATABASE_URL: .*postgresql://user@host/database") as refused:
        require_postgresql("CHURN_DATABASE_URL", url)

    assert "s3cret" not in str(refused.value)


@given(password=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=8))
def test_no_password_is_shown(password: str) -> None:
    address = URL.create("postgresql+psycopg", "churn", password, "db.internal", 5432, "churn")
    url = address.render_as_string(hide_password=False)

    assert shown(url) == "postgresql://churn:***@db.internal:5432/churn"
    assert shown(within(url, "churn_store", "psycopg")) == f"{shown(url)} (schema churn_store)"


def test_nor_is_one_in_the_parameters_or_in_an_address_that_is_none() -> None:
    assert shown("postgresql://db/churn?password=s3cret&user=me") == "postgresql://db/churn?password=***&user=me"
    assert shown("https://me:s3cret@mlflow.internal/x") == "https://me:***@mlflow.internal/x"
    assert shown("postgresql://me:s3cret@db:port/churn") == "postgresql://me:***@db:port/churn"


def test_an_address_without_secrets_is_shown_as_it_is() -> None:
    for url in (
        "postgresql://churn@/churn?host=/run/postgresql",
        "sqlite:////srv/churn/predictions.db",
        "http://mlflow.internal:5000",
        "file:///srv",
    ):
        assert shown(url) == url
