"""Lambda: looks at payments that went silent. Runs on a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finconnect.composition.reconciler import build
from finconnect.payments.aws.powertools import counted, logger
from finconnect.payments.settings import ReconcilerSettings, read_settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

reconcile = build(read_settings(ReconcilerSettings))


@logger.inject_lambda_context
@counted
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Go once through the silent payments, and count what they came to."""
    return reconcile()
