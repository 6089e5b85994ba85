"""Everything on one machine: a real OpenSearch node, an AWS emulator, the deployed stacks, and sample data."""
