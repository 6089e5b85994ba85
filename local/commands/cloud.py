"""synth and deploy: the same stacks for a real AWS account."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local.errors import LocalError
from local.folders import CHECKOUT
from local.progress import steps
from local.synthesis import synthesize

if TYPE_CHECKING:
    from local.commands import Commands

# This version reads what the locked aws-cdk-lib writes; the newest major one reads older assemblies only.
CDK_TOOL = "aws-cdk@2.1148.1"
NEEDS = """It needs:
  - credentials of the account:      aws sso login, or AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
  - a region:                        export AWS_REGION=eu-central-1
  - Node 20 or newer with npx:       apt-get install -y nodejs npm
  - the account prepared once:       npx {tool} bootstrap aws://ACCOUNT/REGION
  - the stage configured:            infra/config.py"""


def add_to(commands: Commands) -> None:
    synth = commands.add_parser("synth", help="write the cloud assembly of a stage to cdk.out/STAGE")
    synth.add_argument("--stage", default="local")
    synth.set_defaults(run=write_assembly)
    deploy = commands.add_parser(
        "deploy",
        help="deploy a stage to a real AWS account",
        description=f"Deploys a stage to a real AWS account. {NEEDS.format(tool=CDK_TOOL)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deploy.add_argument("--stage", required=True, help="a stage of infra/config.py, for example dev or prod")
    deploy.add_argument("--yes", action="store_true", help="do not ask before permissions are widened")
    deploy.set_defaults(run=deploy_to_aws)


def write_assembly(arguments: argparse.Namespace, console: Console) -> int:
    with steps(console) as shown, shown.step(f"{arguments.stage} is synthesized"):
        folder = synthesize(arguments.stage, always=True)
    console.print(f"{folder.relative_to(CHECKOUT)}: {len(list(folder.glob('*.template.json')))} templates")
    return 0


def deploy_to_aws(arguments: argparse.Namespace, console: Console) -> int:
    npx = shutil.which("npx")
    if arguments.stage == "local":
        raise LocalError("The stage `local` runs on this machine:  ./dev up")
    if npx is None:
        raise LocalError(f"npx is not here. {NEEDS.format(tool=CDK_TOOL)}")
    console.print(f"Account {_account()}, stage {arguments.stage}")
    with steps(console) as shown, shown.step(f"{arguments.stage} is synthesized"):
        folder = synthesize(arguments.stage, always=True)
    words = [npx, "--yes", CDK_TOOL, "deploy", "--all", "--app", str(folder), "--no-notices"]
    words += ["--require-approval", "never" if arguments.yes else "broadening"]
    outputs = CHECKOUT / ".local" / f"outputs-{arguments.stage}.json"
    environment = os.environ | {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"}
    return subprocess.run(
        [*words, "--outputs-file", str(outputs)], cwd=CHECKOUT, env=environment, check=False
    ).returncode


def _account() -> str:
    """Asked first: without credentials the tool would fail only after minutes of bundling."""
    try:
        identity = boto3.client("sts", region_name=os.environ.get("AWS_REGION", "us-east-1")).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise LocalError(f"AWS does not know you: {error}\n{NEEDS.format(tool=CDK_TOOL)}") from error
    return str(identity["Account"])
