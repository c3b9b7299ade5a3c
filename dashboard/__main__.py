"""`python -m dashboard`: a picture of a stack's dashboard, with the values of the last minutes."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from dashboard.collect import Span, collect
from dashboard.forward import forward_new
from dashboard.traffic import MOST_MINUTES, stack_with_traffic
from local.aws import LocalAws
from local.environment import forget_aws_account
from local.errors import LocalStackError
from local.paths import PROJECT
from local.running import find_running
from local.signals import StopRequested, stopping_in_order
from local.target import find_target
from ops.stack import StackError

USUAL_MINUTES: Final = 15
PICTURE: Final = Path("docs/images/dashboard.png")
DRAWING: Final = (PROJECT.root / ".tools" / "charts" / "bin" / "python", "dashboard/draw.py")


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw; 0 if there is a picture, 1 if the stack cannot be read or did not start."""
    options = _options(arguments)
    try:
        with stopping_in_order():
            if options.traffic:
                forget_aws_account(os.environ)
                with stack_with_traffic(options.traffic) as stack:
                    _draw_local(stack.aws, stack.name, options.traffic + 1, options.out)
            elif options.stack:
                name = find_target(options.stack).stack.output("DashboardName")
                _draw(boto3.client("cloudwatch"), name, options.minutes, options.out)
            else:
                running = find_running()
                forget_aws_account(os.environ)
                with closing(LocalAws(running.endpoint)) as aws:
                    _draw_local(aws, running.stack_name, options.minutes, options.out)
    except StopRequested as request:
        return 128 + request.number
    except (LocalStackError, StackError, ClientError, BotoCoreError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _draw_local(aws: LocalAws, name: str, minutes: int, picture: Path) -> None:
    forward_new(aws, f"/finconnect/{name}/")
    _draw(aws.client("cloudwatch"), name, minutes, picture)


def _draw(client: Any, name: str, minutes: int, picture: Path) -> None:  # noqa: ANN401
    end = datetime.now(UTC)
    data = collect(client, name, Span(end - timedelta(minutes=minutes), end))
    picture.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.json"
        file.write_text(json.dumps(data), encoding="utf-8")
        # matplotlib keeps a cache of fonts, which is nobody's home folder's business.
        environment = {**os.environ, "MPLCONFIGDIR": folder}
        command = [*map(str, DRAWING), str(file), str(picture)]
        subprocess.run(command, check=True, env=environment, cwd=PROJECT.root)
    print(f"The last {minutes} minutes of {name}: {picture}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dashboard", description=__doc__)
    add = parser.add_argument
    add("--stack", help="a deployed stack (default: the one of `make run`)")
    add("--minutes", type=_minutes, default=USUAL_MINUTES, help="how far back (%(default)s)")
    add("--traffic", type=_minutes, help="start a stack, and send payments for so many minutes")
    add("--out", type=Path, default=PICTURE, help="the picture (%(default)s)")
    return parser.parse_args(arguments)


def _minutes(text: str) -> int:
    minutes = int(text)
    if not 1 <= minutes <= MOST_MINUTES:
        raise ValueError(f"between 1 and {MOST_MINUTES}")
    return minutes


if __name__ == "__main__":
    sys.exit(main())
