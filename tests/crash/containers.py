"""The functions as Lambda runs them: warm until their process ends, then loaded anew."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, field
from typing import Any

from tests.crash.faults import Injector
from tests.fakes.faults import ProcessDied
from tests.integration.functions.deployment import context


class FunctionFailed(Exception):
    """The function ended without an answer: it raised, or its process died."""


@dataclass(slots=True)
class Containers:
    """One container for each function. ``running`` is the innermost that is at work."""

    injector: Injector
    running: list[str] = field(default_factory=list)
    died: int = 0
    _modules: dict[str, Any] = field(default_factory=dict)

    def invoke(self, function: str, event: dict[str, Any]) -> Any:  # noqa: ANN401 (as Lambda)
        """Have a function handle an event. Raises FunctionFailed if no answer comes of it."""
        self.running.append(function)
        try:
            return self._loaded(function).handler(event, context(function))
        except ProcessDied as death:
            self.died += 1
            self._modules.pop(function)
            raise FunctionFailed(f"{function} died") from death
        except Exception as error:
            raise FunctionFailed(f"{function} raised {type(error).__name__}: {error}") from error
        finally:
            self.running.pop()

    def restart(self) -> None:
        """Let every next invocation be a cold start."""
        self._modules.clear()

    def _loaded(self, function: str) -> Any:  # noqa: ANN401 (a module)
        if function not in self._modules:
            name = f"functions.{function}.app"
            sys.modules.pop(name, None)
            self._modules[function] = importlib.import_module(name)
        return self._modules[function]
