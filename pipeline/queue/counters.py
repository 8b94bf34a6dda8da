"""What the queue counts, for metrics and alerts."""

from prometheus_client import Counter, Gauge, Histogram

ANNOUNCE_FAILED = Counter("clipnet_queue_announce_failed", "Commits whose jobs could not be announced in Redis")
PUBLISH_FAILED = Counter("clipnet_events_publish_failed", "Events that could not be written to the stream")
REPAIRED = Counter("clipnet_queue_repaired", "Ready jobs that Redis had lost and the reconciler put back")
DUE = Counter("clipnet_queue_due", "Delayed jobs that became due and were announced")
FORGED = Counter("clipnet_queue_forged", "Ids in Redis that the ledger doesn't know")
DROPPED = Counter("clipnet_queue_dropped", "Ids popped from Redis that could not be claimed now")
CLAIMED = Counter("clipnet_jobs_claimed", "Jobs started", ["kind"])
ENDED = Counter("clipnet_jobs_ended", "Attempts ended, by what became of the job", ["kind", "outcome"])
FENCED = Counter("clipnet_jobs_fenced", "Writes refused because the lease had moved on")
RUNAWAY = Counter("clipnet_jobs_runaway", "Handlers that ignored their cancellation and were abandoned")
RUNNING = Gauge("clipnet_jobs_running", "Jobs running now", ["lane"])
EPOCH = Gauge("clipnet_worker_epoch", "Epoch of the lease that this process holds, 0 as a standby")
WAIT_BUCKETS_S = (0.005, 0.02, 0.1, 0.5, 1, 5, 30, 120, 600, 3600)
RUN_BUCKETS_S = (0.01, 0.1, 1, 5, 15, 60, 300, 1200, 3600)
WAIT_S = Histogram("clipnet_job_wait_seconds", "From ready to started", ["lane"], buckets=WAIT_BUCKETS_S)
RUN_S = Histogram("clipnet_job_run_seconds", "One attempt", ["kind"], buckets=RUN_BUCKETS_S)
