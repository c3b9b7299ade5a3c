"""The seam to AWS: below botocore's retries, above the emulated services."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

from tests.crash.containers import Containers, FunctionFailed
from tests.crash.faults import Call, Injector, Ways

if TYPE_CHECKING:
    import pytest
    from botocore.awsrequest import AWSPreparedRequest

type Raw = tuple[int, dict[str, str], bytes | str]

INVOKE: Final = "lambda.Invoke"
TRANSACTION: Final = "dynamodb.TransactWriteItems"
WRITES: Final = (TRANSACTION, "dynamodb.PutItem", "dynamodb.UpdateItem", "dynamodb.DeleteItem")


@dataclass(slots=True)
class Aws:
    """Lets each try of each call of the functions through ``injector``.

    ``observe`` is given every write of the ledger to do, so that it can look before and after.
    """

    injector: Injector
    containers: Containers
    observe: Callable[[Callable[[], Raw]], Raw]
    _transactions: dict[str, Raw] = field(default_factory=dict)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand where botocore hands a signed request to the network."""
        monkeypatch.setattr(BotocoreStubber, "__call__", self._send_for())

    def _send_for(self) -> Callable[..., AWSResponse]:
        def send(
            stubber: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **_: object
        ) -> AWSResponse:
            status, headers, body = self._send(stubber, event_name, request)
            return AWSResponse(request.url, status, headers, MockRawResponse(body))  # type: ignore[arg-type]

        return send

    def _send(self, stubber: BotocoreStubber, event_name: str, request: AWSPreparedRequest) -> Raw:
        name = event_name.removeprefix("before-send.")

        def perform() -> Raw:
            return self._perform(name, stubber, request)

        if not self.containers.running:  # a look of ours from outside, not a function's call
            return perform()
        call = Call(self.containers.running[-1], name)
        identity = request.headers["amz-sdk-invocation-id"]
        return self.injector.around(call, identity, perform, _ways(name, request))

    def _perform(self, name: str, stubber: BotocoreStubber, request: AWSPreparedRequest) -> Raw:
        if name == INVOKE:
            return self._invoke(request)

        def process() -> Raw:
            return stubber.process_request(request) or (404, {}, b"")

        if name == TRANSACTION:
            return self.observe(lambda: self._transact(request, process))
        return self.observe(process) if name in WRITES else process()

    def _transact(self, request: AWSPreparedRequest, process: Callable[[], Raw]) -> Raw:
        # DynamoDB recognises a repeated transaction by its token for ten minutes; moto does not.
        token = str(_json(request)["ClientRequestToken"])
        if token not in self._transactions:
            answer = process()
            if answer[0] != 200:
                return answer
            self._transactions[token] = answer
        return self._transactions[token]

    def _invoke(self, request: AWSPreparedRequest) -> Raw:
        try:
            result = self.containers.invoke("token_refresh", _json(request))
        except FunctionFailed as failure:
            body = {"errorType": "Unhandled", "errorMessage": str(failure)}
            return 200, {"X-Amz-Function-Error": "Unhandled"}, json.dumps(body)
        return 200, {}, json.dumps(result)


def _json(request: AWSPreparedRequest) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(cast("bytes", request.body))
    return body


def _ways(name: str, request: AWSPreparedRequest) -> Ways:
    return Ways(
        refuse=lambda: EndpointConnectionError(endpoint_url=request.url),
        lose=lambda: ReadTimeoutError(endpoint_url=request.url),
        throttle=lambda: _throttled(name, request),
        contend=lambda: _contended(name, request),
    )


def _throttled(name: str, request: AWSPreparedRequest) -> Raw:
    if name == INVOKE:
        headers = {"x-amzn-errortype": "TooManyRequestsException", "Retry-After": "1"}
        return 429, headers, json.dumps({"Type": "User", "message": "Rate Exceeded."})
    if "X-Amz-Target" in request.headers:
        code = "ThrottlingException"
        if name.startswith("dynamodb."):
            code = "com.amazonaws.dynamodb.v20120810#ThrottlingException"
        return 400, {}, json.dumps({"__type": code, "message": "Rate exceeded"})
    return 400, {"Content-Type": "text/xml"}, _QUERY_THROTTLED


_QUERY_THROTTLED: Final = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>"
    "<Message>Rate exceeded</Message></Error><RequestId>0</RequestId></ErrorResponse>"
)
_DYNAMODB: Final = "com.amazonaws.dynamodb.v20120810#"


def _contended(name: str, request: AWSPreparedRequest) -> Raw:
    body: dict[str, Any] = {"__type": f"{_DYNAMODB}TransactionConflictException", "message": "busy"}
    if name == TRANSACTION:
        count = len(_json(request)["TransactItems"])
        reasons = [{"Code": "TransactionConflict"}, *[{"Code": "None"}] * (count - 1)]
        body = {
            "__type": f"{_DYNAMODB}TransactionCanceledException",
            "Message": "Transaction cancelled",
            "CancellationReasons": reasons,
        }
    return 400, {}, json.dumps(body)
