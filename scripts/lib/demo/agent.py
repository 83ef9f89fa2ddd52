"""The demo's agent: a process that goes on after the demo, until scripts/down ends it."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import emulator
import state

HOME = state.STATE / "demo"
MARK = HOME / "agent.json"
OWN_STATE = HOME / "agent"
MANIFESTS = HOME / "manifests"
LOG = state.LOGS / "demo-agent.log"
STOP_SECONDS = 15


def alive():
    """What is known about the agent, if the very process that was started still lives."""
    known = state.read(MARK)
    return known if known and known["started"] and known["started"] == emulator.started_at(known["pid"]) else None


def registered(boot):
    """The cluster that the agent's identity is for, if it was made in this run of the emulator."""
    known = state.read(MARK) or {}
    return known.get("cluster_id") if known.get("boot") == boot else None


def register(binary, api_url, token, name, boot):
    """Spends a registration token: the agent makes its key pair, and keeps the private half to itself."""
    if registered(boot) is None:
        # What is there is of a cluster that went with an earlier run of the emulator; an agent keeps to its cluster.
        for left in (OWN_STATE, MANIFESTS):
            shutil.rmtree(left, ignore_errors=True)
    command = [str(binary), "register", "--api-url", api_url, "--state-dir", str(OWN_STATE), "--name", name, "--force"]
    LOG.parent.mkdir(parents=True, exist_ok=True)
    OWN_STATE.mkdir(parents=True, exist_ok=True)
    answer = subprocess.run(command, env=environment(token), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if answer.returncode != 0:
        raise state.Failure(f"the agent could not register: {(answer.stderr or answer.stdout).strip()}")


def start(binary, cluster_id, boot):
    """Runs the agent in the background."""
    port = emulator.choose_port(None, quiet=True, default=9464)
    command = [str(binary), "run", "--state-dir", str(OWN_STATE), "--driver", "directory", "--directory", str(MANIFESTS)]
    MANIFESTS.mkdir(parents=True, exist_ok=True)
    with open(LOG, "w") as output:
        process = subprocess.Popen(
            [*command, "--listen", f"127.0.0.1:{port}"],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Of its own session, so that Ctrl-C here does not end it.
            start_new_session=True,
        )
    mark = {"pid": process.pid, "started": emulator.started_at(process.pid), "port": port}
    state.write(MARK, mark | {"cluster_id": cluster_id, "boot": boot})
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise state.Failure(f"the agent ended at once; {last_words()}")
        time.sleep(0.1)


def stop():
    """Ends the agent gracefully, or by force when it does not end."""
    known = alive()
    if known:
        os.kill(known["pid"], signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while alive() and time.monotonic() < deadline:
            time.sleep(0.1)
        if alive():
            os.kill(known["pid"], signal.SIGKILL)
        print("Stopped the demo's agent")
    if MARK.exists():
        state.write(MARK, (state.read(MARK) or {}) | {"pid": 0, "started": ""})


def last_words():
    """The end of the agent's log, for failures."""
    try:
        end = "\n".join(LOG.read_text(errors="replace").splitlines()[-15:])
    except OSError:
        end = ""
    return f"its log is {shown(LOG)}\n{end}"


def environment(token=None):
    """The search path and what the agent needs, and nothing of the person's AWS account."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TERM") if name in os.environ}
    return kept | ({"SWITCHTOWER_TOKEN": token} if token else {})


def shown(path):
    """A path as a person in the checkout would write it."""
    return Path(path).relative_to(state.CHECKOUT) if Path(path).is_relative_to(state.CHECKOUT) else path
