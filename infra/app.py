"""The CDK app: `python -O -m infra.app` writes every stack of a stage to cdk.out.

The stage is CDK's context value `stage`, else TOUCHLINE_STAGE, else `local`. Stages that deploy to AWS are checked with
cdk-nag at each synthesis; the local one only in the tests, because loading the rules costs it seconds.
"""

import os
from dataclasses import dataclass

import aws_cdk as cdk

from infra.assets import dependency_zip
from infra.config import StageConfig, stage_config
from infra.constructs.layers import BuildLayer
from infra.stacks.api import ApiStack
from infra.stacks.ingest import IngestStack
from infra.stacks.marketo import MarketoStack
from infra.stacks.observability import ObservabilityStack
from infra.stacks.query import QueryStack
from infra.stacks.storage import StorageStack

# Here and not in cdk.json, so that a synthesis without the CDK's command line gives the same templates.
FEATURES = {
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "@aws-cdk/core:target-partitions": ["aws"],
    "@aws-cdk/core:checkSecretUsage": True,
}


@dataclass(frozen=True, slots=True)
class Stacks:
    storage: StorageStack
    ingest: IngestStack
    query: QueryStack
    marketo: MarketoStack
    api: ApiStack
    observability: ObservabilityStack


def new_app(outdir: str | None = None) -> cdk.App:
    return cdk.App(outdir=outdir, analytics_reporting=False, context=FEATURES)


def add_stacks(app: cdk.App, config: StageConfig, build_layer: BuildLayer = dependency_zip) -> Stacks:
    storage = StorageStack(app, config=config)
    ingest = IngestStack(app, config=config, storage=storage, build_layer=build_layer)
    query = QueryStack(app, config=config, storage=storage, ingest=ingest, build_layer=build_layer)
    marketo = MarketoStack(app, config=config, storage=storage, ingest=ingest, build_layer=build_layer)
    api = ApiStack(
        app, config=config, storage=storage, ingest=ingest, query=query, marketo=marketo, build_layer=build_layer
    )
    observability = ObservabilityStack(
        app, config=config, storage=storage, ingest=ingest, query=query, marketo=marketo, api=api
    )
    cdk.Tags.of(app).add("application", "touchline")
    cdk.Tags.of(app).add("stage", config.stage)
    return Stacks(storage=storage, ingest=ingest, query=query, marketo=marketo, api=api, observability=observability)


def check_rules(app: cdk.App) -> None:
    """A finding that nobody acknowledged ends the synthesis."""
    from cdk_nag import AwsSolutionsChecks  # loading it takes seconds, which the local stage does without

    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app, verbose=True))


def main() -> None:
    app = new_app(os.environ.get("CDK_OUTDIR", "cdk.out"))  # the CDK's command line sets it
    stage = app.node.try_get_context("stage") or os.environ.get("TOUCHLINE_STAGE") or "local"
    config = stage_config(stage)
    add_stacks(app, config)
    if config.stage != "local":
        check_rules(app)
    app.synth()


if __name__ == "__main__":
    main()
