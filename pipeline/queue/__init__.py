"""How jobs get to the worker: `enqueue` writes them to the ledger, the `facade` also announces them in Redis."""
