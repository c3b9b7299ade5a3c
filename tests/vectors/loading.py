"""Reads the signature vectors."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Vector:
    """A callback's body, the public key to verify it with, and the verdict."""

    name: str
    key: str
    verdict: str
    body: bytes


def public_key(name: str = "rsa-2048") -> str:
    """A public key in PEM, as openssl wrote it."""
    return (HERE / "keys" / f"{name}.public.pem").read_text(encoding="utf-8")


def load_vectors() -> dict[str, Vector]:
    """All vectors by name."""
    made = json.loads((HERE / "callbacks.json").read_text(encoding="utf-8"))
    return {
        each["name"]: Vector(each["name"], each["key"], each["verdict"], each["body"].encode())
        for each in made["vectors"]
    }
