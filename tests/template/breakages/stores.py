"""What breaks the rules about stores and permissions."""

from tests.template.breakages.breakage import Breakage
from tests.template.breaking import add, drop, put
from tests.template.rules import permissions, stores

R = "Resources"
P = "Properties"
TABLE = (R, "PaymentsTable", P)
QUEUE = (R, "RelayFailureQueue", P)
STATEMENTS = (R, "PaymentsRole", P, "Policies", 0, "PolicyDocument", "Statement")

BREAKAGES: list[Breakage] = [
    (stores.tables_are_kept_for_ever, drop(R, "PaymentsTable", "DeletionPolicy"), "on deletion"),
    (
        stores.tables_are_kept_for_ever,
        drop(R, "PaymentsTable", "UpdateReplacePolicy"),
        "replacement",
    ),
    (
        stores.tables_are_kept_for_ever,
        drop(*TABLE, "PointInTimeRecoverySpecification"),
        "point-in-time",
    ),
    (stores.tables_are_kept_for_ever, drop(*TABLE, "SSESpecification"), "encrypted"),
    (stores.tables_are_kept_for_ever, put(*TABLE, "BillingMode", to="PROVISIONED"), "on demand"),
    (
        stores.tables_are_kept_for_ever,
        put(*TABLE, "StreamSpecification", "StreamViewType", to="KEYS_ONLY"),
        "new images",
    ),
    (stores.tables_are_kept_for_ever, put(*TABLE, "TimeToLiveSpecification", to={}), "expire"),
    (
        stores.tables_are_protected_against_deletion,
        drop(*TABLE, "DeletionProtectionEnabled"),
        "can be deleted",
    ),
    (
        stores.queues_are_encrypted_and_keep_14_days,
        drop(*QUEUE, "MessageRetentionPeriod"),
        "14 days",
    ),
    (
        stores.queues_are_encrypted_and_keep_14_days,
        drop(*QUEUE, "SqsManagedSseEnabled"),
        "encrypted",
    ),
    (stores.topics_are_encrypted, drop(R, "EventTopic", P, "KmsMasterKeyId"), "not encrypted"),
    (stores.queues_and_topics_refuse_plain_http, drop(R, "RelayFailureQueuePolicy"), "plain HTTP"),
    (
        stores.queues_and_topics_refuse_plain_http,
        drop(R, "CallbackQueuePolicy"),
        "CallbackQueue takes plain HTTP",
    ),
    (
        stores.queues_and_topics_refuse_plain_http,
        drop(R, "CallbackDeadLetterQueuePolicy"),
        "CallbackDeadLetterQueue takes plain HTTP",
    ),
    (
        stores.queues_and_topics_refuse_plain_http,
        drop(R, "ReconcilerDeadLetterQueuePolicy"),
        "ReconcilerDeadLetterQueue takes plain HTTP",
    ),
    (stores.queues_and_topics_refuse_plain_http, drop(R, "EventTopicPolicy"), "plain HTTP"),
    (
        stores.queues_and_topics_refuse_plain_http,
        put(R, "EventTopicPolicy", P, "PolicyDocument", "Statement", 0, "Effect", to="Allow"),
        "plain HTTP",
    ),
    (
        stores.alarms_may_use_their_topics_key,
        put(R, "AlarmTopic", P, "KmsMasterKeyId", to="alias/aws/sns"),
        "may not use",
    ),
    (
        stores.alarms_may_use_their_topics_key,
        drop(R, "AlarmTopicKey", P, "KeyPolicy", "Statement", 1),
        "may not use",
    ),
    (
        stores.no_secret_leaves_the_secrets,
        put("Parameters", "ClientSecret", to={"Type": "String"}),
        "sounds like",
    ),
    (
        stores.no_secret_leaves_the_secrets,
        put(
            R,
            "PaymentsFunction",
            P,
            "Environment",
            "Variables",
            "TOKEN",
            to={"Fn::Sub": "{{resolve:secretsmanager:${TokenSecret}}}"},
        ),
        "environment",
    ),
    (
        stores.no_secret_leaves_the_secrets,
        put("Outputs", "Secret", to={"Value": "{{resolve:secretsmanager:name}}"}),
        "output",
    ),
    (
        stores.no_secret_leaves_the_secrets,
        put(R, "PaymentsApiKey", P, "Value", to="x"),
        "its value",
    ),
    (
        stores.what_people_put_in_survives,
        drop(R, "WebhookSecret", "UpdateReplacePolicy"),
        "is lost with its UpdateReplacePolicy",
    ),
    (
        stores.what_people_put_in_survives,
        put(R, "CredentialsSecret", "DeletionPolicy", to="Delete"),
        "is lost with its DeletionPolicy",
    ),
    (
        permissions.functions_have_a_role_each,
        put(R, "WebhookFunction", P, "Role", to={"Fn::GetAtt": ["PaymentsRole", "Arn"]}),
        "several",
    ),
    (permissions.roles_name_what_they_may_touch, put(*STATEMENTS, 2, "Resource", to="*"), "on *"),
    (
        permissions.roles_name_what_they_may_touch,
        put(*STATEMENTS, 2, "Action", to="dynamodb:*"),
        "dynamodb:*",
    ),
    (
        permissions.roles_name_what_they_may_touch,
        put(*STATEMENTS, 3, "Resource", to={"Fn::Sub": "${AWS::StackName}-*"}),
        "-*",
    ),
    (
        permissions.roles_have_no_managed_policies,
        put(R, "WebhookRole", P, "ManagedPolicyArns", to=["arn:x"]),
        "managed policy",
    ),
    (
        permissions.only_the_api_may_invoke,
        add(
            "Open",
            "AWS::Lambda::Permission",
            Principal="*",
            FunctionName={"Ref": "WebhookFunction"},
        ),
        "from anywhere",
    ),
]
