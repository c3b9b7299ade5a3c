"""Each function may do exactly what it must, on exactly the resources it must."""

from tests.template.nodes import Json
from tests.template.rules.resources import (
    Problems,
    Template,
    as_list,
    logical_id,
    of_type,
    statements,
    target,
)

# Segments belong to no resource, and a list of alarms to no single alarm: AWS knows none narrower.
WITHOUT_RESOURCE = {
    "cloudwatch:DescribeAlarms",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
# The action that finds a table's streams does not know a single one.
STREAMS_OF_A_TABLE = "${PaymentsTable.Arn}/stream/*"

type Grant = tuple[str, str]


def grants(template: Template, function: str) -> set[Grant]:
    """Every action of a function's role with its resource."""
    role = logical_id(of_type(template, "AWS::Lambda::Function")[function]["Role"])
    return {
        (action, target(resource))
        for statement in statements(of_type(template, "AWS::IAM::Role")[role])
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def allows(template: Template, role: Json, action: str, resource: Json) -> bool:
    """Whether a role of the template may do this to that, said in so many words."""
    return any(
        action in as_list(statement["Action"])
        and target(resource) in [target(named) for named in as_list(statement["Resource"])]
        for statement in statements(of_type(template, "AWS::IAM::Role")[logical_id(role)])
    )


def functions_have_a_role_each(template: Template) -> Problems:
    """A shared role gives each function the other one's rights."""
    roles = [
        logical_id(function["Role"])
        for function in of_type(template, "AWS::Lambda::Function").values()
    ]
    return [
        f"{role} serves several functions"
        for role in sorted({r for r in roles if roles.count(r) > 1})
    ]


def roles_name_what_they_may_touch(template: Template) -> Problems:
    """No `*` for an action or a resource."""
    return [
        f"{name} may {action} on {resource}"
        for name, role in of_type(template, "AWS::IAM::Role").items()
        for statement in statements(role)
        for action in as_list(statement["Action"])
        for resource in map(target, as_list(statement["Resource"]))
        if "*" in action or ("*" in resource and not _is_known_exception(action, resource))
    ]


def roles_have_no_managed_policies(template: Template) -> Problems:
    """AWS's own policies say `*`. The account role of API Gateway must have one."""
    return [
        f"{name} has a managed policy"
        for name, role in of_type(template, "AWS::IAM::Role").items()
        if role.get("ManagedPolicyArns") and "apigateway.amazonaws.com" not in _trusted(role)
    ]


def only_the_api_may_invoke(template: Template) -> Problems:
    """Each permission names the gateway, the API and the route."""
    return [
        f"{name} lets {permission['Principal']} in from anywhere"
        for name, permission in of_type(template, "AWS::Lambda::Permission").items()
        if permission["Principal"] != "apigateway.amazonaws.com" or not permission.get("SourceArn")
    ]


def _is_known_exception(action: str, resource: str) -> bool:
    if resource == "*":
        return action in WITHOUT_RESOURCE
    return (action, resource) == ("dynamodb:ListStreams", STREAMS_OF_A_TABLE)


def _trusted(role: Json) -> list[Json]:
    return [
        statement["Principal"].get("Service")
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
    ]
