"""Headers that every answer carries."""

from aiohttp import web

from web.keys import GATE

_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_ELSE = "default-src 'none'; sandbox; frame-ancestors 'none'"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}


async def headers(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Set them; a page may load its own scripts and media, everything else nothing at all."""
    assert isinstance(request, web.Request)
    response.headers.update(_ALWAYS)
    response.headers["Content-Security-Policy"] = _PAGE if response.content_type == "text/html" else _ELSE
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.pop("Server", None)
    if request.app[GATE].secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
