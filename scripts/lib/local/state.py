"""Where the local stack keeps what it knows, and how it talks to the person who runs it."""

import json
import os
import time
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path.cwd()
STATE = CHECKOUT / ".switchtower"
EMULATOR = STATE / "emulator.json"
DEPLOYED = STATE / "deployed.json"
ENV = STATE / "env"
LOGS = STATE / "logs"
SAM = STATE / "tools" / "sam" / "bin"

REGION = "us-east-1"
STACK = "switchtower"


class Failure(Exception):
    """Something that the person has to know about, in a sentence."""


@contextmanager
def step(title):
    """Says what happens, and how long it took."""
    print(f"• {title} ...", flush=True)
    started = time.monotonic()
    yield
    print(f"  done in {time.monotonic() - started:.0f} s", flush=True)


def read(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def write(path, value, mode=0o600):
    """Writes the whole file or nothing, so that an interrupted run leaves no half of it."""
    text = value if isinstance(value, str) else json.dumps(value, indent=2) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
    draft.replace(path)


def aws_environment(endpoint):
    """The environment of a program that talks to the emulator, and to no account of the person's."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TERM") if name in os.environ}
    home = STATE / "home"
    home.mkdir(parents=True, exist_ok=True)
    return kept | {
        "HOME": str(home),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
    }


def client(service, endpoint):
    """A client of the emulator. Its credentials are those of the emulator's root."""
    import botocore.session

    return botocore.session.Session().create_client(
        service, region_name=REGION, endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test"
    )
