"""microburst as a program of its own, with one change: a request keeps its ``Host``.

microburst puts the upstream's name there. The functions sign with their own roles' credentials, the
signature covers ``Host``, and the emulator checks it: as it comes, every call would be refused.
(Its ``--resign`` would sign all of them in one name, and no role's rights would count any more.)
"""

import sys

from aiohttp import web
from microburst.cli import main
from microburst.core import pipeline
from microburst.forward import Upstream


class SameHost(Upstream):  # type: ignore[misc] # microburst ships no types
    """Forwards what came as it came."""

    def _outbound_headers(self, request: web.Request) -> dict[str, str]:
        return {**super()._outbound_headers(request), "host": request.headers["Host"]}


if __name__ == "__main__":
    pipeline.Upstream = SameHost  # the class that it makes its forwarder of
    sys.exit(main())
