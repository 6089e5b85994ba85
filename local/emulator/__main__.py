"""Start the repaired emulator in the foreground."""

import os
import sys

_DEFAULTS = {
    "BIND_HOST": "127.0.0.1",
    "AUTH": "true",
    "PERSIST_STATE": "1",
    "S3_PERSIST": "1",
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
    "LOG_LEVEL": "WARNING",
}


def main() -> None:
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    missing = [name for name in ("STATE_DIR", "S3_DATA_DIR") if not os.environ.get(name)]
    if missing:
        raise SystemExit(f"Set {' and '.join(missing)}: see local/emulator/__init__.py.")
    if folder := os.environ.get("TMPDIR"):
        os.makedirs(folder, exist_ok=True)  # Python would quietly use /tmp instead
    # Both read the environment when they are imported, so that it has to be complete before.
    if not os.environ.get("EMULATOR_STOCK"):
        from local.emulator.patches import apply_all

        apply_all()
    from ministack import app

    sys.argv = ["ministack"]
    app.main()


if __name__ == "__main__":
    main()
