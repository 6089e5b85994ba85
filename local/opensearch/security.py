"""TLS, one administrator and the plugin's own roles, for tests of what a role may do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.opensearch.node import NodeSettings

# The plugin's published demonstration account; the node listens on 127.0.0.1 alone and ends with its test.
ADMIN = ("admin", "admin")
ADMIN_HASH = "$2a$12$VcCDgh2NDk07JGN0rjGbM.Ad41qVR/YFJcgHp0UGns5JDymv..TOG"

NEW_KEY = "-newkey rsa:2048 -nodes"
AUTHORITY_USAGE = "-addext keyUsage=critical,keyCertSign,cRLSign"  # Python 3.13 refuses an authority without it
NODE_EXTENSIONS = """subjectAltName=DNS:localhost,IP:127.0.0.1
extendedKeyUsage=serverAuth,clientAuth
authorityKeyIdentifier=keyid
"""


def authority(settings: NodeSettings) -> Path | None:
    return settings.folder / "config" / "ca.pem" if settings.secure else None


def prepare(folder: Path, home: Path) -> dict[str, Any]:
    """Certificates and users in the node's folder; what to add to its settings."""
    config = folder / "config"
    if not (config / "node.pem").exists():
        _issue_certificates(config)
    own = config / "opensearch-security"
    if not own.exists():
        shutil.copytree(home / "plugins" / "opensearch-security" / "config", own)
        (own / "internal_users.yml").write_text(
            "_meta: {type: internalusers, config_version: 2}\n"
            f'admin: {{hash: "{ADMIN_HASH}", reserved: false, backend_roles: [admin], description: local}}\n'
        )
    plugin = "plugins.security"
    settings: dict[str, Any] = {
        f"{plugin}.allow_default_init_securityindex": True,
        f"{plugin}.nodes_dn": ["CN=node,O=local", "O=local,CN=node"],
        f"{plugin}.restapi.roles_enabled": ["all_access", "security_rest_api_access"],
        f"{plugin}.ssl.http.enabled": True,
        f"{plugin}.ssl.transport.enforce_hostname_verification": False,
    }
    for layer in ("transport", "http"):
        settings[f"{plugin}.ssl.{layer}.pemcert_filepath"] = "node.pem"
        settings[f"{plugin}.ssl.{layer}.pemkey_filepath"] = "node-key.pem"
        settings[f"{plugin}.ssl.{layer}.pemtrustedcas_filepath"] = "ca.pem"
    return settings


def _issue_certificates(config: Path) -> None:
    """An authority of this node's own, and a certificate for 127.0.0.1 on both sides of a connection."""
    (config / "node.ext").write_text(NODE_EXTENSIONS)
    _openssl(
        config, f"req -x509 {NEW_KEY} -days 365 -subj /CN=ca/O=local {AUTHORITY_USAGE} -keyout ca-key.pem -out ca.pem"
    )
    _openssl(config, f"req {NEW_KEY} -subj /CN=node/O=local -keyout raw.pem -out node.csr")
    _openssl(config, "pkcs8 -topk8 -nocrypt -in raw.pem -out node-key.pem")
    signing = (
        "x509 -req -days 365 -in node.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -extfile node.ext -out node.pem"
    )
    _openssl(config, signing)


def _openssl(folder: Path, words: str) -> None:
    subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)
