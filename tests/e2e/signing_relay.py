"""Amazon's signature on what the emulator publishes, which signs nothing.

The emulator posts here. Each message gets an address of Amazon's for its certificate, a signature
that fits, and is posted on, twice: SNS promises at least once.
"""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Self
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from local.ports import LOOPBACK

SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}


class Amazon:
    """A key, and the certificate by which its signatures are believed."""

    def __init__(self, region: str) -> None:
        self.host = f"sns.{region}.amazonaws.com"
        self.certificate_url = f"https://{self.host}/SimpleNotificationService-{'0a' * 16}.pem"
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def certificate(self) -> str:
        """The certificate in PEM, valid now."""
        now = datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.host)])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
        builder = builder.public_key(self._key.public_key()).serial_number(1)
        builder = builder.not_valid_before(now - timedelta(days=1))
        builder = builder.not_valid_after(now + timedelta(days=1))
        made = builder.sign(self._key, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM).decode()

    def sign(self, message: Mapping[str, str]) -> dict[str, str]:
        """The message with a signature of version 2."""
        told = dict(message)
        if "SubscribeURL" in told:
            told["SubscribeURL"] = f"https://{self.host}/?{urlsplit(told['SubscribeURL']).query}"
        names = [name for name in SIGNED[told["Type"]] if name in told]
        text = "".join(f"{name}\n{told[name]}\n" for name in names)
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return told | {
            "SignatureVersion": "2",
            "SigningCertURL": self.certificate_url,
            "Signature": base64.b64encode(signature).decode(),
        }


class SigningRelay:
    """Stands between the emulator and a receiver for as long as a `with` block lasts."""

    def __init__(self, amazon: Amazon, target: str) -> None:
        self.amazon = amazon
        self.target = target
        self.answers: list[int] = []
        self._lock = Lock()
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                message = relay.amazon.sign(json.loads(body))
                status = max(relay.post(message), relay.post(message))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self._thread = Thread(target=self._server.serve_forever)
        self.url = f"http://{LOOPBACK}:{self._server.server_port}/events"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def post(self, message: Mapping[str, str]) -> int:
        """Posts one message as SNS does; the status of the answer."""
        headers = {"Content-Type": "text/plain; charset=UTF-8"}
        headers["x-amz-sns-message-type"] = message["Type"]
        with self._lock:
            answer = httpx.post(
                self.target, content=json.dumps(message), headers=headers, trust_env=False
            )
            self.answers.append(answer.status_code)
        return answer.status_code
