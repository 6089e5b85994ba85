"""Answers out: functions that can read events and nothing else; they write answers and saved questions alone."""

from aws_cdk import Duration, Size
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from infra.constructs.access import Access
from infra.constructs.dead_letters import dead_letters
from infra.constructs.python_function import Home, PythonFunction
from infra.constructs.tables import Tables

# Two cores, which read days side by side, and the arrays of some ten million events.
MEMORY_MB = 3538
# The columns of days that were asked about, for as long as the function is warm.
ROOM_FOR_COLUMNS = Size.gibibytes(4)
WORK_TIME = Duration.minutes(15)  # the longest that a function runs
# The function gives up after three tries; this is for one that cannot even say so.
TRIES = 10


class Querying(Construct):
    """A question is answered at once, or put on a queue and answered by the worker, in the same words."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        home: Home,
        tables: Tables,
        access: Access,
        archive: s3.IBucket,
        results: s3.IBucket,
        search_endpoint: str,
        events_queue: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        self.dead_letters = dead_letters(self, "DeadLetters")
        # Its messages name an answer and hold nothing of the question.
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=WORK_TIME,  # the worker shortens it to a minute, as long as it is alive
            retention_period=Duration.days(14),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=TRIES),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        environment = {
            "ARCHIVE_BUCKET": archive.bucket_name,
            "SEARCH_ENDPOINT": search_endpoint,
            "TENANTS_TABLE": tables.tenants.table_name,
            "API_KEYS_TABLE": tables.api_keys.table_name,
            "IDENTITIES_TABLE": tables.identities.table_name,
            "GOALS_TABLE": tables.goals.table_name,
            "PROGRESS_TABLE": tables.progress.table_name,
            "EVENTS_QUEUE_URL": events_queue.queue_url,
            "ANSWERS_TABLE": tables.answers.table_name,
            "ANSWERS_QUEUE_URL": self.queue.queue_url,
            "RESULTS_BUCKET": results.bucket_name,
            "REPORTS_TABLE": tables.reports.table_name,
            "EVENT_RETENTION_DAYS": str(home.config.retention.events),
        }
        self.function = PythonFunction(
            self,
            "Query",
            home=home,
            entry="query_api.handler",
            description="Questions, single events, schema, status, reports, and the API's own description",
            environment=environment,
            memory_mb=MEMORY_MB,
            timeout=Duration.seconds(29),  # API Gateway gives up after 30
            role=access.roles["query_api"],
            analytics=True,
            scratch=ROOM_FOR_COLUMNS,
            reserved=home.config.throughput.query_reserved,
        )
        self.worker = PythonFunction(
            self,
            "Worker",
            home=home,
            entry="query_api.worker",
            description="Answers that nobody waits for, off their queue",
            environment=environment,
            memory_mb=MEMORY_MB,
            timeout=WORK_TIME,
            role=access.roles["query_api"],
            analytics=True,
            scratch=ROOM_FOR_COLUMNS,
        )
        events_queue.grant(self.function.role, "sqs:GetQueueAttributes")
        self.queue.grant(self.function.role, "sqs:SendMessage")
        self.worker.function.add_event_source(
            SqsEventSource(
                self.queue,
                batch_size=1,
                max_concurrency=home.config.throughput.answers_at_once,
                report_batch_item_failures=True,
            )
        )
