"""Changing a deployed function by hand: what a test does to it, and never a deployment."""

from typing import Any

from local.aws import LocalAws

ALIAS = "live"


def reconfigure(aws: LocalAws, name: str, **changes: Any) -> None:  # noqa: ANN401 (any setting)
    """Change settings of a function for whoever invokes it.

    Callers of its alias would go on with the published version, so there a new one is published.
    The next invocation begins in a new worker. Raises ClientError.
    """
    aws.lambda_.update_function_configuration(FunctionName=name, **changes)
    aliases = aws.lambda_.list_aliases(FunctionName=name)["Aliases"]
    if any(alias["Name"] == ALIAS for alias in aliases):
        version = aws.lambda_.publish_version(FunctionName=name)["Version"]
        aws.lambda_.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)
