"""The alarms of the main road: dead letters, ages, errors, the search domain's health, and the books' balance."""

from aws_cdk import Stack
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.alarms import FIVE_MINUTES, MINUTE, Alarms
from infra.constructs.signals import DAY, counted, search_health
from infra.constructs.watched import Watched

OLDEST_MESSAGE_SECONDS = 300
LAG_P95_MS = 60_000
OLDEST_ANSWER_SECONDS = 600
OLDEST_CHANGE_SECONDS = 900
LONGEST_WAIT_SECONDS = 26 * 3600  # a used-up quota ends with its day, which has 25 hours once a year
# What a node takes by default. It then refuses indices for new days, so events of those days wait on the queue.
MOST_SHARDS_OF_A_NODE = 1_000
USED_SHARDS_SHARE = 0.8
FREE_STORAGE_SHARE = 0.25  # below it OpenSearch is one busy day away from blocking writes


class RoadAlarms(Construct):
    def __init__(self, scope: Construct, id: str, *, config: StageConfig, watched: Watched, topic: sns.ITopic) -> None:
        super().__init__(scope, id)
        self._config = config
        self._watched = watched
        self.alarms = Alarms(self, "Alarm", topic=topic)
        self._set_aside()
        self._late()
        self._failing()
        self._search()
        self._books()

    def _set_aside(self) -> None:
        for name, queue in self._watched.dead_letters.items():
            self.alarms.ring(
                f"{name}DeadLetters",
                queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum"),
                meaning=f"{name}: something failed for good and waits among the dead letters.",
                runbook="dead-letters",
            )

    def _late(self) -> None:
        watched = self._watched
        self._waiting(
            "QueueAge",
            watched.events_queue,
            OLDEST_MESSAGE_SECONDS,
            meaning="Accepted events wait on the queue for more than five minutes.",
            runbook="queue-age",
        )
        self._waiting(
            "AttributionAge",
            watched.attribution_queue,
            OLDEST_CHANGE_SECONDS,
            meaning="Conversions wait for more than a quarter of an hour to be computed.",
            runbook="attribution-age",
        )
        self._waiting(
            "AnswersAge",
            watched.answers_queue,
            OLDEST_ANSWER_SECONDS,
            meaning="Answers that were put off wait for more than ten minutes for a worker.",
            runbook="answers-waiting",
        )
        self.alarms.ring(
            "IndexLag",
            counted("index_events", "IndexLag", "p95"),
            threshold=LAG_P95_MS,
            periods=3,
            meaning="Events take more than a minute from receipt to the index (p95).",
            runbook="index-lag",
        )

        self.alarms.ring(
            "ExecutionsWaiting",
            counted("run_service", "ExecutionWaited", "Maximum"),
            threshold=LONGEST_WAIT_SECONDS,
            meaning="An execution of a Marketo service has waited for more than a day.",
            runbook="executions-waiting",
        )

    def _waiting(self, name: str, queue: sqs.IQueue, seconds: int, *, meaning: str, runbook: str) -> None:
        self.alarms.ring(
            name,
            queue.metric_approximate_age_of_oldest_message(period=MINUTE, statistic="Maximum"),
            threshold=seconds,
            periods=5,
            meaning=meaning,
            runbook=runbook,
        )

    def _failing(self) -> None:
        for name, function in self._watched.functions.items():
            self.alarms.ring(
                f"{name}Errors",
                function.metric_errors(period=FIVE_MINUTES, statistic="Sum"),
                meaning=f"{name} ended invocations with an error.",
                runbook="function-errors",
            )
            self.alarms.ring(
                f"{name}Throttles",
                function.metric_throttles(period=FIVE_MINUTES, statistic="Sum"),
                meaning=f"{name} was refused room to run.",
                runbook="function-throttles",
            )
        for name, machine in self._watched.machines.items():
            for ending, metric in (("Failed", machine.metric_failed), ("TimedOut", machine.metric_timed_out)):
                self.alarms.ring(
                    f"{name}{ending}",
                    metric(period=FIVE_MINUTES, statistic="Sum"),
                    meaning=f"An execution of {name} did not finish.",
                    runbook="workflow-failed",
                )
        self.alarms.ring(
            "AnswersBroken",
            counted("query_api", "AnswersBroken"),
            meaning="A worker ended an answer with a fault of ours.",
            runbook="answers-broken",
        )
        self.alarms.ring(
            "ApiServerErrors",
            self._watched.api.metric_server_error(period=FIVE_MINUTES, statistic="Sum"),
            meaning="The API answered with 5xx.",
            runbook="api-errors",
        )

    def _search(self) -> None:
        free_mb = self._config.search.volume_gib * 1024 * FREE_STORAGE_SHARE
        most_shards = MOST_SHARDS_OF_A_NODE * self._config.search.instances * USED_SHARDS_SHARE
        self._ring_search("Red", "ClusterStatus.red", "A shard has no copy: events are missing from answers.")
        self._ring_search("Yellow", "ClusterStatus.yellow", "A shard lacks a replica.", periods=6)
        self._ring_search("WritesBlocked", "ClusterIndexWritesBlocked", "The domain refuses all writes.")
        self._ring_search("Cpu", "CPUUtilization", "The domain's processors are busy.", threshold=80, periods=3)
        self._ring_search("Memory", "JVMMemoryPressure", "The domain's heap is nearly full.", threshold=95, periods=3)
        self._ring_search("Storage", "FreeStorageSpace", "A node has little disk left.", threshold=free_mb, below=True)
        self._ring_search("Shards", "Shards.active", "The domain has room for few more days.", threshold=most_shards)

    def _ring_search(
        self, name: str, metric: str, meaning: str, *, threshold: float = 1, periods: int = 1, below: bool = False
    ) -> None:
        statistic = "Minimum" if below else "Maximum"
        self.alarms.ring(
            f"Search{name}",
            search_health(self._watched.search_domain, Stack.of(self).account, metric, statistic),
            threshold=threshold,
            periods=periods,
            below=below,
            meaning=meaning,
            runbook=f"search-{'writes-blocked' if name == 'WritesBlocked' else name.lower()}",
        )

    def _books(self) -> None:
        self.alarms.ring(
            "ReconciliationDifferences",
            counted("reconcile_counts", "ReconciliationDifferences", "Maximum", DAY),
            meaning="Archive and index do not hold the same events.",
            runbook="reconciliation-differences",
        )
