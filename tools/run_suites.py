"""Runs every check and every suite of tests, and closes with one line that sums them up.

Each step is a `make` target, so that what runs here is what a person runs alone. A step that
fails does not stop the next ones, which tell more about the fault; only the costly last ones
are left out when what they build on is broken.
"""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

CLOSING_LINE = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+) in \d+\.\d+s(?: \([\d:]+\))?\s*=*$")
COUNT = re.compile(r"(\d+) ([a-z]+)")
PASSED, FAILED, LEFT_OUT = "passed", "FAILED", "not run"

type Tally = Mapping[str, int]
type Runner = Callable[[str], tuple[int, Sequence[str]]]


@dataclass(frozen=True)
class Step:
    """A `make` target, whether it is a suite of tests, and the steps it builds on."""

    target: str
    runs_tests: bool = False
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """How a step ended, after how many seconds, and what its tests came to."""

    step: Step
    word: str
    seconds: float = 0.0
    tally: Tally = field(default_factory=dict)

    @property
    def passed(self) -> int:
        """Tests that passed; a check without tests counts as one."""
        if self.step.runs_tests:
            return self.tally.get("passed", 0)
        return int(self.word == PASSED)

    @property
    def failed(self) -> int:
        """Tests that failed; a step that failed without one counts as one."""
        named = sum(self.tally.get(kind, 0) for kind in ("failed", "error", "errors", "xpassed"))
        return max(named, int(self.word == FAILED))

    @property
    def skipped(self) -> int:
        """Tests that did not run to an end of their own."""
        return self.tally.get("skipped", 0) + self.tally.get("xfailed", 0)


STEPS = (
    Step("lint"),
    Step("types"),
    Step("security", runs_tests=True),
    Step("unit", runs_tests=True),
    Step("template", runs_tests=True),
    Step("examples"),
    Step("integration", runs_tests=True),
    Step("hostile", runs_tests=True),
    Step("crash", runs_tests=True),
    Step("browser", runs_tests=True, needs=("unit", "integration")),
    Step("e2e", runs_tests=True, needs=("unit", "template", "integration")),
)


def read_tally(lines: Sequence[str]) -> Tally:
    """Read the counts of pytest's last closing line; empty when there is none."""
    for line in reversed(lines):
        if found := CLOSING_LINE.match(line.strip()):
            return {kind: int(number) for number, kind in COUNT.findall(found[1])}
    return {}


def run_step(step: Step, run: Runner) -> Result:
    """Run a step and judge it: a suite in which no test was executed has failed."""
    started = time.monotonic()
    code, lines = run(step.target)
    seconds = time.monotonic() - started
    tally = read_tally(lines) if step.runs_tests else {}
    executed = tally.get("passed", 0) or not step.runs_tests
    return Result(step, PASSED if code == 0 and executed else FAILED, seconds, tally)


def run_all(steps: Sequence[Step], run: Runner) -> list[Result]:
    """Run the steps in order, leaving out those whose needs have not passed."""
    results: dict[str, Result] = {}
    for step in steps:
        ready = all(results[need].word == PASSED for need in step.needs)
        results[step.target] = run_step(step, run) if ready else Result(step, LEFT_OUT)
    return list(results.values())


def summarise(results: Sequence[Result]) -> list[str]:
    """Write the table of the steps and the closing line."""
    rows = [
        f"{one.step.target:<12} {one.word:<8} {one.seconds:>7.1f} s  {_describe(one)}".rstrip()
        for one in results
    ]
    passed = sum(one.passed for one in results)
    failed = sum(one.failed for one in results)
    skipped = sum(one.skipped for one in results)
    closing = f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
    return [*rows, "", closing]


def _describe(result: Result) -> str:
    if result.word == LEFT_OUT:
        return f"needs {', '.join(result.step.needs)}"
    if result.step.runs_tests and not result.tally:
        return "no test was executed"
    return ", ".join(f"{number} {kind}" for kind, number in result.tally.items())


def run_target(target: str) -> tuple[int, list[str]]:
    """Run a `make` target, showing its output as it comes; return its exit code and lines."""
    print(f"\n--- make {target}", flush=True)
    lines: list[str] = []
    with subprocess.Popen(
        ["make", target],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            _stream(process, lines)
        except KeyboardInterrupt:
            # The step has got the same Ctrl-C; what it started must end before this does.
            _stream(process, lines)
            raise
    return process.returncode, lines


def _stream(process: subprocess.Popen[str], lines: list[str]) -> None:
    for line in process.stdout or ():
        print(line, end="", flush=True)
        lines.append(line)


def main() -> int:
    """Run all of it; the exit code is 0 only if every step ran and passed."""
    started = time.monotonic()
    try:
        results = run_all(STEPS, run_target)
    except KeyboardInterrupt:
        print("\ninterrupted")
        return 130
    print(f"\n--- {time.monotonic() - started:.0f} s in all")
    print("\n".join(summarise(results)), flush=True)
    return int(any(one.word != PASSED for one in results))


if __name__ == "__main__":
    sys.exit(main())
