"""The template keeps every house rule, in each environment that it can be deployed for."""

import pytest

from tests.template.documents import OPENAPI, TEMPLATE, deployed, read_openapi, read_template
from tests.template.rules import (
    alarms,
    api,
    deploys,
    edges,
    interface,
    logs,
    permissions,
    secrecy,
    stores,
)
from tests.template.rules.resources import Rule, Template

PRODUCTION = {"Environment": "production", "DeploymentStyle": "Canary10Percent5Minutes"}
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "sandbox": {},
    "production": PRODUCTION,
    "local": {"Environment": "local"},
    "with AWS_IAM": {"PaymentAuthorization": "AWS_IAM"},
    "with an e-mail address": {"AlarmEmail": "ops@example.com"},
    "with a status call": {"AzampayStatusPath": "/status"},
    "with networks": {"CallbackNetworks": "203.0.113.0/24"},
    "with a canary": {"DeploymentStyle": "Canary10Percent5Minutes", "SnapStart": "on"},
}
RULES: list[Rule] = [
    edges.batches_report_their_failures,
    edges.streams_give_up_in_time_and_report_it,
    edges.relay_sees_new_outbox_items_only,
    edges.queues_with_readers_redrive,
    edges.readers_of_queues_may_read_and_have_time,
    edges.callbacks_have_receives_to_spare,
    edges.a_key_can_be_fetched_before_the_last_tries,
    edges.schedules_have_dead_letter_queues,
    edges.subscriptions_have_dead_letter_queues,
    stores.tables_are_kept_for_ever,
    stores.queues_are_encrypted_and_keep_14_days,
    stores.topics_are_encrypted,
    stores.alarms_may_use_their_topics_key,
    stores.no_secret_leaves_the_secrets,
    stores.what_people_put_in_survives,
    secrecy.nothing_is_open_to_everybody,
    secrecy.services_are_let_in_for_this_account,
    secrecy.every_store_is_known_to_be_encrypted,
    secrecy.secrets_begin_empty_or_generated,
    secrecy.apis_want_tls_1_2,
    permissions.functions_have_a_role_each,
    permissions.roles_name_what_they_may_touch,
    permissions.roles_have_no_managed_policies,
    permissions.only_the_api_may_invoke,
    logs.functions_have_a_log_group_each,
    logs.log_groups_have_retention,
    logs.access_log_holds_no_path,
    logs.stages_are_neither_traced_nor_logged_in_full,
    logs.functions_are_traced,
    alarms.queues_are_watched,
    alarms.functions_are_watched,
    alarms.streams_are_watched,
    alarms.api_is_watched,
    alarms.business_is_watched,
    alarms.alarms_reach_a_person_with_advice,
    alarms.single_cases_ring_again,
    alarms.thresholds_have_a_unit_or_count,
    interface.names_carry_the_stacks_name,
    interface.parameters_are_described_and_constrained,
    interface.parameters_are_grouped,
    interface.outputs_are_described,
    interface.functions_fit_a_new_account,
    interface.functions_run_on_the_chosen_architecture,
    api.routes_are_wired,
    api.payments_are_authorised_and_callbacks_are_not,
    api.gateway_validates_payments_and_no_callbacks,
    api.routes_are_throttled,
    api.functions_answer_before_the_gateway_stops_waiting,
    api.gateway_speaks_as_the_functions_do,
    deploys.what_the_api_invokes_has_an_alias,
    deploys.aliases_are_what_is_invoked,
    deploys.versions_follow_the_parameters,
    deploys.deployments_go_back_on_faults_of_the_new_version_alone,
]


@pytest.fixture(scope="module", params=ENVIRONMENTS.values(), ids=list(ENVIRONMENTS))
def template(request: pytest.FixtureRequest) -> Template:
    return deployed(read_template(), read_openapi(), request.param)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_is_kept(template: Template, rule: Rule) -> None:
    assert rule(template) == []


def test_production_cannot_delete_its_ledger() -> None:
    production = deployed(read_template(), read_openapi(), PRODUCTION)
    assert stores.tables_are_protected_against_deletion(production) == []


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_plain_http_is_refused_on_aws(environment: str) -> None:
    template = deployed(read_template(), read_openapi(), {"Environment": environment})
    assert stores.queues_and_topics_refuse_plain_http(template) == []


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_what_must_be_reckoned_is_watched_on_aws(environment: str) -> None:
    template = deployed(read_template(), read_openapi(), {"Environment": environment})
    assert alarms.ratios_are_watched(template) == []
    assert alarms.schedules_are_watched(template) == []


def test_a_changed_parameter_reaches_the_stage() -> None:
    assert api.redeploys_when_a_parameter_changes(read_template()) == []


@pytest.mark.parametrize("document", [TEMPLATE, OPENAPI], ids=lambda path: path.name)
def test_nothing_is_hard_coded(document: object) -> None:
    text = TEMPLATE.read_text() if document == TEMPLATE else _without_servers(OPENAPI.read_text())
    assert interface.nothing_is_hard_coded(text) == []


def test_access_logs_can_be_left_out() -> None:
    template = deployed(read_template(), read_openapi(), {"ApiLogging": "off"})
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert "AWS::ApiGateway::Account" not in kinds
    assert "AccessLogSetting" not in template["Resources"]["Apiv1Stage"]["Properties"]


def _without_servers(text: str) -> str:
    # They are an example for readers, and hold a region and a host of AWS by their nature.
    before, rest = text.split("\nservers:\n")
    return before + rest[rest.index("\n\n") :]
