"""Events as API Gateway gives them to a function (REST API, proxy integration)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

STAGE: Final = "v1"
API: Final = "a1b2c3d4e5"
DOMAIN: Final = f"{API}.execute-api.us-east-1.amazonaws.com"
SENDER: Final = "192.0.2.10"
_HEADERS: Final = {
    "Accept": "*/*",
    "Content-Type": "application/json",
    "Host": DOMAIN,
    "User-Agent": "merchant/1.0",
    "X-Amzn-Trace-Id": "Root=1-69a3f5d8-0123456789abcdef01234567",
    "X-Forwarded-For": SENDER,
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}


def proxy_event(
    method: str,
    resource: str,
    parameters: Mapping[str, str] | None = None,
    *,
    body: tuple[str, bool] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The event of a request; ``body`` is the text and whether it is base64.

    ``parameters`` are as they stood in the path: a REST API gives them still percent-encoded.
    """
    path = resource
    for name, value in (parameters or {}).items():
        path = path.replace(f"{{{name}}}", value)
    sent = _HEADERS | dict(headers or {})
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": dict(parameters) if parameters else None,
        "stageVariables": None,
        "requestContext": _request_context(method, resource, path, sent),
        "body": body[0] if body else None,
        "isBase64Encoded": body[1] if body else False,
    }


def _request_context(
    method: str, resource: str, path: str, headers: Mapping[str, str]
) -> dict[str, Any]:
    key = headers.get("X-API-Key")
    return {
        "resourceId": "r4n5m6",
        "resourcePath": resource,
        "operationName": None,
        "httpMethod": method,
        "extendedRequestId": "ZxYwVuTsRqPo123=",
        "requestTime": "01/Mar/2026:09:30:00 +0000",
        "path": f"/{STAGE}{path}",
        "accountId": "123456789012",
        "protocol": "HTTP/1.1",
        "stage": STAGE,
        "domainPrefix": API,
        "requestTimeEpoch": 1772357400000,
        "requestId": "11111111-2222-4333-8444-555555555555",
        "identity": {
            "cognitoIdentityPoolId": None,
            "accountId": None,
            "cognitoIdentityId": None,
            "caller": None,
            "sourceIp": SENDER,
            "principalOrgId": None,
            "accessKey": None,
            "cognitoAuthenticationType": None,
            "cognitoAuthenticationProvider": None,
            "userArn": None,
            "userAgent": headers["User-Agent"],
            "user": None,
        }
        | ({"apiKey": key, "apiKeyId": "k1e2y3i4d5"} if key else {}),
        "domainName": DOMAIN,
        "deploymentId": "d6e7p8",
        "apiId": API,
    }
