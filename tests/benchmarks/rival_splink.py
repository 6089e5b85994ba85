"""splink on the same keys, in the rivals' environment: FILE with an id and a column for each rule, TARGET for clusters.

Keys are ready made, so that it does no normalising: rules become its blocking rules, links are deterministic.
"""

import json
import logging
import resource
import sys
from time import perf_counter, process_time


def main() -> None:
    import duckdb
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    path, target = sys.argv[1:]
    began, cpu = perf_counter(), process_time()
    connection = duckdb.connect()
    keys = connection.read_parquet(path)
    names = [name for name in keys.columns if name.startswith("key_")]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        blocking_rules_to_generate_predictions=[block_on(name) for name in names],
        comparisons=[],
    )
    database = DuckDBAPI(connection)
    linker = Linker(database.register(keys), settings, log_level=logging.ERROR, validate_settings=False)
    links = linker.inference.deterministic_link()
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(links)
    found = clusters.as_duckdbpyrelation()
    found.project("id, cluster_id").write_parquet(target)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": perf_counter() - began, "cpu_seconds": process_time() - cpu, "mib": peak}))


if __name__ == "__main__":
    main()
