"""The lines that functions log, through CloudWatch Logs as on AWS; and the log files of the two servers."""

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local import state
from local.errors import LocalError
from local.system import Running, System

LOOK_AGAIN_AFTER_SECONDS = 0.5


def read(system: System, function: str, *, lines: int, follow: bool) -> Iterator[str]:
    """The newest lines, oldest first; then, where followed, each new one."""
    servers = {part.name: part.log for part in system.parts(state.load(system.folders.state))}
    if function in servers:
        return _of_file(servers[function], lines=lines, follow=follow)
    return _of_functions(system.running(), function, lines=lines, follow=follow)


def _of_file(path: Path, *, lines: int, follow: bool) -> Iterator[str]:
    if not path.exists():
        return
    with path.open(errors="replace") as log:
        yield from (line.rstrip("\n") for line in deque(log, maxlen=lines))
        while follow:
            for line in log:
                yield line.rstrip("\n")
            time.sleep(LOOK_AGAIN_AFTER_SECONDS)


def _of_functions(running: Running, function: str, *, lines: int, follow: bool) -> Iterator[str]:
    client = running.client("logs")
    groups = _groups(client, function)
    seen: set[tuple[int, str]] = set()
    newest = deque(_new_lines(client, groups, 0, seen), maxlen=lines)
    yield from (line for _, line in newest)
    since = newest[-1][0] if newest else 0
    while follow:
        time.sleep(LOOK_AGAIN_AFTER_SECONDS)
        for at, line in _new_lines(client, groups, since, seen):
            since = max(since, at)
            yield line


def _groups(client: Any, function: str) -> list[str]:
    pages = client.get_paginator("describe_log_groups").paginate()
    names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    wanted = function.lower().replace("_", "").replace("-", "")
    found = [name for name in names if wanted in name.lower().replace("-", "")]
    if not found:
        raise LocalError(f"No log group has {function!r} in its name. There are:\n  " + "\n  ".join(sorted(names)))
    return found


def _new_lines(client: Any, groups: list[str], since: int, seen: set[tuple[int, str]]) -> list[tuple[int, str]]:
    """Of all groups, by time; `seen` keeps what shares a millisecond with an earlier line from coming twice."""
    found = []
    for group in groups:
        short = group.rpartition("/")[2]
        for page in client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since):
            for event in page["events"]:
                line = f"{short}  {event['message'].rstrip()}"
                if (event["timestamp"], line) not in seen:
                    seen.add((event["timestamp"], line))
                    found.append((event["timestamp"], line))
    return sorted(found, key=lambda each: each[0])  # stable: lines of one millisecond stay in their order
