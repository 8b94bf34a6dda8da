"""The way of a request through the stations, gathered from what each of them left in the ledger."""

from dataclasses import dataclass
from datetime import datetime

from db.pool import Executor


@dataclass(frozen=True, slots=True)
class Station:
    """Something that happened to a request; `station` is command, ledger, worker, clip, store, outside or notice."""

    at: datetime
    station: str
    what: str


# Jobs are named by kind and number; what they were given is not told, so that no stranger's text gets out.
_WAY = """
select at, station, what from (
  select created_at as at, 0 as ord, 0::bigint as id, 'command' as station,
         'request ' || public_id || ' from ' || coalesce(place ->> 'platform', 'unknown') as what
  from requests where id = $1
  union all
  select e.at, 1, e.id,
         case when e.to_state = 'running' then 'worker'
              when e.from_state = 'running' then 'worker' else 'ledger' end,
         j.kind || ' (job ' || j.id || ') ' || e.to_state
           || case when e.from_state is null then ' by ' || coalesce(nullif(j.created_by, ''), 'unknown') else '' end
           || case when e.attempt > 1 then ', attempt ' || e.attempt else '' end
           || case when e.note <> '' then ': ' || e.note else '' end
  from job_events e join jobs j on j.id = e.job_id where j.request_id = $1
  union all
  select c.created_at, 2, c.id, 'clip', 'clip ' || c.public_id || ' chosen' from clips c where c.request_id = $1
  union all
  select a.created_at, 3, a.id, 'store', a.kind || ' of clip ' || c.public_id || ', ' || a.bytes || ' bytes'
  from assets a join clips c on c.id = a.clip_id where c.request_id = $1
  union all
  select f.updated_at, 4, j.id, 'outside', j.kind || ': ' || f.state
  from effects f join jobs j on j.id = f.job_id where j.request_id = $1
  union all
  select n.updated_at, 5, 0, 'notice', case when n.final then 'last word, revision ' else 'revision ' end || n.revision
  from notices n where n.request_id = $1 and n.revision > 0
  union all
  select r.ended_at, 6, 0, 'ledger', 'request ' || r.state from requests r where r.id = $1 and r.ended_at is not null
) way order by at, ord, id
"""


async def way(conn: Executor, request_id: int) -> list[Station]:
    """Every station of a request, in time."""
    return [Station(**dict(row)) for row in await conn.fetch(_WAY, request_id)]
