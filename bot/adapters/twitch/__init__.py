"""Twitch: chat commands, its own clips, streams and chat counts, by EventSub's websocket or webhook."""
