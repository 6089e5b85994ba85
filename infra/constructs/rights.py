"""What each function may do with what is kept: search paths, archive keys, table calls. Nothing else is granted."""

from collections.abc import Mapping

type Calls = Mapping[str, tuple[str, ...]]

READ: Calls = {"es:ESHttpGet": ("*/_search",), "es:ESHttpPost": ("*/_search",)}
BULK: Calls = {"es:ESHttpPost": ("_bulk",)}
REOPEN: Calls = {"es:ESHttpPut": ("*/_settings",)}
ATTRIBUTE: Calls = {"es:ESHttpPost": ("_mget", "*/_delete_by_query")}
SECURITY = "_plugins/_security/api/*"

# By method and path below the domain. Inside it, fine-grained access control says the same again by role.
SEARCH: Mapping[str, tuple[Calls, ...]] = {
    "prepare_search": (
        {"es:ESHttpGet": ("*/_mapping", SECURITY), "es:ESHttpPut": ("_index_template/*", "*/_mapping", SECURITY)},
    ),
    "index_events": (BULK, REOPEN),
    "attribute_conversions": (READ, BULK, ATTRIBUTE),
    "backfill_goal": (READ, BULK, ATTRIBUTE),
    "query_api": (READ,),
    "manage_api": (READ, BULK),
    "maintain_indices": (
        READ,
        REOPEN,
        {
            "es:ESHttpGet": ("*/_settings/*", "*/_stats/*"),
            "es:ESHttpPost": ("*/_forcemerge", "*/_refresh"),
            "es:ESHttpDelete": ("events-*", "rejected-*", "conversions-*"),
        },
    ),
    "compact_archive": (BULK, REOPEN),
    "replay_day": (BULK, REOPEN),
    "reconcile_counts": (READ,),
}

READ_ONLY = ("query_api", "reconcile_counts")
# "*/_search" would also match a document whose id is "_search": what writes is denied by name.
WRITES: Calls = {
    "es:ESHttpPost": (
        *("*/_doc", "*/_doc/*", "*/_create/*", "*/_update/*", "_bulk", "*/_bulk", "*/_bulk/*"),
        *("*/_delete_by_query", "*/_update_by_query", "_reindex", "_scripts/*"),
    ),
    "es:ESHttpPut": ("*",),
    "es:ESHttpPatch": ("*",),
    "es:ESHttpDelete": ("*",),
}

# By action and key below the bucket; "" is the bucket itself.
ARCHIVE: Mapping[str, Calls] = {
    "index_events": {"s3:PutObject": ("batches/*",)},
    "compact_archive": {
        "s3:ListBucket": ("",),
        "s3:GetObject": ("*",),
        "s3:PutObject": ("columns/*", "compaction/*", "events/*", "ids/*"),
        "s3:DeleteObject": ("batches/*", "columns/*", "compaction/*", "events/*", "ids/*"),
    },
    "query_api": {"s3:ListBucket": ("",), "s3:GetObject": ("batches/*", "columns/*", "events/*", "spend/*")},
    "backfill_goal": {"s3:ListBucket": ("",), "s3:GetObject": ("batches/*", "columns/*", "events/*")},
    "replay_day": {"s3:ListBucket": ("",), "s3:GetObject": ("*",)},
    "reconcile_counts": {"s3:ListBucket": ("",), "s3:GetObject": ("*",), "s3:PutObject": ("reconciliation/*",)},
    "manage_api": {
        "s3:ListBucket": ("",),
        "s3:GetObject": ("spend/*",),
        "s3:PutObject": ("spend/*",),
        "s3:DeleteObject": ("spend/*",),
    },
}

# By action and key below the bucket of results: what questions were answered with, and nothing that was sent in.
RESULTS: Mapping[str, Calls] = {
    "query_api": {"s3:ListBucket": ("",), "s3:GetObject": ("*",), "s3:PutObject": ("answers/*", "files/*")},
}

# By action and key below the bucket of executions' files.
EXECUTION_FILES: Mapping[str, Calls] = {
    "manage_marketo": {"s3:ListBucket": ("",), "s3:GetObject": ("kept/*",)},
    "run_service": {
        "s3:ListBucket": ("",),
        "s3:GetObject": ("*",),
        "s3:PutObject": ("*",),
        "s3:DeleteObject": (
            "working/*",
            "pending/*",
            *("kept/*/groups/*", "kept/*/changes/*", "kept/*/merges/*", "kept/*/quarantine/*"),
        ),
    },
}

BY_SERVICE = "executions/index/by_service"
BY_TENANT = "api_keys/index/by_tenant"
CHANGES = "identities/index/changes"
OPEN = "answers/index/open"
# By table (or index of a table) and call.
TABLES: Mapping[str, Calls] = {
    "ingest_events": {
        "tenants": ("GetItem",),
        "api_keys": ("GetItem",),
        "rate_limits": ("UpdateItem",),
        "idempotency": ("GetItem", "PutItem", "UpdateItem", "DeleteItem"),
    },
    "index_events": {"identities": ("BatchGetItem", "PutItem"), "progress": ("PutItem",), "goals": ("Query",)},
    "attribute_conversions": {"goals": ("Query",), "identities": ("BatchGetItem",), "progress": ("PutItem",)},
    "backfill_goal": {
        "goals": ("GetItem",),
        "identities": ("BatchGetItem",),
        CHANGES: ("Query",),
        "progress": ("GetItem", "PutItem", "Query"),
    },
    "query_api": {
        "tenants": ("GetItem",),
        "goals": ("GetItem", "Query"),
        "api_keys": ("GetItem",),
        "identities": ("BatchGetItem",),
        CHANGES: ("Query",),
        "progress": ("GetItem", "Query"),
        "answers": ("GetItem", "PutItem"),
        OPEN: ("Query",),
        "reports": ("GetItem", "PutItem", "DeleteItem", "Query"),
    },
    "manage_api": {
        "tenants": ("GetItem",),
        "goals": ("GetItem", "PutItem", "Query"),
        "progress": ("GetItem", "PutItem", "Query"),
        "api_keys": ("GetItem", "PutItem"),
        BY_TENANT: ("Query",),
        "identities": ("BatchGetItem", "PutItem"),
        CHANGES: ("Query",),
    },
    "manage_tenants": {
        "tenants": ("GetItem", "PutItem", "Scan"),
        "api_keys": ("GetItem", "PutItem"),
        BY_TENANT: ("Query",),
    },
    "manage_marketo": {
        "tenants": ("GetItem",),
        "api_keys": ("GetItem",),
        "connections": ("GetItem", "PutItem", "DeleteItem", "Query"),
        "services": ("GetItem", "PutItem", "DeleteItem", "Query"),
        "executions": ("GetItem", "PutItem", "Query"),
        BY_SERVICE: ("Query",),
        "execution_logs": ("PutItem", "Query"),
        "idempotency": ("GetItem", "PutItem", "UpdateItem", "DeleteItem"),
        "marketo_quota": ("GetItem", "PutItem", "DeleteItem"),
    },
    "start_execution": {
        "connections": ("GetItem",),
        "services": ("GetItem",),
        "executions": ("GetItem", "PutItem", "Query"),
        BY_SERVICE: ("Query",),
        "execution_logs": ("PutItem",),
    },
    "run_service": {
        "tenants": ("GetItem",),
        "connections": ("GetItem",),
        "executions": ("GetItem", "PutItem"),
        BY_SERVICE: ("Query",),
        "execution_logs": ("PutItem",),
        "marketo_quota": ("GetItem", "PutItem", "DeleteItem"),
    },
    "compact_archive": {"progress": ("GetItem", "PutItem", "Query")},
    "reconcile_counts": {"progress": ("GetItem", "PutItem", "Query")},
}

# Who puts messages onto queues that are encrypted with the stage's key.
SENDS = ("ingest_events", "index_events", "attribute_conversions", "compact_archive", "manage_api", "run_service")

CAPABILITIES = sorted({*SEARCH, *ARCHIVE, *RESULTS, *EXECUTION_FILES, *TABLES})


def only_reads(capability: str) -> bool:
    """Whether the capability changes nothing in buckets and tables, and sends nothing."""
    actions = {
        action.removeprefix("s3:")
        for kept in (ARCHIVE, RESULTS, EXECUTION_FILES)
        for action in kept.get(capability, {})
    }
    actions |= {call for calls in TABLES.get(capability, {}).values() for call in calls}
    return capability not in SENDS and all(
        action.startswith(("Get", "BatchGet", "List", "Query", "Scan")) for action in actions
    )
