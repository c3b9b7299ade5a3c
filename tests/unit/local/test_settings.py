import pytest

from local.errors import SettingsError
from local.settings import LocalSettings, read_settings


def test_without_variables_the_usual_port_is_preferred() -> None:
    assert read_settings({}) == LocalSettings(usual_aws_port=4566)


def test_ports_and_keeping_are_read() -> None:
    settings = read_settings(
        {"FINCONNECT_PORT": "5000", "FINCONNECT_SIMULATOR_PORT": "5001", "KEEP": "1"}
    )
    assert settings == LocalSettings(5000, 5001, 4566, keep=True)


@pytest.mark.parametrize("text", ["0", "", "no"])
def test_only_a_clear_word_keeps_the_folder(text: str) -> None:
    assert read_settings({"KEEP": text}).keep is (text == "no")


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "4566 ", "\u0661"])
def test_a_port_that_is_none_is_named_with_its_variable(text: str) -> None:
    with pytest.raises(SettingsError, match="FINCONNECT_SIMULATOR_PORT must be a port"):
        read_settings({"FINCONNECT_SIMULATOR_PORT": text})
