"""What token_refresh can no longer do without one of its rights."""

import json
from collections.abc import Mapping
from typing import Any

from tests.e2e.missing.grant import Grant, Proofs, Without
from tests.e2e.support import World

ROLE = "TokenRefreshRole"
KEY_PARAMETER = "PublicKeyParameter"
A_NEW_KEY = {"refetch_public_key": True}


def read_the_credentials(world: World, without: Without) -> None:
    put_token(world, "{}")
    with without():
        denied(world, "a secret cannot be read")
        assert token(world) == "{}"
    assert refreshed(world)["token"] == "refreshed"


def read_the_token(world: World, without: Without) -> None:
    with without():
        denied(world, "a secret cannot be read")
    assert refreshed(world)["token"] in ("current", "refreshed")


def replace_the_token(world: World, without: Without) -> None:
    put_token(world, "{}")
    with without():
        denied(world, "the token secret cannot be written")
        assert token(world) == "{}"
    assert refreshed(world)["token"] == "refreshed"
    assert "access_token" in token(world)


def read_the_key(world: World, without: Without) -> None:
    with without():
        denied(world, "the key parameter cannot be read", A_NEW_KEY)
    assert refreshed(world, A_NEW_KEY)["public_key"] == "refreshed"


def replace_the_key(world: World, without: Without) -> None:
    before = key_version(world)
    with without():
        denied(world, "the key parameter cannot be written", A_NEW_KEY)
        assert key_version(world) == before
    assert refreshed(world, A_NEW_KEY)["public_key"] == "refreshed"
    assert key_version(world) == before + 1


def denied(world: World, what: str, request: Mapping[str, Any] | None = None) -> None:
    """Runs the function; it must fail, because IAM refused it `what`."""
    answer = invoke(world, request)
    assert "FunctionError" in answer, answer["body"]
    assert f"{what} (AccessDeniedException)" in answer["body"], answer["body"]


def refreshed(world: World, request: Mapping[str, Any] | None = None) -> dict[str, str]:
    answer = invoke(world, request)
    assert "FunctionError" not in answer, answer["body"]
    result: dict[str, str] = json.loads(answer["body"])
    return result


def invoke(world: World, request: Mapping[str, Any] | None) -> dict[str, Any]:
    answer = world.stack.aws.lambda_.invoke(
        FunctionName=world.resource("TokenRefreshFunction"),
        Payload=json.dumps(request or {}).encode(),
    )
    return {**answer, "body": answer["Payload"].read().decode()}


def put_token(world: World, content: str) -> None:
    world.stack.aws.secretsmanager.put_secret_value(
        SecretId=world.stack.outputs.token_secret_name, SecretString=content
    )


def token(world: World) -> str:
    name = world.stack.outputs.token_secret_name
    return world.stack.aws.secretsmanager.get_secret_value(SecretId=name)["SecretString"]


def key_version(world: World) -> int:
    name = world.stack.outputs.public_key_parameter_name
    return int(world.stack.aws.client("ssm").get_parameter(Name=name)["Parameter"]["Version"])


PROOFS: Proofs = {
    Grant(
        ROLE, "ReadCredentialsAndToken", "secretsmanager:GetSecretValue", "CredentialsSecret"
    ): read_the_credentials,
    Grant(
        ROLE, "ReadCredentialsAndToken", "secretsmanager:GetSecretValue", "TokenSecret"
    ): read_the_token,
    Grant(ROLE, "ReplaceToken", "secretsmanager:PutSecretValue", "TokenSecret"): replace_the_token,
    Grant(ROLE, "KeepPublicKey", "ssm:GetParameter", KEY_PARAMETER): read_the_key,
    Grant(ROLE, "KeepPublicKey", "ssm:PutParameter", KEY_PARAMETER): replace_the_key,
}
