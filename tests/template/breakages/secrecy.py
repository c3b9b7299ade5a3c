"""What breaks the rules about what is open and what is secret."""

from tests.template.breakages.breakage import Breakage
from tests.template.breaking import add, drop, put
from tests.template.rules import secrecy

R = "Resources"
P = "Properties"
ALARM_TOPIC = (R, "AlarmTopicPolicy", P, "PolicyDocument", "Statement", 0)

BREAKAGES: list[Breakage] = [
    (
        secrecy.nothing_is_open_to_everybody,
        put(R, "EventTopicPolicy", P, "PolicyDocument", "Statement", 0, "Effect", to="Allow"),
        "EventTopicPolicy lets everybody",
    ),
    (
        secrecy.nothing_is_open_to_everybody,
        put(*ALARM_TOPIC, "Principal", to={"AWS": "*"}),
        "AlarmTopicPolicy lets everybody",
    ),
    (
        secrecy.nothing_is_open_to_everybody,
        put(R, "WebhookFunction", P, "FunctionUrlConfig", to={"AuthType": "NONE"}),
        "has a URL",
    ),
    (
        secrecy.services_are_let_in_for_this_account,
        drop(*ALARM_TOPIC, "Condition"),
        "AlarmTopicPolicy lets a service in",
    ),
    (
        secrecy.services_are_let_in_for_this_account,
        drop(R, "AlarmTopicKey", P, "KeyPolicy", "Statement", 1, "Condition"),
        "AlarmTopicKey lets a service in",
    ),
    (
        secrecy.every_store_is_known_to_be_encrypted,
        add("Files", "AWS::S3::Bucket"),
        "Files: nobody has said",
    ),
    (
        secrecy.secrets_begin_empty_or_generated,
        put(R, "TokenSecret", P, "SecretString", to='{"access_token": "x"}'),
        "TokenSecret has its value",
    ),
    (secrecy.apis_want_tls_1_2, drop(R, "Api", P, "SecurityPolicy"), "old TLS"),
    (secrecy.apis_want_tls_1_2, put(R, "Api", P, "SecurityPolicy", to="TLS_1_0"), "old TLS"),
]
