"""Holds the deployed API to its own OpenAPI document, with schemathesis.

Run it from the root of the checkout, with the Python of `.switchtower/tools/contract`. Makes a tenant with one resource of each
kind, and calls every operation with good and bad input: nothing may answer with a server error, or otherwise than documented.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "local"), str(HERE.parent / "demo")]

import emulator  # noqa: E402 (after the path)
import seed  # noqa: E402
import state  # noqa: E402

import things  # noqa: E402

REPORTS = state.LOGS / "contract"


def main(options):
    values = seed.read_env()
    if values.get("SWITCHTOWER_BOOT") != emulator.running()["boot"]:
        raise state.Failure("the API key is of an earlier run; run scripts/up")
    REPORTS.mkdir(parents=True, exist_ok=True)
    known = REPORTS / "things.json"
    state.write(known, things.make(values))
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(HERE / "schemathesis.toml"),
        "run",
        values["SWITCHTOWER_OPENAPI_URL"],
        "--url",
        values["SWITCHTOWER_URL"],
        "--report",
        "junit,ndjson",
        "--report-dir",
        str(REPORTS),
        *options,
    ]
    # Answers that hold a secret must not end up in a log that is kept: schemathesis hides headers, not bodies.
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "SWITCHTOWER_THINGS": str(known)}
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except state.Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
