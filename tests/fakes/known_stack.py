"""A stack whose outputs and resources are known without CloudFormation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import override

from ops.stack import Stack


@dataclass(frozen=True)
class KnownStack(Stack):
    """Everything else that the commands touch is asked of AWS, as ever."""

    known: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    @override
    def outputs(self) -> dict[str, str]:
        return dict(self.known)

    @cached_property
    @override
    def parameters(self) -> dict[str, str]:
        return dict(self.chosen)

    @override
    def physical_id(self, logical_id: str) -> str:
        return self.ids[logical_id]
