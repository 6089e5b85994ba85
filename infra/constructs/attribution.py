"""index_events → attribution queue → attribute_conversions → conversions and memberships in OpenSearch."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from infra.constructs.access import Access
from infra.constructs.dead_letters import dead_letters
from infra.constructs.python_function import Home, PythonFunction
from infra.constructs.tables import Tables

TRIES = 30  # as with events: a store may be away for hours
MESSAGES_AT_ONCE = 10  # of at most 500 actors each
BATCHING_SECONDS = 1
WORK_TIME = Duration.minutes(5)


class Attribution(Construct):
    """Whoever changes what is known of people puts them on `queue`; after its delay they are computed anew."""

    def __init__(
        self, scope: Construct, id: str, *, home: Home, tables: Tables, access: Access, search_endpoint: str
    ) -> None:
        super().__init__(scope, id)
        throughput = home.config.throughput
        self.dead_letters = dead_letters(self, "DeadLetters", home.key)
        self.queue = sqs.Queue(
            self,
            "Queue",
            delivery_delay=Duration.seconds(throughput.attribution_delay_seconds),
            visibility_timeout=Duration.seconds(6 * WORK_TIME.to_seconds()),  # AWS: six times the function's
            retention_period=Duration.days(14),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=TRIES),
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=home.key,
            data_key_reuse=Duration.hours(1),
            enforce_ssl=True,
        )
        self.attribute = PythonFunction(
            self,
            "Attribute",
            home=home,
            entry="attribute_conversions.handler",
            description="Attribution queue: people's conversions, credits and memberships, computed anew",
            environment={
                "SEARCH_ENDPOINT": search_endpoint,
                "GOALS_TABLE": tables.goals.table_name,
                "IDENTITIES_TABLE": tables.identities.table_name,
                "PROGRESS_TABLE": tables.progress.table_name,
                "ATTRIBUTION_QUEUE_URL": self.queue.queue_url,
                "DEAD_LETTERS_URL": self.dead_letters.queue_url,
                "ATTRIBUTION_DELAY_SECONDS": str(throughput.attribution_delay_seconds),
                "EVENT_RETENTION_DAYS": str(home.config.retention.events),
            },
            memory_mb=1769,  # one processor: reading and computing take turns
            timeout=WORK_TIME,
            role=access.roles["attribute_conversions"],
        )
        self.dead_letters.grant(self.attribute.role, "sqs:SendMessage")
        self.queue.grant(self.attribute.role, "sqs:SendMessage")
        self.attribute.function.add_event_source(
            SqsEventSource(
                self.queue,
                batch_size=MESSAGES_AT_ONCE,
                max_batching_window=Duration.seconds(BATCHING_SECONDS),
                max_concurrency=throughput.attribute_concurrency,
                report_batch_item_failures=True,
            )
        )
