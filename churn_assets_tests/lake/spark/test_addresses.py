"""Where a URL of Spark leads, and who answers there."""

import socket

import pytest

from churn_assets.errors import SparkError
from churn_assets.lake.spark.addresses import addresses, require_listener


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("local[*]", []),
        ("yarn", []),
        ("k8s://https://10.0.0.1:6443", []),
        ("spark://host:7078", [("host", 7078)]),
        ("spark://one,two:7078", [("one", 7077), ("two", 7078)]),
        ("sc://host", [("host", 15_002)]),
        ("sc://host:443/;use_ssl=true;token=abc", [("host", 443)]),
        ("sc://host;user_id=me", [("host", 15_002)]),
        ("sc://[::1]:15003", [("::1", 15_003)]),
    ],
)
def test_a_url_names_these_servers(url: str, found: list[tuple[str, int]]) -> None:
    assert list(addresses(url)) == found


@pytest.mark.parametrize("url", ["spark://", "sc://:15002", "spark://host:port", "sc://host:99999"])
def test_a_url_without_a_host_or_a_proper_port_is_refused_with_the_setting_that_said_it(url: str) -> None:
    with pytest.raises(SparkError, match="CHURN_SPARK_URL is"):
        list(addresses(url))


def test_one_listener_of_several_is_enough_and_none_is_told_at_once() -> None:
    with socket.socket() as listening, socket.socket() as bound:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        bound.bind(("127.0.0.1", 0))
        deaf, live = (f"127.0.0.1:{one.getsockname()[1]}" for one in (bound, listening))

        require_listener(f"spark://{deaf},{live}")
        with pytest.raises(SparkError, match=f"{deaf} .*refused"):
            require_listener(f"spark://{deaf}")


def test_no_error_shows_the_options_of_a_url_among_which_a_token_may_be() -> None:
    with pytest.raises(SparkError) as told:
        require_listener("sc://127.0.0.1:1/;token=secret", patience_s=1)

    assert "secret" not in str(told.value)


def test_where_spark_is_in_this_process_nobody_has_to_listen() -> None:
    require_listener("local[*]")
