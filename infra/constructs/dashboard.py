"""The golden signals of the road on one page: requests, refusals, queue age, index lag, errors, OpenSearch health."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.constructs.signals import counted, search_health
from infra.constructs.watched import Watched

HALF, THIRD = 12, 8


class RoadDashboard(Construct):
    def __init__(self, scope: Construct, id: str, *, watched: Watched, alarms: list[cloudwatch.Alarm]) -> None:
        super().__init__(scope, id)
        self._watched = watched
        self.dashboard = cloudwatch.Dashboard(self, "Dashboard", default_interval=Duration.hours(3))
        self.dashboard.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", width=24, alarms=alarms))
        self.dashboard.add_widgets(*self._requests())
        self.dashboard.add_widgets(*self._events())
        self.dashboard.add_widgets(*self._attribution())
        self.dashboard.add_widgets(*self._functions())
        self.dashboard.add_widgets(*self._search())

    def _requests(self) -> list[cloudwatch.IWidget]:
        api = self._watched.api
        return [
            _chart("Requests", HALF, [api.metric_count(), api.metric_client_error(), api.metric_server_error()]),
            _chart("Latency", HALF, [api.metric_latency(statistic="p50"), api.metric_latency(statistic="p99")]),
        ]

    def _events(self) -> list[cloudwatch.IWidget]:
        queue = self._watched.events_queue
        taken = [counted("ingest_events", name) for name in ("EventsAccepted", "EventsRejected")]
        refused = [counted("ingest_events", name) for name in ("RequestsRefused", "RateLimited")]
        written = [counted("index_events", name) for name in ("EventsIndexed", "DuplicatesIgnored", "EventsRefused")]
        waiting = [
            queue.metric_approximate_number_of_messages_visible(),
            queue.metric_approximate_number_of_messages_not_visible(),
        ]
        age = [queue.metric_approximate_age_of_oldest_message(statistic="Maximum")]
        lag = [counted("index_events", "IndexLag", statistic) for statistic in ("p50", "p95")]
        return [
            _chart("Events taken in", THIRD, taken),
            _chart("Refusals", THIRD, refused),
            _chart("Events indexed", THIRD, written),
            _chart("Messages waiting", THIRD, waiting),
            _chart("Age of the oldest message (s)", THIRD, age),
            _chart("Index lag (ms)", THIRD, lag),
        ]

    def _attribution(self) -> list[cloudwatch.IWidget]:
        queue = self._watched.attribution_queue
        names = ("PeopleAttributed", "ConversionsWritten", "ConversionsDeleted")
        lag = [counted("attribute_conversions", "AttributionLag", statistic) for statistic in ("p50", "p95")]
        age = [queue.metric_approximate_age_of_oldest_message(statistic="Maximum")]
        return [
            _chart("Attribution", THIRD, [counted("attribute_conversions", name) for name in names]),
            _chart("Age of the oldest attribution message (s)", THIRD, age),
            _chart("Attribution lag (ms)", THIRD, lag),
        ]

    def _functions(self) -> list[cloudwatch.IWidget]:
        functions = self._watched.functions.items()
        dead = [
            queue.metric_approximate_number_of_messages_visible(label=name, statistic="Maximum")
            for name, queue in self._watched.dead_letters.items()
        ]
        return [
            _chart("Errors", THIRD, [function.metric_errors(label=name) for name, function in functions]),
            _chart("Throttles", THIRD, [function.metric_throttles(label=name) for name, function in functions]),
            _chart("Dead letters", THIRD, dead),
        ]

    def _search(self) -> list[cloudwatch.IWidget]:
        groups = {
            "OpenSearch status": ("ClusterStatus.red", "ClusterStatus.yellow", "ClusterIndexWritesBlocked"),
            "OpenSearch load (%)": ("CPUUtilization", "JVMMemoryPressure"),
            "OpenSearch free storage (MB)": ("FreeStorageSpace",),
        }
        domain, account = self._watched.search_domain, Stack.of(self).account
        return [
            _chart(title, THIRD, [search_health(domain, account, name) for name in names])
            for title, names in groups.items()
        ]


def _chart(title: str, width: int, metrics: list[cloudwatch.Metric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, width=width, left=metrics)
