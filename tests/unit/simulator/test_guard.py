"""Who may use the simulator's own side: no website from elsewhere."""

import pytest
from starlette.datastructures import Headers

from simulator.guard import is_welcome

HERE = "127.0.0.1:8000"
OWN = {"host": HERE, "origin": f"http://{HERE}", "sec-fetch-site": "same-origin"}


def welcome(allow_remote: bool = False, **headers: str) -> bool:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return is_welcome(Headers({"host": HERE} | named), allow_remote=allow_remote)


@pytest.mark.parametrize("host", [HERE, "localhost:1", "[::1]:8000", "127.0.0.1", "localhost"])
def test_programs_of_this_machine_are_welcome(host: str) -> None:
    assert welcome(host=host)


def test_the_page_itself_and_the_address_bar_are_welcome() -> None:
    assert is_welcome(Headers(OWN), allow_remote=False)
    assert welcome(sec_fetch_site="none", sec_fetch_mode="navigate")
    assert welcome(sec_fetch_site="cross-site", sec_fetch_mode="navigate")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999"])
def test_other_origins_are_not(origin: str) -> None:
    assert not welcome(origin=origin)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_requests_across_sites_are_not(site: str) -> None:
    assert not welcome(sec_fetch_site=site, sec_fetch_mode="no-cors")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "10.0.0.1:8000", ""])
def test_names_that_somebody_pointed_here_are_not(host: str) -> None:
    assert not welcome(host=host)


def test_where_remote_use_is_allowed_so_is_any_name() -> None:
    assert welcome(allow_remote=True, host="simulator.example:8000")
    assert not welcome(allow_remote=True, origin="https://evil.example")
