"""openapi.yaml as a reader, a checker or a code generator takes it: plain OpenAPI 3.0.

The file itself is written for CloudFormation and API Gateway: it has their functions in it, and
in one place it says less than is true, because API Gateway could not check the truth.
`python -m tools.api_description FILE` writes the plain document as JSON.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).resolve().parent.parent / "openapi.yaml"
TITLE = "FinConnect: mobile-money payments"
GATEWAY = "x-amazon-apigateway-"
# The gateway does not know `nullable`, and would refuse the null that is taken.
PROPERTIES = {"type": "object", "nullable": True}

type Document = dict[str, Any]


def plain_description(text: str | None = None) -> Document:
    """The description without anything of AWS's, with both ways to authorise a payment."""
    document: Document = _plain(yaml.safe_load(text or SOURCE.read_text(encoding="utf-8")))
    document["info"]["title"] = TITLE
    payment = document["components"]["schemas"]["PaymentRequest"]["properties"]
    payment["additionalProperties"] |= PROPERTIES
    return document


def for_caller(document: Document, *, base_url: str, scheme: str, secret: str) -> Document:
    """The description of one deployed stack, for a program that calls it.

    `scheme` is the one of the two security schemes that it was deployed with. `secret` is put into
    the webhook's path, so that its calls pass by the guard at the door.
    """
    paths = {path.replace("{secret}", secret): item for path, item in document["paths"].items()}
    for item in paths.values():
        for operation in item.values():
            operation["security"] = [each for each in operation["security"] if scheme in each]
            operation["parameters"] = [
                each for each in operation.get("parameters", []) if each["name"] != "secret"
            ]
    return document | {"servers": [{"url": base_url}], "paths": paths}


def _plain(node: Any) -> Any:  # noqa: ANN401 - any YAML
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, Mapping):
        return node
    if "Fn::If" in node:
        # Only ever a choice between two lists of security requirements: a reader is told of both.
        _, yes, no = node["Fn::If"]
        return [*yes, *no]
    if "Fn::Sub" in node:
        return node["Fn::Sub"]
    return {name: _plain(each) for name, each in node.items() if not _is_the_gateways(name)}


def _is_the_gateways(name: object) -> bool:
    return isinstance(name, str) and name.startswith(GATEWAY)


def main() -> None:
    """Write the document."""
    parser = argparse.ArgumentParser(prog="python -m tools.api_description", description=__doc__)
    parser.add_argument("file", type=Path, help="where to write it")
    file: Path = parser.parse_args().file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(plain_description(), indent=2) + "\n", encoding="utf-8")
    print(f"wrote {file}")


if __name__ == "__main__":
    main()
