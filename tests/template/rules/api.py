"""The API that is described is the API that is wired."""

import json
import re

from tests.template.nodes import Json
from tests.template.rules.resources import (
    Problems,
    Template,
    function_of,
    logical_id,
    of_type,
    target,
)

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
GATEWAY_PATIENCE_SECONDS = 29
CALLBACKS = "/webhooks/"
PROBLEM_TYPE = "'application/problem+json'"
PROBLEM_MEMBERS = ("type", "title", "status", "detail", "code")

type Route = tuple[str, str]


def operations(description: Json) -> dict[Route, Json]:
    """Each route of an API's description, as (POST, /path), with its operation."""
    return {
        (method.upper(), path): item[method]
        for path, item in description["paths"].items()
        for method in METHODS
        if method in item
    }


def integrated(operation: Json) -> str:
    """The function, or the alias, that a route invokes."""
    uri = target(operation.get("x-amazon-apigateway-integration", {}).get("uri"))
    found = re.search(r"functions/\$\{(\w+)(?:\.Arn)?\}/invocations$", uri)
    return found[1] if found else "nothing"


def routes_are_wired(template: Template) -> Problems:
    """Each route leads to a function which lets the gateway in on that very route."""
    described = {
        route: integrated(operation)
        for route, operation in operations(_description(template)).items()
    }
    permitted = {
        _permitted_route(permission["SourceArn"]): logical_id(permission["FunctionName"])
        for permission in of_type(template, "AWS::Lambda::Permission").values()
    }
    wired = {
        (method, re.sub(r"\{[^}]+\}", "*", path)): function
        for (method, path), function in described.items()
    }
    return [
        f"{' '.join(route)} leads to {wired.get(route)}, permitted is {permitted.get(route)}"
        for route in sorted(wired.keys() | permitted.keys())
        if wired.get(route) != permitted.get(route)
    ]


def payments_are_authorised_and_callbacks_are_not(template: Template) -> Problems:
    """By the one way that was chosen; AzamPay has neither key nor signature to offer."""
    schemes = _description(template)["components"]["securitySchemes"]
    problems = []
    for (method, path), operation in operations(_description(template)).items():
        wanted = [scheme for requirement in operation.get("security", []) for scheme in requirement]
        if path.startswith(CALLBACKS) and wanted:
            problems.append(f"{method} {path} asks for {wanted}")
        if not path.startswith(CALLBACKS) and (len(wanted) != 1 or wanted[0] not in schemes):
            problems.append(f"{method} {path} is open")
    return problems


def gateway_validates_payments_and_no_callbacks(template: Template) -> Problems:
    """A callback that the gateway refuses is lost, and nobody knows."""
    validators = _description(template)["x-amazon-apigateway-request-validators"]
    problems = []
    if "x-amazon-apigateway-request-validator" in _description(template):
        problems.append("the validator of the whole document also refuses callbacks")
    for (method, path), operation in operations(_description(template)).items():
        validator = validators.get(operation.get("x-amazon-apigateway-request-validator"), {})
        validates = bool(validator.get("validateRequestBody"))
        if path.startswith(CALLBACKS) and validates:
            problems.append(f"{method} {path} is validated by the gateway")
        if not path.startswith(CALLBACKS) and "requestBody" in operation and not validates:
            problems.append(f"{method} {path} is not validated by the gateway")
    return problems


def routes_are_throttled(template: Template) -> Problems:
    """Each on its own, so that a flood of one does not starve the other."""
    throttled = {
        (
            setting["HttpMethod"],
            "/" + setting["ResourcePath"].lstrip("/").replace("~1", "/").lstrip("/"),
        )
        for stage in of_type(template, "AWS::ApiGateway::Stage").values()
        for setting in stage.get("MethodSettings", [])
        if "ThrottlingRateLimit" in setting and "ThrottlingBurstLimit" in setting
    }
    described = set(operations(_description(template)))
    return [f"{' '.join(route)} is not throttled" for route in sorted(described - throttled)] + [
        f"{' '.join(route)} is throttled and not there" for route in sorted(throttled - described)
    ]


def functions_answer_before_the_gateway_stops_waiting(template: Template) -> Problems:
    """Else the caller gets an answer from the gateway while the function still works."""
    functions = of_type(template, "AWS::Lambda::Function")
    invoked = {integrated(operation) for operation in operations(_description(template)).values()}
    return [
        f"{name} may take longer than the gateway waits"
        for name in sorted({function_of(template, each) for each in invoked})
        if not functions[name].get("Timeout", 3) < GATEWAY_PATIENCE_SECONDS
    ]


def gateway_speaks_as_the_functions_do(template: Template) -> Problems:
    """The same form, and codes that the description knows."""
    description = _description(template)
    codes = description["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    problems = []
    for name, response in description["x-amazon-apigateway-gateway-responses"].items():
        headers = response.get("responseParameters", {})
        if headers.get("gatewayresponse.header.Content-Type") != PROBLEM_TYPE:
            problems.append(f"{name} is not application/problem+json")
        problem = json.loads(response["responseTemplates"]["application/json"])
        if problem.get("code") not in codes:
            problems.append(f"{name} has the unknown code {problem.get('code')}")
        missing = [member for member in PROBLEM_MEMBERS if member not in problem]
        problems += [f"{name} says no {member}" for member in missing]
        if str(problem.get("status")) != response.get("statusCode"):
            problems.append(f"{name} says one status and has another")
    return problems


def redeploys_when_a_parameter_changes(source: Template) -> Problems:
    """Of the source, not of what is deployed: only SAM knows this property."""
    return [
        f"{name} keeps its old deployment when only a parameter changes"
        for name, api in of_type(source, "AWS::Serverless::Api").items()
        if api.get("AlwaysDeploy") is not True
    ]


def _description(template: Template) -> Json:
    (api,) = of_type(template, "AWS::ApiGateway::RestApi").values()
    return api["Body"]


def _permitted_route(source_arn: Json) -> Route:
    text = (
        source_arn["Fn::Sub"][0]
        if isinstance(source_arn.get("Fn::Sub"), list)
        else target(source_arn)
    )
    method, path = re.sub(r"^.*\$\{__Stage__\}/", "", text).split("/", 1)
    return method, "/" + path
