"""The headers every response carries, errors included (OWASP ASVS 5.0, 3.4 and 14.3.2)."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HSTS = "max-age=31536000; includeSubDomains"


def security_headers(oauth_base_url: str, *, secure: bool) -> Mapping[str, str]:
    """Header name → value. ``form-action`` must name Strava: browsers hold the redirect that follows
    a form to the same rule, and our only way into OAuth is a form."""
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(oauth_base_url))
    forms = " ".join(dict.fromkeys(("'self'", "https://www.strava.com", origin)))
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        f"form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    return headers | {"Strict-Transport-Security": HSTS} if secure else headers


class SecurityHeaders:
    """Outermost ASGI layer: sets the headers on whatever leaves, and ``no-store`` unless a page said more."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)
