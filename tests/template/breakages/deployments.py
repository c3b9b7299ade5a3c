"""What breaks the rules about deployments."""

from tests.template.breakages.breakage import Breakage
from tests.template.breaking import add, drop, put, put_in_api
from tests.template.rules import deploys

R = "Resources"
P = "Properties"
WEBHOOK = (R, "WebhookFunction", P)
PREFERENCE = (*WEBHOOK, "DeploymentPreference")
ALARMS = (*PREFERENCE, "Alarms", "Fn::If", 1)
PAST_THE_ALIAS = "arn:aws:apigateway:x:lambda:path/functions/${WebhookFunction.Arn}/invocations"
CALLBACK = ("paths", "/webhooks/azampay/{secret}", "post", "x-amazon-apigateway-integration")

BREAKAGES: list[Breakage] = [
    (
        deploys.what_the_api_invokes_has_an_alias,
        put_in_api(*CALLBACK, "uri", "Fn::Sub", to=PAST_THE_ALIAS),
        "no alias",
    ),
    (
        deploys.what_the_api_invokes_has_an_alias,
        drop(R, "WebhookFunction", "DeletionPolicy"),
        "its snapshot costs",
    ),
    (
        deploys.aliases_are_what_is_invoked,
        add(
            "Reader",
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn={"Fn::GetAtt": ["RelayFailureQueue", "Arn"]},
            FunctionName={"Ref": "WebhookFunction"},
        ),
        "Reader goes past the alias",
    ),
    (
        deploys.versions_follow_the_parameters,
        put(*WEBHOOK, "VersionDescription", to={"Fn::Sub": "${LogLevel}"}),
        "does not follow UnsignedCallbacks",
    ),
    (
        deploys.versions_follow_the_parameters,
        put(*WEBHOOK, "Environment", "Variables", "NEW", to={"Ref": "AzampayStatusPath"}),
        "does not follow AzampayStatusPath",
    ),
    (
        deploys.versions_follow_the_parameters,
        put(*WEBHOOK, "VersionDescription", to={"Fn::Sub": "${AlarmEmail}"}),
        "follows AlarmEmail for nothing",
    ),
    (
        deploys.deployments_go_back_on_faults_of_the_new_version_alone,
        put(*ALARMS, 1, to={"Ref": "ApiServerErrorsAlarm"}),
        "watches ['5XXError', 'Errors']",
    ),
    (
        deploys.deployments_go_back_on_faults_of_the_new_version_alone,
        put(*ALARMS, 0, to={"Ref": "WebhookErrorsAlarm"}),
        "WebhookErrorsAlarm does not watch the new version",
    ),
    (
        deploys.deployments_go_back_on_faults_of_the_new_version_alone,
        put(*ALARMS, 1, to={"Ref": "PaymentsNewVersionFailsAlarm"}),
        "PaymentsNewVersionFailsAlarm does not watch the new version of WebhookFunction",
    ),
    (
        deploys.deployments_go_back_on_faults_of_the_new_version_alone,
        put(*PREFERENCE, "Role", to="arn:of:somebody"),
        "has no role",
    ),
    (
        deploys.deployments_go_back_on_faults_of_the_new_version_alone,
        drop(R, "WebhookNewVersionFailsAlarm", P, "AlarmName"),
        "WebhookNewVersionFailsAlarm does not watch the new version",
    ),
]
