"""`make cost`: what a stack costs, and which limit it meets first, written into docs/cost.md.

Prices come from prices.toml, what is used from measured.json, the stack's shape from the template.
With ``--measure`` the measuring is done anew first.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.costing import Item, Usage, cost
from benchmarks.scale import MOST, Limit, limits
from benchmarks.shape import Shape, read_shape

ROOT: Final = Path(__file__).parents[1]
PRICES: Final = ROOT / "benchmarks" / "prices.toml"
MEASURED: Final = ROOT / "benchmarks" / "measured.json"
DOCUMENT: Final = ROOT / "docs" / "cost.md"
MONTHS: Final = (0, 1_000, 1_000_000, 100_000_000)
RATES: Final = (10, 100, 1_000, 10_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the document's tables anew, and print them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="deploy locally and measure first")
    if parser.parse_args(arguments).measure:
        from benchmarks.measure import measure  # noqa: PLC0415 - it brings the whole local stack

        MEASURED.write_text(json.dumps(measure(), indent=2) + "\n", encoding="utf-8")
    tables = all_tables()
    DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8"), tables), encoding="utf-8")
    for name, lines in tables.items():
        print(f"{name}\n\n" + "\n".join(lines) + "\n")
    return 0


def all_tables() -> dict[str, list[str]]:
    """Each table of the document by its name, from what lies in this folder."""
    book = tomllib.loads(PRICES.read_text(encoding="utf-8"))
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    shape = read_shape(ROOT / "template.yaml")
    bounds = limits(shape, measured, book["assumed"], book["quota"])
    return {
        "bill": _bill(shape, measured, book),
        "measured": _measured(measured),
        "prices": _prices(book),
        "assumed": _assumed(book),
        "scale": _scale(bounds),
    }


def filled(document: str, tables: dict[str, list[str]]) -> str:
    """The document with each table between its markers. Raises ValueError if some are missing."""
    for name, lines in tables.items():
        begin, end = f"<!-- {name}: written by `make cost` -->\n", f"<!-- end of {name} -->"
        if document.count(begin) != 1 or document.count(end) != 1:
            raise ValueError(f"the document must have the markers of {name} once")
        head, rest = document.split(begin)
        document = head + begin + "\n".join(lines) + "\n" + end + rest.split(end)[1]
    return document


def _bill(shape: Shape, measured: dict[str, Any], book: dict[str, Any]) -> list[str]:
    months = [Usage(shape, measured, book["assumed"], count).items() for count in MONTHS]
    lines = [_row("a month, in USD", ["idle", *(f"{count:,}" for count in MONTHS[1:])])]
    lines.append(_row("---", ["---:"] * len(MONTHS)))
    lines += [
        _row(row[0].what, [_usd(cost(item, book["price"])) for item in row])
        for row in zip(*months, strict=True)
    ]
    totals = [_total(items, book) for items in months]
    lines.append(_row("**in all**", [f"**{_usd(each)}**" for each in totals]))
    each = [_usd_fine(total / count) for total, count in zip(totals[1:], MONTHS[1:], strict=True)]
    lines.append(_row("for one payment", ["", *each]))
    return lines


def _total(items: Iterable[Item], book: dict[str, Any]) -> float:
    return sum(cost(item, book["price"]) for item in items)


def _measured(measured: dict[str, Any]) -> list[str]:
    names = ["ms, here", "calls to AWS", "write units", "read units", "bytes logged", "metrics"]
    lines = [_row("one invocation of", names), _row("---", ["---:", "---", *["---:"] * 4])]
    for name, found in measured["functions"].items():
        calls = ", ".join(f"{count} {call}" for call, count in found["calls"].items())
        numbers = [f"{found[kind]:g}" for kind in ("write_units", "read_units", "log_bytes")]
        row = [f"{found['ms']:g}", calls or "none", *numbers, str(len(found["metrics"]))]
        lines.append(_row(name, row))
    told = (
        f"Measured on {measured['measured_on']}, on {measured['machine']}. One payment leaves "
        f"{measured['stored_bytes']:,} bytes in the table and {measured['events']} events."
    )
    return [*lines, "", told]


def _prices(book: dict[str, Any]) -> list[str]:
    about = book["about"]
    lines = [
        f"Region {about['region']}, list prices of {about['as_of']}. Checked: {about['checked']}.",
        "",
        _row("price", ["USD", "for", "source"]),
        _row("---", ["---:", "---", "---"]),
    ]
    for name, each in book["price"].items():
        per = "" if each["per"] == 1 else f"{each['per']:,} "
        usd = f"{each['usd']:.10f}".rstrip("0").rstrip(".")
        lines.append(_row(f"`{name}`", [usd, per + each["unit"], f"<{each['source']}>"]))
    return lines


def _assumed(book: dict[str, Any]) -> list[str]:
    lines = [_row("assumed", ["value"]), _row("---", ["---:"])]
    lines += [_row(f"`{name}`", [f"{value:g}"]) for name, value in book["assumed"].items()]
    lines += [_row(f"quota `{name}`", [f"{value:,}"]) for name, value in book["quota"].items()]
    return lines


def _scale(bounds: Sequence[Limit]) -> list[str]:
    names = [*(f"{rate:,}/s" for rate in RATES), "met at", "what to raise"]
    lines = [_row("limit", names), _row("---", ["---:"] * (len(RATES) + 1) + ["---"])]
    for limit in sorted(bounds, key=Limit.binds_at):
        shares = [_share(limit.share(rate)) for rate in RATES]
        met = limit.binds_at()
        at = "never" if met >= MOST else f"{_two_digits(met)}/s"
        lines.append(_row(limit.what, [*shares, at, limit.remedy]))
    return lines


def _share(share: float) -> str:
    text = f"{share:.0%}" if share >= 0.01 else "< 1%"  # noqa: PLR2004 - a percent
    return f"**{text}**" if share >= 1 else text


def _two_digits(number: float) -> str:
    return f"{float(f'{number:.2g}'):,.0f}"


def _usd(amount: float) -> str:
    return f"{amount:,.2f}"


def _usd_fine(amount: float) -> str:
    return f"{amount:.6f}"


def _row(first: str, rest: Iterable[str]) -> str:
    return f"| {first} | " + " | ".join(rest) + " |"


if __name__ == "__main__":
    sys.exit(main())
