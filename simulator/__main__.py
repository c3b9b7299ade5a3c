"""The command line: ``python -m simulator``."""

import argparse
import sys
from collections.abc import Sequence

from simulator.server import SimulatorServer
from simulator.settings import KeyForm, Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until interrupted; returns 0, or 1 if the port cannot be had, 2 for bad arguments."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    try:
        server = SimulatorServer(Settings(**options))
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        where = f"{options['host']}:{options['port']}"
        print(f"cannot listen on {where}: {error.strerror}; try --port 0", file=sys.stderr)
        return 1
    server.run(lambda url: print(f"AzamPay simulator listening on {url}", flush=True))
    return 0


def _parser() -> argparse.ArgumentParser:
    default = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="A stand-in for AzamPay, for tests and development."
    )
    add = parser.add_argument
    add("--host", default=default.host, help="address to listen on (default %(default)s)")
    add("--port", type=int, default=default.port, help="0 picks a free one (default)")
    add("--allow-remote", action="store_true", help="permit a --host that is not loopback")
    add("--callback-url", metavar="URL", help="where callbacks are posted")
    _add_seconds(parser, "--callback-delay", default.callback_delay, "until a script's payer acts")
    add(
        "--auto-approve",
        type=float,
        metavar="SECONDS",
        help="numbers outside the table approve by themselves after this time (default: the phone "
        "on the page asks)",
    )
    add(
        "--no-callback-retries",
        dest="callback_retries",
        action="store_false",
        help="send each callback once, whatever the webhook answers",
    )
    add("--seed", type=int, metavar="N", help="same ids, keys and delays in every run")
    add("--app-name", default=default.app_name, help="default %(default)s")
    add("--client-id", default=default.client_id, help="default %(default)s")
    add("--client-secret", default=default.client_secret, help="default %(default)s")
    add("--api-key", metavar="KEY", help="demand this X-API-Key (default: none)")
    _add_seconds(parser, "--token-lifetime", default.token_lifetime, "that a token lives")
    add(
        "--unsigned",
        dest="signed",
        action="store_false",
        help="send callbacks without a signature, as the sandbox does",
    )
    _add_seconds(parser, "--slow-approval", default.slow_approval, "of the 5-second test number")
    _add_seconds(parser, "--slow-answer", default.slow_answer, "of the 60-second test number")
    add(
        "--authenticator-key-form",
        type=KeyForm,
        choices=list(KeyForm),
        default=default.authenticator_key_form,
        help="how the key is written at the authenticator's path (default %(default)s)",
    )
    return parser


def _add_seconds(parser: argparse.ArgumentParser, name: str, default: float, meaning: str) -> None:
    parser.add_argument(
        name,
        type=float,
        default=default,
        metavar="SECONDS",
        help=f"seconds {meaning} (default %(default)s)",
    )


if __name__ == "__main__":
    sys.exit(main())
