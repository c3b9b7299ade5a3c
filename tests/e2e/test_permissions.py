"""The emulator enforces IAM: what the other tests show, they show with these permissions only."""

from tests.e2e.support import World


def test_without_one_permission_the_function_fails(world: World) -> None:
    paid = world.prompted()
    with world.without_permission("PaymentsRole", "payments", "KeepLedger"):
        refused = world.merchant.get(paid["externalId"])

    assert refused.status_code == 503, refused.text
    assert refused.json()["code"] == "unavailable"
    assert world.state_of(paid["externalId"])["status"] == "pending"


def test_payments_may_not_publish_events(world: World) -> None:
    function = world.resource("PaymentsFunction")
    role = world.stack.aws.lambda_.get_function_configuration(FunctionName=function)["Role"]
    simulation = world.stack.aws.client("iam").simulate_principal_policy(
        PolicySourceArn=role,
        ActionNames=["sns:Publish"],
        ResourceArns=[world.stack.outputs.event_topic_arn],
    )
    assert simulation["EvaluationResults"][0]["EvalDecision"] != "allowed"
