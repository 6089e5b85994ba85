"""Events in: the index function, the ingest function, and the whole chain on the local system."""

from tests.benchmarks import ingest_chain, ingest_function, ingest_index
from tests.benchmarks.harness import Report


def run(report: Report) -> None:
    ingest_index.measure(report)
    ingest_function.measure(report)
    ingest_chain.measure(report)
