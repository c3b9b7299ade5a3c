"""The deployed stack's outputs, read into names."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from local.errors import LocalStackError

SECRET_PLACEHOLDER = "{secret}"  # noqa: S105 - the name of a part of a URL
_ON_AWS = re.compile(
    r"https://(?P<api>[a-z0-9]+)\.execute-api\.[^/]+/(?P<stage>[A-Za-z0-9_-]+)(?P<path>/.*)?"
)


@dataclass(frozen=True)
class StackOutputs:
    """What the template tells about itself."""

    api_url: str
    payment_url: str
    webhook_url_template: str
    api_key_id: str
    event_topic_arn: str
    alarm_topic_arn: str
    table_name: str
    credentials_secret_name: str
    token_secret_name: str
    webhook_secret_name: str
    public_key_parameter_name: str
    token_refresh_function_name: str

    @classmethod
    def read(cls, outputs: Iterable[Mapping[str, str]]) -> Self:
        """From CloudFormation's list of `OutputKey` and `OutputValue`.

        Raises:
            LocalStackError: an output is missing; the text names it.
        """
        values = {output["OutputKey"]: output["OutputValue"] for output in outputs}
        names = {field: output_name(field) for field in cls.__dataclass_fields__}
        missing = sorted(name for name in names.values() if name not in values)
        if missing:
            raise LocalStackError(f"The deployed stack has no output {', '.join(missing)}.")
        return cls(**{field: values[name] for field, name in names.items()})


def output_name(field: str) -> str:
    """`api_key_id` → `ApiKeyId`."""
    return "".join(word.capitalize() for word in field.split("_"))


def local_url(url: str, endpoint: str) -> str:
    """An API Gateway URL as the template has it, as the emulator at `endpoint` serves it.

    Raises LocalStackError for anything but an API Gateway URL.
    """
    match = _ON_AWS.fullmatch(url)
    if match is None:
        raise LocalStackError(f"This is not the URL of an API Gateway stage: {url}")
    path = (match["path"] or "").rstrip("/")
    return f"{endpoint}/_aws/execute-api/{match['api']}/{match['stage']}{path}"
