"""What a person may choose about the local stack, from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.errors import SettingsError

AWS_PORT_VARIABLE = "FINCONNECT_PORT"
SIMULATOR_PORT_VARIABLE = "FINCONNECT_SIMULATOR_PORT"
KEEP_VARIABLE = "KEEP"
USUAL_AWS_PORT = 4566
HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class LocalSettings:
    """`aws_port` and `simulator_port` are None when nobody asked for a certain port.

    With `asks_phone` somebody sits at the stand-in's page: payers outside its table of test
    numbers are asked there. Else they approve by themselves.
    """

    aws_port: int | None = None
    simulator_port: int | None = None
    usual_aws_port: int | None = None
    keep: bool = False
    asks_phone: bool = False


def read_settings(environ: Mapping[str, str]) -> LocalSettings:
    """The settings for `make run`, which takes the emulator's usual port if that is free.

    Raises SettingsError, naming the variable.
    """
    return LocalSettings(
        aws_port=_port(environ, AWS_PORT_VARIABLE),
        simulator_port=_port(environ, SIMULATOR_PORT_VARIABLE),
        usual_aws_port=USUAL_AWS_PORT,
        keep=environ.get(KEEP_VARIABLE, "") not in ("", "0"),
    )


def _port(environ: Mapping[str, str], variable: str) -> int | None:
    text = environ.get(variable, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= HIGHEST_PORT):
        raise SettingsError(
            f"{variable} must be a port number (1 to {HIGHEST_PORT}), not {text!r}."
        )
    return int(text)
