"""The page with the phones and the timeline, and what it calls."""

from typing import Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from simulator.control import ControlError, decode_body, json_body
from simulator.entries import PhoneAnswer
from simulator.feed import Feed
from simulator.machine import Machine
from simulator.payers import NotRinging
from simulator.rendering import FOLDER, Renderer

WRONG_PIN = "0000"
_PIN_DIGITS = 4
_THEME_COOKIE = "simulator_theme"


class Answer(Struct, forbid_unknown_fields=True):
    """The body of ``POST /_simulator/phones/{transactionId}``; ``pin`` goes with approve alone."""

    answer: Literal["approve", "decline", "ignore"]
    pin: str | None = None


class Page:
    """The page at ``/``, and its own endpoints under ``/_simulator``."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._feed = Feed(machine.book, machine.background)
        self._renderers: dict[str, Renderer] = {}

    def root(self) -> Route:
        """The page itself."""
        return Route("/", self.show, methods=["GET"])

    def routes(self) -> list[BaseRoute]:
        """What the page calls, to be mounted under the simulator's own prefix."""
        return [
            Route("/events", self.stream, methods=["GET"]),
            Route("/phones/{transaction_id}", self.answer, methods=["POST"]),
            Route("/callback-url", self.reveal_callback_url, methods=["GET"]),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
        ]

    async def show(self, request: Request) -> Response:
        """The page as it is now; its events go on from there."""
        # The cursor first: what is written meanwhile is told again, and harms nobody.
        cursor = self._feed.cursor()
        theme = request.cookies.get(_THEME_COOKIE)
        return HTMLResponse(self._renderer(request).page(cursor, theme))

    async def stream(self, request: Request) -> Response:
        """Server-sent events; ``Last-Event-ID`` or ``?after=`` says from where on."""
        cursor = request.headers.get("last-event-id") or request.query_params.get("after")
        events = self._feed.stream(cursor, self._renderer(request))
        return StreamingResponse(events, media_type="text/event-stream")

    async def answer(self, request: Request) -> Response:
        """Answer a prompt. 200 says what it came to, 409 that it does not ring any more.

        Any four digits are a PIN, and ``0000`` is the wrong one. It is kept nowhere.
        """
        given = await decode_body(request, Answer)
        outcome = _outcome(given)
        try:
            self._machine.payers.answer(request.path_params["transaction_id"], outcome)
        except NotRinging:
            raise ControlError(409, "this prompt does not wait for an answer") from None
        return json_body({"answer": outcome})

    async def reveal_callback_url(self, _: Request) -> Response:
        """The callback URL with its secret; 403 where other machines may reach the simulator."""
        if self._machine.settings.allow_remote:
            raise ControlError(403, "the URL is not shown to other machines")
        return json_body({"url": self._machine.courier.url})

    def _renderer(self, request: Request) -> Renderer:
        base_url = str(request.base_url).rstrip("/")
        if base_url not in self._renderers:
            # By the names it is reached under: few on loopback, and whatever a client likes beyond.
            self._renderers = {base_url: Renderer(self._machine, base_url)}
        return self._renderers[base_url]


def _outcome(given: Answer) -> PhoneAnswer:
    if given.answer != "approve":
        return PhoneAnswer(given.answer)
    pin = given.pin or ""
    if len(pin) != _PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        raise ControlError(400, "a PIN has 4 digits")
    return PhoneAnswer.WRONG_PIN if pin == WRONG_PIN else PhoneAnswer.APPROVE
