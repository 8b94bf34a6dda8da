"""The ledger: pool, migrations, and one module per aggregate with its SQL beside the rows it fills."""
