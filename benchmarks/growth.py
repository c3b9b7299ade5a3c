"""`python -m benchmarks.growth`: what a payment costs in a small ledger and in a large one."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.ledger import empty_ledger, fill
from benchmarks.meter import Bill
from benchmarks.use_cases import UseCases
from local.errors import LocalStackError

SIZES = (10, 1_000, 100_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure at each size; 0 if nothing grows, 1 if something does."""
    sizes = _sizes(arguments)
    try:
        measured = dict(_measured(sizes))
    except LocalStackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    grown = list(growth(measured))
    print("\n".join(grown) or "nothing grows with the ledger")
    return 1 if grown else 0


def _measured(sizes: Sequence[int]) -> Iterator[tuple[int, Mapping[str, Bill]]]:
    print(f"{'payments':>9}  {'':<28} {'reads':>7} {'writes':>7}  calls")
    with empty_ledger() as client:
        use_cases, filled = UseCases(client), 0
        for size in sizes:
            started = time.monotonic()
            fill(client, range(filled, size))
            filled = size
            bills = use_cases.measure(size)
            for name, bill in bills.items():
                print(_line(size, name, bill), flush=True)
            print(f"{'':>9}  filled and measured in {time.monotonic() - started:.0f} s", flush=True)
            yield size, bills


def growth(measured: Mapping[int, Mapping[str, Bill]]) -> Iterator[str]:
    """A line for everything that costs more in a larger ledger than in the smallest."""
    smallest = min(measured)
    for size, bills in measured.items():
        for name, bill in bills.items():
            if bill.exceeds(measured[smallest][name]):
                yield f"{name} costs more at {size:,} payments than at {smallest:,}"


def _line(size: int, name: str, bill: Bill) -> str:
    calls = ", ".join(f"{count} {operation}" for operation, count in sorted(bill.calls.items()))
    return f"{size:>9,}  {name:<28} {bill.read_units:>7.1f} {bill.write_units:>7.1f}  {calls}"


def _sizes(arguments: Sequence[str] | None) -> Sequence[int]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    text = "finished payments in the ledger (default: 10 1000 100000)"
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help=text)
    return sorted(parser.parse_args(arguments).sizes)


if __name__ == "__main__":
    sys.exit(main())
