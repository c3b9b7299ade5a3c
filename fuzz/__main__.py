"""Fuzzes one target, guided by coverage, or runs it over files that were kept.

python -m fuzz webhook --seconds 60
python -m fuzz webhook fuzz/crashes/webhook-crash-0123
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
CORPUS: Final = HERE.parent / ".fuzz"
"""Where what was found to be of interest grows from run to run."""

CRASHES: Final = HERE / "crashes"
NAMES: Final = ("callback", "webhook")
# libFuzzer's own: seconds for one input, and megabytes for all, before they count as a finding.
LIMITS: Final = ("-timeout=20", "-rss_limit_mb=2048", "-max_len=8192", "-len_control=0")


def replay(target: str, files: Sequence[Path]) -> None:
    """Run a target over files; what is wrong with one is raised, as the fuzzer saw it."""
    from fuzz.targets import TARGETS  # noqa: PLC0415 (the fuzzer must be there before it)

    for path in files:
        print(f"{path}: {path.stat().st_size} bytes", flush=True)
        TARGETS[target](path.read_bytes())
    print(f"{len(files)} files, nothing wrong")


def fuzz(target: str, seconds: int) -> None:
    """Fuzz for so many seconds; ends the process, with another code than 0 for a finding."""
    import atheris  # noqa: PLC0415 (only here is it needed)

    with atheris.instrument_imports(include=["finconnect", "functions"]):
        from fuzz.targets import TARGETS  # noqa: PLC0415
        from tests.hostile.container import container  # noqa: PLC0415

        container()
    from fuzz.mutator import mutate  # noqa: PLC0415
    from fuzz.seeds import plant  # noqa: PLC0415

    prefix = 1 if target == "webhook" else 0

    def mutated(data: bytes, max_size: int, seed: int) -> bytes:
        return mutate(data, max_size, seed, prefix=prefix, as_bytes=atheris.Mutate)

    corpus = CORPUS / target
    print(f"{target}: {plant(target, corpus)} seeds, {seconds} s", flush=True)
    CRASHES.mkdir(exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-artifact_prefix={CRASHES}/{target}-",
        f"-dict={HERE / 'callback.dict'}",
        "-print_final_stats=1",
    ]
    atheris.Setup(
        [sys.argv[0], *LIMITS, *options, str(corpus)], TARGETS[target], custom_mutator=mutated
    )
    atheris.Fuzz()


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--seconds", type=int, default=60)
    chosen = parser.parse_intermixed_args()
    if chosen.files:
        replay(chosen.target, chosen.files)
    else:
        fuzz(chosen.target, chosen.seconds)


if __name__ == "__main__":
    main()
