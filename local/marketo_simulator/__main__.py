"""The simulator's process: `python -m local.marketo_simulator --state FOLDER --port N --leads N`."""

import argparse
import os
import signal
import threading
from pathlib import Path

from local.marketo_simulator.instance import Instance
from local.marketo_simulator.seeding import SeedPlan, seed
from local.marketo_simulator.server import Server


def main() -> None:
    wanted = _parser().parse_args()
    instance = Instance(wanted.state)
    now = wanted.now if wanted.now is not None else instance.clock.now()
    seed(instance, SeedPlan(wanted.leads, now, wanted.seed, wanted.activities_per_lead))
    instance.bulk.start()
    server = Server(instance, wanted.port)
    for number in (signal.SIGTERM, signal.SIGINT):
        # `shutdown` waits for the loop that this handler interrupts, so it needs a thread of its own.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    instance.close()
    # Threads of open connections may still hold cursors, of which the library would complain at length.
    os._exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.marketo_simulator", description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--leads", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--activities-per-lead", type=float, default=5.0)
    parser.add_argument("--now", type=int)
    return parser


if __name__ == "__main__":
    main()
