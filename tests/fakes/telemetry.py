"""A telemetry that remembers what it was told."""

from __future__ import annotations

from finconnect.payments.telemetry import Fact


class RecordingTelemetry:
    """Remembers every fact with its details, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[Fact, dict[str, object]]] = []

    def tell(self, fact: Fact, /, **details: object) -> None:
        """Remember a fact."""
        self.told.append((fact, details))

    @property
    def facts(self) -> list[Fact]:
        """The facts alone."""
        return [fact for fact, _ in self.told]

    def details(self, fact: Fact) -> dict[str, object]:
        """The details of the only telling of ``fact``; AssertionError unless there is one."""
        found = [details for told, details in self.told if told is fact]
        assert len(found) == 1, f"{fact} was told {len(found)} times"
        return found[0]
