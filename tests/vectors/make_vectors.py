"""Makes the signature vectors beside this file with the `openssl` program.

    python tests/vectors/make_vectors.py

The code under test has no part in it, so that a mistake of its own cannot confirm itself. Every run
makes new keys and throws the private halves away: nothing secret is ever committed.
"""

import base64
import hashlib
import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
RSA: Final = {"rsa-2048": 2048, "other-rsa-2048": 2048, "rsa-4096": 4096, "rsa-1024": 1024}
EC: Final = "ec-p256"
SIGNED_FIELDS: Final = ("utilityref", "externalreference", "transactionstatus", "operator")
REFERENCE: Final = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
# A logged callback in its order of fields, the values replaced.
LOGGED: Final[Mapping[str, Any]] = {
    "message": "success",
    "user": None,
    "password": None,
    "clientId": None,
    "transactionstatus": "success",
    "operator": "Mpesa",
    "reference": REFERENCE,
    "externalreference": REFERENCE,
    "utilityref": "ORDER-1",
    "amount": "60000",
    "transid": REFERENCE,
    "msisdn": "255712345678",
    "mnoreference": "3f0c8f6e-8a39-4a0e-9a43-0d6a6f1f0001",
    "submerchantAcc": None,
    "additionalProperties": {},
}


def openssl(*arguments: str, data: bytes = b"") -> bytes:
    """Run openssl and return what it wrote."""
    return subprocess.run(
        ["openssl", *arguments], input=data, capture_output=True, check=True
    ).stdout


class Signer:
    """Signs with openssl and with keys that live no longer than this run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name, bits in RSA.items():
            options = ("-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}")
            openssl("genpkey", *options, "-out", self._private(name))
        options = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        openssl("genpkey", *options, "-out", self._private(EC))

    def public_pem(self, name: str) -> str:
        """The public half of a key."""
        return openssl("pkey", "-in", self._private(name), "-pubout").decode()

    def sign(
        self, text: str, *, key: str = "rsa-2048", digest: str = "sha256", options: str = ""
    ) -> str:
        """Sign a text; ``options`` is one -sigopt after another, split at spaces."""
        extra = [part for option in options.split() for part in ("-sigopt", option)]
        command = ("dgst", f"-{digest}", "-sign", self._private(key), *extra)
        return base64.b64encode(openssl(*command, data=text.encode())).decode()

    def sign_without_digest_info(self, text: str) -> str:
        """PKCS#1 v1.5 padding around the bare digest: it does not say which hash it is."""
        digest = self._folder / "digest"
        digest.write_bytes(hashlib.sha256(text.encode()).digest())
        command = ("pkeyutl", "-sign", "-inkey", self._private("rsa-2048"), "-in", str(digest))
        return base64.b64encode(openssl(*command)).decode()

    def _private(self, name: str) -> str:
        return str(self._folder / name)


def vector(
    name: str, verdict: str, signature: str, *, key: str = "rsa-2048", **changes: object
) -> dict[str, str]:
    """One callback as it would arrive, and what must be said of it."""
    body = json.dumps(
        {**LOGGED, **changes, "signature": signature}, separators=(",", ":"), ensure_ascii=False
    )
    return {"name": name, "key": key, "verdict": verdict, "body": body}


def signed_text(**changes: str) -> str:
    """The text that AzamPay signs (DOC): four fields, no separator."""
    fields = {**LOGGED, **changes}
    return "".join(str(fields[name]) for name in SIGNED_FIELDS)


def genuine(signer: Signer) -> list[dict[str, str]]:
    """Callbacks whose signature holds, whatever else is to be said of them."""
    good = signer.sign(signed_text())
    made: list[tuple[str, dict[str, str]]] = [
        ("a success", {}),
        ("a failure, as the schema spells it", {"transactionstatus": "failure"}),
        ("a failure, as the plugin spells it", {"transactionstatus": "failed"}),
        ("a word that settles nothing", {"transactionstatus": "pending"}),
        ("another network", {"operator": "Halopesa"}),
        ("a reference that is not ASCII", {"utilityref": "ORDER-é-€-😀"}),
    ]
    vectors = [
        vector(name, "signed", signer.sign(signed_text(**changes)), **changes)
        for name, changes in made
    ]
    vectors.append(
        vector("a larger key", "signed", signer.sign(signed_text(), key="rsa-4096"), key="rsa-4096")
    )
    # Not covered by the signature: only a comparison with the record can tell.
    unsigned: list[tuple[str, dict[str, str]]] = [
        ("amount changed", {"amount": "1"}),
        ("msisdn changed", {"msisdn": "255700000001"}),
        ("transid changed", {"transid": "f" * 32}),
        ("message changed", {"message": "other"}),
        # No separator stands between the fields: the same text, cut elsewhere.
        (
            "boundary moved left",
            {"utilityref": "ORDER-", "externalreference": "1" + REFERENCE},
        ),
        (
            "boundary moved right",
            {"utilityref": "ORDER-1" + REFERENCE[:1], "externalreference": REFERENCE[1:]},
        ),
        (
            "boundary of the status moved",
            {"externalreference": REFERENCE + "success"[:1], "transactionstatus": "success"[1:]},
        ),
    ]
    return vectors + [vector(name, "signed", good, **changes) for name, changes in unsigned]


def forged(signer: Signer) -> list[dict[str, str]]:
    """Callbacks that must not be believed, one defect each."""
    text, good = signed_text(), signer.sign(signed_text())
    changed: list[tuple[str, dict[str, str]]] = [
        ("utilityref changed", {"utilityref": "ORDER-2"}),
        ("externalreference changed", {"externalreference": "f" * 32}),
        ("transactionstatus changed", {"transactionstatus": "failure"}),
        ("transactionstatus in another case", {"transactionstatus": "Success"}),
        ("operator changed", {"operator": "Airtel"}),
        ("a space added to the operator", {"operator": "Mpesa "}),
    ]
    signatures = {
        "signature of another payment": signer.sign(signed_text(utilityref="ORDER-2")),
        "signature of two fields only": signer.sign("ORDER-1" + REFERENCE),
        "signature of the fields in another order": signer.sign(
            REFERENCE + "ORDER-1" + "success" + "Mpesa"
        ),
        "signature of the fields with separators": signer.sign(
            f"ORDER-1|{REFERENCE}|success|Mpesa"
        ),
        "signature of the text and a newline": signer.sign(text + "\n"),
        "signature of nothing": signer.sign(""),
        "PSS padding": signer.sign(text, options="rsa_padding_mode:pss rsa_pss_saltlen:digest"),
        "SHA-1": signer.sign(text, digest="sha1"),
        "SHA-512": signer.sign(text, digest="sha512"),
        "the bare digest": signer.sign_without_digest_info(text),
        "an EC key": signer.sign(text, key=EC),
        "an RSA key of 1024 bits": signer.sign(text, key="rsa-1024"),
        "another RSA key": signer.sign(text, key="other-rsa-2048"),
        "a signature that is too short": base64.b64encode(base64.b64decode(good)[:-1]).decode(),
        "a signature that is too long": base64.b64encode(base64.b64decode(good) + b"\0").decode(),
        "a signature of zeros": base64.b64encode(bytes(256)).decode(),
    }
    return [vector(name, "forged", good, **changes) for name, changes in changed] + [
        vector(name, "forged", signature) for name, signature in signatures.items()
    ]


def main() -> None:
    """Replace all vectors and keys."""
    keys = HERE / "keys"
    keys.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        signer = Signer(Path(folder))
        for name in (*RSA, EC):
            (keys / f"{name}.public.pem").write_text(signer.public_pem(name))
        vectors = genuine(signer) + forged(signer)
    made = {"made_with": openssl("version").decode().strip(), "vectors": vectors}
    text = json.dumps(made, indent=2, ensure_ascii=False)
    (HERE / "callbacks.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
