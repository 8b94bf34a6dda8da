"""Quiet hours: when a community wants to be told nothing that can wait."""

from datetime import datetime, timedelta


def quiet_for_s(hours: str | None, now: datetime) -> float:
    """Seconds until the quiet hours (`22-7`, UTC) end; 0 outside of them, and where there are none."""
    if hours is None:
        return 0.0
    first, last = (int(hour) for hour in hours.split("-"))
    inside = first <= now.hour < last if first <= last else now.hour >= first or now.hour < last
    if not inside:
        return 0.0
    end = now.replace(hour=last, minute=0, second=0, microsecond=0)
    return ((end if end > now else end + timedelta(days=1)) - now).total_seconds()
