"""What a person does after a deployment, done for them: credentials in, key and secret out."""

import json
import re
import secrets

from local.aws import LocalAws
from local.outputs import StackOutputs
from local.simulator import simulator_credentials

URL_SAFE = re.compile(r"[A-Za-z0-9_-]{43,}")


def read_outputs(aws: LocalAws, stack_name: str) -> StackOutputs:
    """The outputs of a deployed stack. Raises LocalStackError, naming a missing one."""
    (stack,) = aws.cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    return StackOutputs.read(
        {"OutputKey": output["OutputKey"], "OutputValue": output["OutputValue"]}
        for output in stack["Outputs"]
    )


def read_api_key(aws: LocalAws, outputs: StackOutputs) -> str:
    """The value of the merchant's API key."""
    return aws.apigateway.get_api_key(apiKey=outputs.api_key_id, includeValue=True)["value"]


def read_webhook_secret(aws: LocalAws, outputs: StackOutputs) -> str:
    """The secret part of the callback URL."""
    name = outputs.webhook_secret_name
    value = aws.secretsmanager.get_secret_value(SecretId=name)
    secret = str(json.loads(value["SecretString"])["current"])
    if URL_SAFE.fullmatch(secret):
        return secret
    # The emulator's CloudFormation does not know ExcludePunctuation, so what it generates may not
    # fit into a URL. This is what AWS would have generated.
    secret = secrets.token_hex(32)
    content = json.dumps({"current": secret})
    aws.secretsmanager.put_secret_value(SecretId=name, SecretString=content)
    return secret


def put_credentials(aws: LocalAws, outputs: StackOutputs) -> None:
    """Puts the stand-in's credentials into the secret, as a person does with AzamPay's.

    Nothing else is to be done: the first payment finds no token and has one fetched.
    """
    aws.secretsmanager.put_secret_value(
        SecretId=outputs.credentials_secret_name,
        SecretString=json.dumps(simulator_credentials()),
    )
