"""Which stack a command works on: the one that `make run` runs, or a deployed one."""

import os
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.environment import forget_aws_account, local_credentials
from local.errors import LocalStackError
from local.running import find_running
from ops.stack import Stack


@dataclass(frozen=True)
class Target:
    """A stack. `simulator_url` is the stand-in that it pays with; None where it is deployed."""

    stack: Stack
    simulator_url: str | None


def find_target(stack_name: str | None) -> Target:
    """The deployed stack of that name, or without a name the local one.

    For the local one the AWS settings of this process are replaced, so that nothing can reach an
    account. Raises NotRunning.
    """
    if stack_name:
        return Target(Stack(stack_name), None)
    running = find_running()
    forget_aws_account(os.environ)
    os.environ.update(local_credentials(running.endpoint))
    return Target(Stack(running.stack_name), running.simulator_url)


def environment_of(stack: Stack) -> str:
    """The stack's parameter `Environment`. Raises LocalStackError if it cannot be read."""
    try:
        answer = boto3.client("cloudformation").describe_stacks(StackName=stack.name)
    except (ClientError, BotoCoreError) as error:
        raise LocalStackError(f"Stack {stack.name} cannot be read: {error}") from error
    parameters = answer["Stacks"][0].get("Parameters", [])
    values = {each["ParameterKey"]: each["ParameterValue"] for each in parameters}
    return values.get("Environment", "")
