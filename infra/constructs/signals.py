"""Each metric that is charted or alarmed on, named once."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.constructs.python_function import METRICS_NAMESPACE

FIVE_MINUTES = Duration.minutes(5)
DAY = Duration.days(1)

# What our functions count, by the function that counts it; a test compares this list with their sources.
COUNTED: dict[str, tuple[str, ...]] = {
    "ingest_events": ("EventsAccepted", "EventsRejected", "RequestsRefused", "RateLimited"),
    "index_events": ("EventsIndexed", "DuplicatesIgnored", "EventsRefused", "IndexLag"),
    "attribute_conversions": ("PeopleAttributed", "ConversionsWritten", "ConversionsDeleted", "AttributionLag"),
    "query_api": ("AnswersPutOff", "AnswersBroken"),
    "reconcile_counts": ("ReconciliationDifferences",),
    "run_service": ("ExecutionWaited",),
}


def counted(capability: str, name: str, statistic: str = "Sum", period: Duration = FIVE_MINUTES) -> cloudwatch.Metric:
    if name not in COUNTED[capability]:
        raise KeyError(f"{capability} does not count {name}.")
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=name,
        dimensions_map={"service": capability},
        statistic=statistic,
        period=period,
    )


def search_health(domain: str, account: str, name: str, statistic: str = "Maximum") -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/ES",
        metric_name=name,
        dimensions_map={"DomainName": domain, "ClientId": account},
        statistic=statistic,
        period=FIVE_MINUTES,
    )
