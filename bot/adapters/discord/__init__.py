"""Discord: slash commands, a context menu, buttons, modals and messages, by the gateway or by HTTP."""
