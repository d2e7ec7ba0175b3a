"""Templates to answers: escaped, with the headers that a page of personal data wants."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse

from churn_assets.web import figures

if TYPE_CHECKING:
    from jinja2 import Environment

STATIC = "/pages/"
"""Where style sheet and icon are, in an address."""
STATIC_FOLDER = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""No script, nothing from elsewhere, nothing kept by the browser, and no address (it may name a listener) told on."""


@dataclass(frozen=True)
class Pages:
    """The templates, ready to be filled in."""

    environment: "Environment"

    @classmethod
    def fresh(cls) -> "Pages":
        """Templates that escape whatever is put into them, and refuse names that nobody gave."""
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in ("share", "number", "money", "count", "day", "short_day"):
            environment.filters[name] = getattr(figures, name)
        return cls(environment)

    def text(self, template: str, root: str, **values: Any) -> str:
        """A page; `root` is the path below which the site lies, mostly empty."""

        def address(path: str, parameters: Mapping[str, str] | None = None, **more: str) -> str:
            query = urlencode({**(parameters or {}), **more})
            return f"{root}{path}?{query}" if query else f"{root}{path}"

        return self.environment.get_template(template).render(address=address, static=f"{root}{STATIC}", **values)

    def answer(
        self, request: Request, template: str, *, status: HTTPStatus = HTTPStatus.OK, **values: Any
    ) -> HTMLResponse:
        """A page as an answer."""
        text = self.text(template, request.scope.get("root_path", ""), **values)
        return HTMLResponse(text, status, dict(HEADERS))
