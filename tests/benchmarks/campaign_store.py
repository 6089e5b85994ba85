"""Campaign events where our own answers come from, as ingestion and compaction leave them there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from itertools import batched
from pathlib import Path
from typing import Any, Final

import duckdb
import orjson
import urllib3
from touchline.adapters.columns.layout import LAYOUT
from touchline.adapters.duckdb.columns import NAMES, ORDER
from touchline.adapters.duckdb.day_columns import pack_day
from touchline.domain.archive import Manifest, columns_key, events_key, index_of_day, manifest_key
from touchline.domain.event_documents import DocumentIds
from touchline.ports import Archive

from tests.benchmarks.campaign_events import DAY_MS, DAYS, START

JSON: Final = {"Content-Type": "application/json"}
EVENTS_A_BODY: Final = 5_000
ID: Final = 'document_id(tenant, id) AS "_id"'


def fill_archive(archive: Archive, events: Path, tenant: str) -> int:
    """As compaction leaves it: a Parquet file, a manifest and columns for each day. Bytes of columns."""
    size = 0
    with _connected() as connection:
        for number in range(DAYS):
            day, body = _day(connection, events, number)
            digest = sha256(body).hexdigest()
            archive.put(key := events_key(tenant, day, digest), body)
            archive.put(manifest_key(tenant, day), Manifest(key, 1, digest, "", ()).to_json())
            for kind, columns in pack_day(day, body).items():
                archive.put(columns_key(tenant, day, digest, LAYOUT, kind), columns)
                size += len(columns)
    return size


def _connected() -> Any:
    connection = duckdb.connect()
    connection.create_function("document_id", _document_id, ["VARCHAR", "VARCHAR"], "VARCHAR")
    return connection


def _document_id(tenant: str, event: str) -> str:
    return _ids_of(tenant).of(event.encode())


_ids_of: Final = cache(DocumentIds)


def _day(connection: Any, events: Path, number: int) -> tuple[str, bytes]:
    start = START + number * DAY_MS
    target = events.with_suffix(".day")
    connection.execute(
        f"COPY (SELECT {NAMES} FROM (SELECT *, {ID} FROM '{events}') "
        f'WHERE "@timestamp" >= {start} AND "@timestamp" < {start + DAY_MS} ORDER BY {ORDER}) '
        f"TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
    )
    body = target.read_bytes()
    target.unlink()
    return _name(start), body


def fill_index(url: str, events: Path) -> None:
    pool = urllib3.PoolManager()
    for lines in batched(_lines(events), EVENTS_A_BODY, strict=False):
        assert orjson.loads(_ask(pool, "POST", f"{url}/_bulk?filter_path=errors", b"".join(lines))) == {"errors": False}
    _ask(pool, "POST", f"{url}/events-*/_refresh", b"")


def _lines(events: Path) -> Iterator[bytes]:
    """Nulls are left out, as in documents that we make."""
    with _connected() as connection:
        found = connection.execute(f"SELECT {NAMES} FROM (SELECT *, {ID} FROM '{events}') ORDER BY \"sequence\"")
        names = [column[0] for column in found.description][1:]
        while rows := found.fetchmany(20_000):
            for id, *values in rows:
                document = {name: _present(value) for name, value in zip(names, values, strict=True) if value}
                index = index_of_day(_name(document["@timestamp"]))
                yield b'{"create":{"_index":"%b","_id":"%b"}}\n%b\n' % (
                    index.encode(),
                    id.encode(),
                    orjson.dumps(document),
                )


def _present(value: Any) -> Any:
    return {name: one for name, one in value.items() if one is not None} if isinstance(value, dict) else value


def _name(moment: int) -> str:
    return datetime.fromtimestamp(moment // 1000, UTC).date().isoformat()


def _ask(pool: urllib3.PoolManager, method: str, url: str, body: bytes) -> bytes:
    answer = pool.request(method, url, body=body, headers=JSON)
    assert answer.status < 300, answer.data[:500]
    return answer.data
