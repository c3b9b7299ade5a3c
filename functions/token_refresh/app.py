"""Lambda: keeps the provider's token and public key fresh. Runs on a schedule, or when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finconnect.composition.token_refresh import build
from finconnect.payments.aws.powertools import counted, logger
from finconnect.payments.refresh import RefreshRequest
from finconnect.payments.settings import TokenRefreshSettings, read_settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

refresh = build(read_settings(TokenRefreshSettings))


@logger.inject_lambda_context
@counted
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Refresh what is asked for, and say what was done: never the token itself."""
    request = RefreshRequest(
        refused_token=event.get("refused_token"),
        refetch_public_key=bool(event.get("refetch_public_key")),
        try_credentials=event.get("try_credentials"),
    )
    return refresh(request)
