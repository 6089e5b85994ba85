"""The only place that speaks OpenSearch's language or knows its exceptions."""
