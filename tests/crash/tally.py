"""What was run, for the summary at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class Orders:
    """How many orders were played, and how many callbacks came when."""

    examples: int = 0
    before: int = 0
    between: int = 0
    after: int = 0

    def played(
        self, before: Sequence[object], between: Sequence[object], after: Sequence[object]
    ) -> None:
        """Count one order."""
        self.examples += 1
        self.before += len(before)
        self.between += len(between)
        self.after += len(after)

    @property
    def line(self) -> str:
        """For instance ``orders: 3500 played, 21000 callbacks: …``."""
        total = self.before + self.between + self.after
        return (
            f"orders: {self.examples} played, {total} callbacks: {self.before} before the answer, "
            f"{self.between} between, {self.after} after"
        )


ORDERS = Orders()
