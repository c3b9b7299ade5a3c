import pytest

from local.errors import LocalStackError
from local.outputs import StackOutputs, local_url, output_name

ENDPOINT = "http://127.0.0.1:4566"
STAGE_URL = "https://a1b2c3.execute-api.us-east-1.amazonaws.com/v1"
STAGE_HERE = f"{ENDPOINT}/_aws/execute-api/a1b2c3/v1"


def outputs() -> list[dict[str, str]]:
    return [
        {"OutputKey": output_name(field), "OutputValue": f"the {field}"}
        for field in StackOutputs.__dataclass_fields__
    ]


def test_every_output_gets_its_name() -> None:
    read = StackOutputs.read([*outputs(), {"OutputKey": "Another", "OutputValue": "x"}])
    assert read.api_key_id == "the api_key_id"
    assert read.public_key_parameter_name == "the public_key_parameter_name"


def test_a_missing_output_is_named() -> None:
    fewer = [output for output in outputs() if output["OutputKey"] != "EventTopicArn"]
    with pytest.raises(LocalStackError, match="no output EventTopicArn"):
        StackOutputs.read(fewer)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        (STAGE_URL, STAGE_HERE),
        (f"{STAGE_URL}/payments/azampay", f"{STAGE_HERE}/payments/azampay"),
        (f"{STAGE_URL}/webhooks/azampay/", f"{STAGE_HERE}/webhooks/azampay"),
    ],
)
def test_a_url_of_the_template_is_found_on_the_emulator(url: str, here: str) -> None:
    assert local_url(url, ENDPOINT) == here


@pytest.mark.parametrize("url", ["", "https://example.com/v1", "a1b2c3"])
def test_a_url_of_something_else_is_refused(url: str) -> None:
    with pytest.raises(LocalStackError, match="not the URL of an API Gateway stage"):
        local_url(url, ENDPOINT)
