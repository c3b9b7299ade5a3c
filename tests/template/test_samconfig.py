"""samconfig.toml: three environments that cannot be mistaken for each other."""

import shlex
import tomllib

import pytest

from tests.template.documents import SAMCONFIG, read_template
from tests.template.nodes import Json

ENVIRONMENTS = ("default", "production", "local")


def _config() -> dict[str, Json]:
    return tomllib.loads(SAMCONFIG.read_text())


def _overrides(environment: str, command: str) -> dict[str, str]:
    text = (
        _config()[environment].get(command, {}).get("parameters", {}).get("parameter_overrides", "")
    )
    return dict(pair.split("=", 1) for pair in shlex.split(text))


def test_there_are_three_environments() -> None:
    assert set(_config()) == {"version", *ENVIRONMENTS}


def test_their_stacks_have_different_names() -> None:
    names = {_config()[name]["global"]["parameters"]["stack_name"] for name in ENVIRONMENTS}
    assert len(names) == len(ENVIRONMENTS)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("command", ["build", "deploy"])
def test_overrides_are_parameters_with_allowed_values(environment: str, command: str) -> None:
    parameters = read_template()["Parameters"]
    for name, value in _overrides(environment, command).items():
        assert value in parameters[name].get("AllowedValues", [value])


def test_each_environment_says_which_it_is() -> None:
    said = {name: _overrides(name, "deploy")["Environment"] for name in ENVIRONMENTS}
    assert said == {"default": "sandbox", "production": "production", "local": "local"}


def test_production_talks_to_production_and_trusts_signatures_only() -> None:
    overrides = _overrides("production", "deploy")
    assert overrides["AzampayAuthenticatorUrl"] == "https://authenticator.azampay.co.tz"
    assert overrides["AzampayCheckoutUrl"] == "https://checkout.azampay.co.tz"
    assert "UnsignedCallbacks" not in overrides
    assert read_template()["Parameters"]["UnsignedCallbacks"]["Default"] == "reject"


def test_production_shifts_traffic_and_the_others_switch_at_once() -> None:
    styles = {name: _overrides(name, "deploy").get("DeploymentStyle") for name in ENVIRONMENTS}
    assert styles == {"default": None, "production": "Canary10Percent5Minutes", "local": None}
    assert read_template()["Parameters"]["DeploymentStyle"]["Default"] == "AllAtOnce"


def test_people_confirm_what_costs_and_the_local_stack_asks_nothing() -> None:
    confirmed = {
        name: _config()[name]["deploy"]["parameters"]["confirm_changeset"] for name in ENVIRONMENTS
    }
    assert confirmed == {"default": True, "production": True, "local": False}
