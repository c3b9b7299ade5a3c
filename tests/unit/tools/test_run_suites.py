from collections.abc import Sequence

import pytest

from tools.run_suites import Result, Runner, Step, read_tally, run_all, summarise

GREEN = "======== 3 passed in 0.12s ========"


def answering(outputs: dict[str, tuple[int, str]]) -> Runner:
    def run(target: str) -> tuple[int, Sequence[str]]:
        code, output = outputs[target]
        return code, output.splitlines()

    return run


def closing_line(results: Sequence[Result]) -> str:
    return summarise(results)[-1]


@pytest.mark.parametrize(
    ("line", "tally"),
    [
        (GREEN, {"passed": 3}),
        ("3 passed in 0.12s", {"passed": 3}),
        (
            "=== 1 failed, 20 passed, 2 skipped, 1 error in 75.30s (0:01:15) ===",
            {"failed": 1, "passed": 20, "skipped": 2, "error": 1},
        ),
        ("=== no tests ran in 0.01s ===", {}),
        ("the 3 passed in 0.12s are mine", {}),
    ],
)
def test_pytest_closing_lines_are_read(line: str, tally: dict[str, int]) -> None:
    assert read_tally(["collected items", line, ""]) == tally


def test_the_closing_line_adds_up_checks_and_tests() -> None:
    steps = [Step("lint"), Step("unit", runs_tests=True)]

    results = run_all(steps, answering({"lint": (0, "fine"), "unit": (0, GREEN)}))

    assert closing_line(results) == "4 passed, 0 failed"


def test_a_failed_step_does_not_stop_the_next_one() -> None:
    steps = [Step("lint"), Step("unit", runs_tests=True)]

    results = run_all(steps, answering({"lint": (1, "bad"), "unit": (0, GREEN)}))

    assert closing_line(results) == "3 passed, 1 failed"


def test_a_suite_that_executes_no_test_has_failed() -> None:
    steps = [Step("unit", runs_tests=True)]

    results = run_all(steps, answering({"unit": (0, "=== 2 skipped in 0.01s ===")}))

    assert closing_line(results) == "0 passed, 1 failed, 2 skipped"


def test_a_suite_that_fails_after_green_tests_has_failed() -> None:
    results = run_all([Step("unit", runs_tests=True)], answering({"unit": (2, GREEN)}))

    assert closing_line(results) == "3 passed, 1 failed"


def test_failures_and_errors_are_counted_one_by_one() -> None:
    output = "=== 2 failed, 1 passed, 1 error in 0.01s ==="

    results = run_all([Step("unit", runs_tests=True)], answering({"unit": (1, output)}))

    assert closing_line(results) == "1 passed, 3 failed"


def test_a_step_whose_needs_failed_is_not_run_and_says_so() -> None:
    steps = [Step("unit", runs_tests=True), Step("e2e", runs_tests=True, needs=("unit",))]

    results = run_all(steps, answering({"unit": (1, "")}))

    assert [one.word for one in results] == ["FAILED", "not run"]
    assert "needs unit" in "\n".join(summarise(results))
