"""Problems as pages, where a browser asks: a person sees a sentence and a way on, not JSON."""

from http import HTTPStatus

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from churn_assets.serving.keys import is_loopback
from churn_assets.serving.problem import MEDIA_TYPE
from churn_assets.web.rendering import HEADERS, Pages

HTML = "text/html"


class ProblemPages:
    """ASGI middleware around the whole site; answers to programs, which do not ask for HTML, pass as they are.

    Without keys (`is_guarded`) the site is for this machine, and a browser is answered only under an address of this
    machine: else a page of the internet could point a name of its own here and read what is shown (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, pages: Pages, *, is_guarded: bool) -> None:
        self.app = app
        self.pages = pages
        self.is_guarded = is_guarded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or HTML not in (headers := Headers(scope=scope)).get("accept", ""):
            await self.app(scope, receive, send)
        elif not (self.is_guarded or _is_here(headers.get("host", ""))):
            detail = "This site is for this machine only: open it as http://127.0.0.1 with its port."
            await self._tell(_Problem(HTTPStatus.MISDIRECTED_REQUEST, detail), scope, send, MutableHeaders())
        else:
            await self.app(scope, receive, _Told(self, scope, send))

    async def _tell(self, problem: "_Problem", scope: Scope, send: Send, headers: MutableHeaders) -> None:
        text = self.pages.text(
            "problem.html", scope.get("root_path", ""), title=problem.status.phrase, detail=problem.detail
        )
        body = text.encode()
        headers.update({**HEADERS, "Content-Type": f"{HTML}; charset=utf-8", "Content-Length": str(len(body))})
        await send({"type": "http.response.start", "status": problem.status.value, "headers": headers.raw})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


class _Problem(msgspec.Struct, frozen=True):
    """What a page tells of a problem."""

    status: HTTPStatus
    detail: str = ""


class _Told:
    """A `send` that turns problem details into a page, and lets everything else pass."""

    def __init__(self, site: ProblemPages, scope: Scope, send: Send) -> None:
        self.site, self.scope, self.send = site, scope, send
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        """Pass a message on, or gather it until the problem is complete."""
        if message["type"] == "http.response.start" and _is_problem(message):
            self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._tell(self.start)

    async def _tell(self, start: Message) -> None:
        status = HTTPStatus(start["status"])
        detail = msgspec.json.decode(self.body, type=_Detail).detail if self.body else status.description
        headers = MutableHeaders(raw=list(start["headers"]))
        await self.site._tell(_Problem(status, detail), self.scope, self.send, headers)  # noqa: SLF001 - its other half


class _Detail(msgspec.Struct):
    """What is read of problem details."""

    detail: str = ""


def _is_problem(start: Message) -> bool:
    return MutableHeaders(raw=list(start["headers"])).get("content-type", "").startswith(MEDIA_TYPE)


def _is_here(host: str) -> bool:
    """Whether a Host header names this machine, whatever the port."""
    name, _, port = host.rpartition(":")
    return is_loopback(name if name and port.isdecimal() else host)
