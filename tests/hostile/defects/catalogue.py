"""Every defect by its name: one thing wrong at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.hostile.defects import encodings, fields, signatures
from tests.hostile.defects.defect import Defect

DEFECTS: Final[Mapping[str, Mapping[str, Defect]]] = {
    "forged": signatures.FORGED,
    "unsigned": signatures.UNSIGNED,
    "base64": signatures.BASE64,
    "disagreeing": fields.DISAGREEING,
    "words": fields.WORDS,
    "types": fields.TYPES,
    "twice": fields.TWICE,
    "unreadable": encodings.UNREADABLE,
    "surrogates": encodings.SURROGATES,
    "deep": encodings.DEEP,
    "sizes": encodings.SIZES,
}
ALL: Final[Mapping[str, Defect]] = {
    f"{group}: {name}": defect
    for group, defects in DEFECTS.items()
    for name, defect in defects.items()
}
