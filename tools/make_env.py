"""Writes events/env.json for the stack that runs: ``python -m tools.make_env``.

``sam local invoke`` does not know what a stack's resources are called. The deployed functions do:
their variables are copied, so that an invocation in Docker uses the deployed table and secrets.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient

FILE: Final = Path(__file__).parents[1] / "events" / "env.json"

type Variables = dict[str, dict[str, str]]


def collect(
    cloudformation: CloudFormationClient, functions: LambdaClient, stack: str, endpoint: str | None
) -> Variables:
    """The variables of each function of a stack, by its logical id.

    With ``endpoint``, the function's own AWS calls go there too.
    """
    found: Variables = {}
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] != "AWS::Lambda::Function":
                continue
            name = resource.get("PhysicalResourceId", "")
            configuration = functions.get_function_configuration(FunctionName=name)
            variables = dict(configuration.get("Environment", {}).get("Variables", {}))
            if endpoint:
                variables["AWS_ENDPOINT_URL"] = endpoint
            found[resource["LogicalResourceId"]] = variables
    return found


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(prog="python -m tools.make_env", description=__doc__)
    parser.add_argument("--stack", default="finconnect-local", help="default %(default)s")
    stack = parser.parse_args().stack
    found = collect(
        boto3.client("cloudformation"),
        boto3.client("lambda"),
        stack,
        os.environ.get("AWS_ENDPOINT_URL"),
    )
    FILE.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"wrote the variables of {', '.join(sorted(found))}")


if __name__ == "__main__":
    main()
