"""A stack that never had a public key rings the alarm that is about an old one."""

from __future__ import annotations

from finconnect.payments.refresh_key import KEY_LIFETIME, NEVER_FETCHED
from tests.template.documents import deployed, read_openapi, read_template
from tests.template.rules.alarm_metrics import alarms_of

ALARM = alarms_of(deployed(read_template(), read_openapi()))["PublicKeyOldAlarm"]


def test_a_key_that_never_was_counts_as_too_old() -> None:
    assert ALARM["ComparisonOperator"] == "GreaterThanThreshold"
    assert NEVER_FETCHED.total_seconds() > ALARM["Threshold"] > KEY_LIFETIME.total_seconds()
