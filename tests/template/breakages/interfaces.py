"""What breaks the rules about the API and about what a deployer sees."""

from tests.template.breakages.breakage import Breakage
from tests.template.breaking import add, drop, drop_from_api, put, put_in_api
from tests.template.rules import api, interface

R = "Resources"
P = "Properties"
POST_PAYMENT = ("paths", "/payments/azampay", "post")
CALLBACK = ("paths", "/webhooks/azampay/{secret}", "post")
FORBIDDEN = ("x-amazon-apigateway-gateway-responses", "INVALID_API_KEY")
VALIDATOR = "x-amazon-apigateway-request-validator"

BREAKAGES: list[Breakage] = [
    (
        interface.names_carry_the_stacks_name,
        put(R, "RelayFailureQueue", P, "QueueName", to="failures"),
        "fixed name",
    ),
    (
        interface.names_carry_the_stacks_name,
        add("Bus", "AWS::Events::EventBus", Name="payments"),
        "nobody has said",
    ),
    (
        interface.parameters_are_described_and_constrained,
        drop("Parameters", "LogLevel", "Description"),
        "not described",
    ),
    (
        interface.parameters_are_described_and_constrained,
        drop("Parameters", "LogLevel", "AllowedValues"),
        "takes anything",
    ),
    (
        interface.parameters_are_described_and_constrained,
        drop("Parameters", "AlarmEmail", "ConstraintDescription"),
        "what its pattern means",
    ),
    (
        interface.parameters_are_described_and_constrained,
        drop("Parameters", "LogLevel", "Default"),
        "no default",
    ),
    (interface.parameters_are_grouped, drop("Parameters", "LogLevel"), "the groups"),
    (interface.outputs_are_described, drop("Outputs", "ApiUrl", "Description"), "ApiUrl"),
    (
        interface.functions_fit_a_new_account,
        put(R, "PaymentsFunction", P, "ReservedConcurrentExecutions", to=5),
        "reserves",
    ),
    (
        interface.functions_run_on_the_chosen_architecture,
        put("Globals", "Function", "Architectures", to=["arm64"]),
        "PaymentsFunction",
    ),
    (
        interface.functions_run_on_the_chosen_architecture,
        put(R, "ProviderLayer", P, "CompatibleArchitectures", to=["arm64"]),
        "ProviderLayer",
    ),
    (
        api.routes_are_wired,
        drop(R, "PaymentsFunction", P, "Events", "GetPayment"),
        "GET /payments/azampay/*",
    ),
    (api.routes_are_wired, drop_from_api(*CALLBACK), "POST /webhooks"),
    (
        api.routes_are_wired,
        put_in_api(
            *CALLBACK,
            "x-amazon-apigateway-integration",
            "uri",
            to={"Fn::Sub": "functions/${PaymentsFunction.Arn}/invocations"},
        ),
        "leads to PaymentsFunction",
    ),
    (
        api.payments_are_authorised_and_callbacks_are_not,
        drop_from_api(*POST_PAYMENT, "security"),
        "POST /payments/azampay is open",
    ),
    (
        api.payments_are_authorised_and_callbacks_are_not,
        put_in_api(*CALLBACK, "security", to=[{"apiKey": []}]),
        "asks for",
    ),
    (
        api.gateway_validates_payments_and_no_callbacks,
        put_in_api(*CALLBACK, VALIDATOR, to="body"),
        "is validated",
    ),
    (
        api.gateway_validates_payments_and_no_callbacks,
        put_in_api(VALIDATOR, to="body"),
        "whole document",
    ),
    (
        api.gateway_validates_payments_and_no_callbacks,
        drop_from_api(*POST_PAYMENT, VALIDATOR),
        "is not validated",
    ),
    (api.routes_are_throttled, drop(R, "Api", P, "MethodSettings", 2), "POST /webhooks"),
    (
        api.routes_are_throttled,
        put(R, "Api", P, "MethodSettings", 0, "ResourcePath", to="/~1payment"),
        "not there",
    ),
    (
        api.functions_answer_before_the_gateway_stops_waiting,
        put(R, "PaymentsFunction", P, "Timeout", to=29),
        "PaymentsFunction",
    ),
    (
        api.gateway_speaks_as_the_functions_do,
        drop_from_api(*FORBIDDEN, "responseParameters"),
        "json",
    ),
    (
        api.gateway_speaks_as_the_functions_do,
        put_in_api(*FORBIDDEN, "statusCode", to="401"),
        "another",
    ),
    (
        api.gateway_speaks_as_the_functions_do,
        put_in_api(*FORBIDDEN, "responseTemplates", "application/json", to='{"code":"forbidden"}'),
        "says no status",
    ),
    (
        api.gateway_speaks_as_the_functions_do,
        put_in_api(
            *FORBIDDEN, "responseTemplates", "application/json", to='{"code":"no","status":403}'
        ),
        "unknown code",
    ),
]
