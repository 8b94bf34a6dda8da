"""Recording of streams that are live: a bounded ring on disk, and the windows that are cut out of it."""
