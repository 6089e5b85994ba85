"""A real OpenSearch node on 127.0.0.1, put together from published artifacts, without a container engine.

As a library, for tests and benchmarks:

    with running_node(folder, heap="512m", fast=True) as node:
        requests.get(node.url)
"""

from local.opensearch.node import Node, NodeSettings, running_node

__all__ = ["Node", "NodeSettings", "running_node"]
