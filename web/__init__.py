"""The HTTP surface: JSON API, live events, health, metrics and the page."""
