"""The AWS emulator of the local system: ministack with the repairs that Touchline needs, durable under kill -9.

    .local/emulator-venv/bin/python -m local.emulator       (from the root of the checkout; SIGTERM stops it)

Configured by environment. Those of ministack that matter, with the defaults that this package sets where unset:

GATEWAY_PORT                    4566; the one port that everything answers on
BIND_HOST                       127.0.0.1 (ministack's own default is every interface)
PERSIST_STATE, S3_PERSIST       1: keep state, objects on disk
STATE_DIR, S3_DATA_DIR          where; required
TMPDIR                          where code and layers are unpacked, once per content, and kept; one of its own
MINISTACK_OPENSEARCH_ENDPOINT   host:port that an OpenSearch domain of a template answers as its endpoint
AUTH                            true: functions may do what their roles grant; false switches that off
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
                                test, test; the caller that AUTH lets do everything: who deploys and tests
SFN_WAIT_SCALE                  1; 0.01 makes a state machine's Wait of ten minutes take six seconds
LOG_LEVEL                       WARNING
IOT_MTLS_ENABLED, SFTP_ENABLED  0

And of this package:

EMULATOR_STOCK                  1: no repairs, plain ministack (the tests of the repairs use it)
EMULATOR_LOG_LINES              5000; lines kept of each log stream (one stream for each Lambda worker)
EMULATOR_INIT_SECONDS           60; how long a function's module may take to import

With AUTH, policies of roles, queues and buckets are enforced on requests of functions (about 1 ms a request). Not on
what services do by themselves: a state machine starts any function, a mapping reads any queue. A request over loopback
counts as TLS (aws:SecureTransport), so that policies which demand it need no exception here.

Functions get AWS_ENDPOINT_URL=http://127.0.0.1:<GATEWAY_PORT> and nothing of the emulator's own environment.

What survives kill -9 at any moment, once it was answered: messages sent and deleted, items, objects, and everything
that describes resources (stacks when their operation has finished). A killed deployment is undone: the resources are as
they were before it, run it again. Messages in flight come back at once. Executions of state machines that were running
are FAILED with States.ServiceRestart: those of Touchline are idempotent and are started again. Logs and metrics of
CloudWatch are kept by a graceful stop only.
"""
