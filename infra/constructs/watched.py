"""What the other stacks hand to observability: every function, queue and machine under a readable name."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn


@dataclass(frozen=True, slots=True)
class Watched:
    functions: Mapping[str, lambda_.IFunction]  # by alarm name, such as IngestEvents
    dead_letters: Mapping[str, sqs.IQueue]
    machines: Mapping[str, sfn.IStateMachine]
    events_queue: sqs.IQueue
    answers_queue: sqs.IQueue
    attribution_queue: sqs.IQueue
    api: http.HttpApi
    search_domain: str
