"""What the app holds, by typed keys."""

from aiohttp import web

from bot.deliveries import Intake
from bot.router import Router
from web.auth import Gate
from web.events import Hub

ROUTER: web.AppKey[Router] = web.AppKey("router", Router)
GATE: web.AppKey[Gate] = web.AppKey("gate", Gate)
INTAKE: web.AppKey[Intake] = web.AppKey("intake", Intake)
HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
BODY_S: web.AppKey[float] = web.AppKey("body_s", float)
"""Seconds in which a request's body has to arrive."""
