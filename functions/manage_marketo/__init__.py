"""/v1/marketo: connections, groups, services and executions of Marketo services."""
