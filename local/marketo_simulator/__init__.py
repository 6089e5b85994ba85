"""A Marketo instance on this machine: an HTTP server that other people's Marketo clients work against unchanged.

A module adds routes by making a `Routes` of its own and being named in `ROUTE_MODULES` of `catalogue.py`:

    routes = Routes()

    @routes.get("/rest/v1/lead/{id}.json", permission="Read-Only Lead")
    def read_lead(instance: Instance, request: Request) -> Body:
        return {"result": [...]}

The server adds `requestId` and `success` (and, for assets, `errors` and `warnings`). A handler raises `Refusal(code,
message)` for what Marketo answers with HTTP 200 and an error code, and returns an `Answer` for what is not JSON: files,
plain text, other status codes. Tables are made by `schema.py`; what tests and people may change while it runs is a
field of `Switches`; `instance.clock` is the only clock.
"""
