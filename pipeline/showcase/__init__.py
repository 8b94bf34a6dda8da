"""What the demonstration shows: a source of known content, and pictures of what was chosen and why."""
