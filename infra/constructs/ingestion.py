"""POST /v1/events → ingest_events → queue → index_events → OpenSearch and archive."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from infra.constructs.access import Access
from infra.constructs.archive import Archive
from infra.constructs.dead_letters import dead_letters
from infra.constructs.python_function import Home, PythonFunction
from infra.constructs.tables import Tables

# A message that is not ours is set aside at once by the function. This is for one that makes the function itself fail,
# and for a store that is away: with pauses that grow to 15 minutes, it may be away for over five hours.
TRIES = 30
MESSAGES_AT_ONCE = 10  # at most 9 MiB, which fits the memory and one archive object well


class Ingestion(Construct):
    """Accepted means on the queue; from there a message is indexed and archived, or waits among the dead letters."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        home: Home,
        tables: Tables,
        archive: Archive,
        access: Access,
        search_endpoint: str,
        attribution_queue: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        config = home.config
        index_timeout = Duration.seconds(config.throughput.index_timeout_seconds)

        self.dead_letters = dead_letters(self, "DeadLetters", home.key)
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=Duration.seconds(6 * index_timeout.to_seconds()),  # AWS: six times the function's
            retention_period=Duration.days(14),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=TRIES),
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=home.key,
            data_key_reuse=Duration.hours(1),  # a call to KMS an hour instead of one every five minutes per producer
            enforce_ssl=True,
        )

        self.ingest = PythonFunction(
            self,
            "Ingest",
            home=home,
            entry="ingest_events.handler",
            description="POST /v1/events: validates, answers for each event, packs them onto the queue",
            environment={
                "EVENTS_QUEUE_URL": self.queue.queue_url,
                "TENANTS_TABLE": tables.tenants.table_name,
                "API_KEYS_TABLE": tables.api_keys.table_name,
                "RATE_LIMITS_TABLE": tables.rate_limits.table_name,
                "IDEMPOTENCY_TABLE": tables.idempotency.table_name,
                "EVENT_MAX_AGE_DAYS": str(config.event_max_age_days),
            },
            memory_mb=256,
            timeout=Duration.seconds(29),  # API Gateway gives up after 30
            role=access.roles["ingest_events"],
            talks_to_search=False,
            reserved=config.throughput.ingest_reserved,
        )
        self.queue.grant(self.ingest.role, "sqs:SendMessage", "sqs:GetQueueAttributes")

        self.index = PythonFunction(
            self,
            "Index",
            home=home,
            entry="index_events.handler",
            description="Events queue: writes packed batches to OpenSearch and, as they came, to the archive",
            environment={
                "SEARCH_ENDPOINT": search_endpoint,
                "ARCHIVE_BUCKET": archive.bucket.bucket_name,
                "PROGRESS_TABLE": tables.progress.table_name,
                "IDENTITIES_TABLE": tables.identities.table_name,
                "EVENTS_QUEUE_URL": self.queue.queue_url,
                "DEAD_LETTERS_URL": self.dead_letters.queue_url,
                "GOALS_TABLE": tables.goals.table_name,
                "ATTRIBUTION_QUEUE_URL": attribution_queue.queue_url,
                "ATTRIBUTION_DELAY_SECONDS": str(config.throughput.attribution_delay_seconds),
                "GOALS_KEPT_SECONDS": str(config.throughput.goals_kept_seconds),
            },
            memory_mb=512,
            timeout=index_timeout,
            role=access.roles["index_events"],
        )
        self.dead_letters.grant(self.index.role, "sqs:SendMessage")
        attribution_queue.grant(self.index.role, "sqs:SendMessage")
        self.source = SqsEventSource(
            self.queue,
            batch_size=MESSAGES_AT_ONCE,
            max_batching_window=Duration.seconds(config.throughput.index_batching_seconds),
            max_concurrency=config.throughput.index_concurrency,
            report_batch_item_failures=True,
        )
        self.index.function.add_event_source(self.source)
