"""The HTTP application: AzamPay's endpoints, and the simulator's own under one prefix."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from simulator.authenticator import Authenticator
from simulator.checkout import CheckoutHost
from simulator.control import PREFIX, Control, ControlError, control_error
from simulator.guard import Guard
from simulator.machine import Machine
from simulator.page import Page


def create_app(machine: Machine) -> Starlette:
    """The application around ``machine``, which it closes when it shuts down."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await machine.close()

    page = Page(machine)
    return Starlette(
        routes=[
            *Authenticator(machine).routes(),
            *CheckoutHost(machine).routes(),
            page.root(),
            Mount(PREFIX, routes=[*Control(machine).routes(), *page.routes()]),
        ],
        middleware=[Middleware(Guard, allow_remote=machine.settings.allow_remote)],
        exception_handlers={HTTPException: _empty, ControlError: control_error},
        lifespan=lifespan,
    )


async def _empty(_: Request, error: Exception) -> Response:
    """An empty body, which is what AzamPay sends with a 404 (PROBE)."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return Response(status_code=status)
