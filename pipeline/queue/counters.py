"""What the queue counts, for metrics and alerts."""

from clipnet.metrics import counter, gauge, histogram

ANNOUNCE_FAILED = counter("queue_announce_failed", "Commits whose jobs could not be announced in Redis.")
PUBLISH_FAILED = counter("events_publish_failed", "Events that could not be written to the stream.")
REPAIRED = counter("queue_repaired", "Ready jobs that Redis had lost and the reconciler put back.")
DUE = counter("queue_due", "Delayed or blocked jobs whose time came and that were announced.")
FORGED = counter("queue_forged", "Members popped from Redis that the ledger doesn't know.")
DROPPED = counter("queue_dropped", "Ids popped from Redis that could not be claimed then.")
CLAIMED = counter("jobs_claimed", "Jobs started.", ["kind"])
ENDED = counter("jobs_ended", "Attempts ended, by what became of the job.", ["kind", "outcome"])
FENCED = counter("jobs_fenced", "Writes refused because the lease had moved on.")
RUNAWAY = counter("jobs_runaway", "Handlers that ignored their cancellation and were abandoned.")
EPOCH = gauge("worker_epoch", "Epoch of the lease that this process holds, 0 as a standby.")
WAIT_S = histogram("job_wait_seconds", "From ready to started.", ["lane"])
RUN_S = histogram("job_run_seconds", "One attempt.", ["kind"])
