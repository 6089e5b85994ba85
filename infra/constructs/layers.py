"""The layers functions draw on: what we know (core), third parties for all, and those that only some functions need."""

from collections.abc import Callable
from pathlib import Path

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.assets import LAYERS, dependency_zip
from infra.config import Architecture

RUNTIME = lambda_.Runtime.PYTHON_3_13
# Tests that look at templates only hand in a builder that makes an empty zip.
type BuildLayer = Callable[[str, Architecture], Path]


class Layers(Construct):
    """One set per stack: a layer version's ARN changes with its content, and CloudFormation cannot change an export."""

    def __init__(
        self, scope: Construct, id: str, *, architecture: Architecture, build: BuildLayer = dependency_zip
    ) -> None:
        super().__init__(scope, id)
        self._architecture = architecture
        self._build = build
        core = lambda_.LayerVersion(
            self,
            "Core",
            code=lambda_.Code.from_asset(str(LAYERS / "core"), exclude=["**/__pycache__", "**/*.pyc"]),
            compatible_runtimes=[RUNTIME],
        )
        self.standard = [core, self._third_party("Dependencies", "dependencies")]

    def with_analytics(self) -> list[lambda_.LayerVersion]:
        """For those that read columns and Parquet."""
        return [*self.standard, self._once("Analytics", "analytics")]

    def with_marketo(self) -> list[lambda_.LayerVersion]:
        """For those that talk to Marketo."""
        return [*self.standard, self._once("Marketo", "marketo")]

    def with_leads(self) -> list[lambda_.LayerVersion]:
        """For those that work on whole lists of leads, and may talk to Marketo as well."""
        return [*self.with_marketo(), self._once("Leads", "leads")]

    def _once(self, id: str, layer: str) -> lambda_.LayerVersion:
        existing = self.node.try_find_child(id)
        return existing if isinstance(existing, lambda_.LayerVersion) else self._third_party(id, layer)

    def _third_party(self, id: str, layer: str) -> lambda_.LayerVersion:
        built = self._build(layer, self._architecture)
        return lambda_.LayerVersion(
            self,
            id,
            # The file's name carries lock, architecture and recipe; hashing 25 MB at each synthesis would tell no more.
            code=lambda_.Code.from_asset(str(built), asset_hash=built.stem, asset_hash_type=AssetHashType.CUSTOM),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[
                lambda_.Architecture.ARM_64 if self._architecture == "arm64" else lambda_.Architecture.X86_64
            ],
        )
