"""Each stage is synthesized once a session, with empty third-party layers."""

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from infra.app import Stacks, add_stacks, new_app
from infra.config import STAGES, Architecture, StageConfig, stage_config

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")

type Resource = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """A synthesized stage: `resources` of all its stacks by logical id, prefixed with the stack's name."""

    config: StageConfig
    app: cdk.App
    stacks: Stacks
    outdir: Path
    templates: dict[str, dict[str, Any]]

    def of_type(self, kind: str) -> dict[str, Resource]:
        return {
            f"{stack}/{name}": resource
            for stack, template in self.templates.items()
            for name, resource in template["Resources"].items()
            if resource["Type"] == kind
        }

    def properties(self, kind: str) -> list[dict[str, Any]]:
        return [resource["Properties"] for resource in self.of_type(kind).values()]

    def outputs(self) -> set[str]:
        return {name for template in self.templates.values() for name in template.get("Outputs", {})}

    def functions(self) -> dict[str, dict[str, Any]]:
        """By handler's module, such as compact_archive.plan."""
        return {
            function["Handler"].removesuffix(".lambda_handler"): function
            for function in self.properties("AWS::Lambda::Function")
        }


def synthesize(name: str, folder: Path) -> Stage:
    config = stage_config(name)
    app = new_app(str(folder / name))
    stacks = add_stacks(app, config, empty_layers(folder))
    app.synth()
    templates = {
        part: dict(Template.from_stack(getattr(stacks, part)).to_json()) for part in stacks.__dataclass_fields__
    }
    return Stage(config, app, stacks, folder / name, templates)


def empty_layers(folder: Path) -> Callable[[str, Architecture], Path]:
    def build(layer: str, architecture: Architecture) -> Path:
        made = folder / f"{layer}-{architecture}.zip"
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("python/empty", "")
        return made

    return build


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Stage]:
    folder = tmp_path_factory.mktemp("assemblies")
    return cache(lambda name: synthesize(name, folder))


@pytest.fixture(params=list(STAGES))
def stage(request: pytest.FixtureRequest, stages: Callable[[str], Stage]) -> Stage:
    return stages(request.param)


@pytest.fixture
def local(stages: Callable[[str], Stage]) -> Stage:
    return stages("local")


@pytest.fixture
def dev(stages: Callable[[str], Stage]) -> Stage:
    return stages("dev")


@pytest.fixture
def prod(stages: Callable[[str], Stage]) -> Stage:
    return stages("prod")
