"""The descriptors and permissions that modules need and that their published jars lack."""

import zipfile
from pathlib import Path

from local.errors import LocalError

# What each may do under Java's security manager.
PERMISSIONS = {
    "lang-painless": (
        'java.lang.RuntimePermission "createClassLoader"',
        'java.lang.RuntimePermission "getClassLoader"',
    ),
    "reindex": ('java.net.SocketPermission "*", "connect"', 'java.net.NetPermission "getProxySelector"'),
}
EXTENDS = {"analysis-common": "lang-painless"}


def describe_modules(home: Path, version: str) -> None:
    for module in sorted((home / "modules").iterdir()):
        if not (module / "plugin-descriptor.properties").exists():
            _describe(module, version)


def _describe(module: Path, version: str) -> None:
    (module / "plugin-descriptor.properties").write_text(
        f"name={module.name}\ndescription={module.name}\nversion={version}\nopensearch.version={version}\n"
        f"java.version=11\nclassname={_plugin_class(module, version)}\n"
        f"extended.plugins={EXTENDS.get(module.name, '')}\ncustom.foldername=\nhas.native.controller=false\n"
    )
    if permissions := PERMISSIONS.get(module.name):
        lines = "".join(f"  permission {permission};\n" for permission in permissions)
        (module / "plugin-security.policy").write_text(f"grant {{\n{lines}}};\n")


def _plugin_class(module: Path, version: str) -> str:
    for jar in module.glob(f"{module.name}*-{version}.jar"):
        for name in zipfile.ZipFile(jar).namelist():
            if name.endswith("Plugin.class") and "$" not in name:
                return name.removesuffix(".class").replace("/", ".")
    raise LocalError(f"{module} holds no plugin: remove {module.parent.parent} and start again")
