"""Starts and stops the AWS emulator of this checkout."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import state

DEFAULT_PORT = 4566
START_TIMEOUT = 60


def start(wanted):
    """Starts the emulator on the wanted port. One that already runs is kept."""
    known = alive()
    if known and wanted in (None, known["port"]):
        print(f"• The emulator runs on port {known['port']}")
        return
    if known:
        raise state.Failure(f"this checkout already runs on port {known['port']}; run scripts/down before you move it")
    port = choose_port(wanted)
    data = state.STATE / "emulator" / str(port)
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    log = state.LOGS / "emulator.log"
    with state.step(f"Starting the emulator on port {port}"):
        process = launch(port, data, log)
        mark = {"pid": process.pid, "started": started_at(process.pid), "port": port, "endpoint": f"http://127.0.0.1:{port}"}
        state.write(state.EMULATOR, mark | {"boot": uuid.uuid4().hex})
        wait_until_healthy(process, mark["endpoint"], log)


def launch(port, data, log, settings={}):
    """Runs an emulator that keeps all its files in the folder `data`; `settings` go before the usual ones."""
    (data / "tmp").mkdir()
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w") as output:
        return subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("serve.py"))],
            env=environment(port, data) | settings,
            cwd=data,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Of its own session, so that Ctrl-C here does not end it, and so that `stop` can end all its children.
            start_new_session=True,
        )


def stop():
    """Ends the emulator that this checkout started, with the functions that it runs."""
    known = alive()
    if not known:
        state.EMULATOR.unlink(missing_ok=True)
        print("Nothing runs.")
        return
    os.kill(known["pid"], signal.SIGTERM)
    deadline = time.monotonic() + 10
    while alive() and time.monotonic() < deadline:
        time.sleep(0.1)
    try:
        os.killpg(known["pid"], signal.SIGKILL)
    except ProcessLookupError:
        pass
    state.EMULATOR.unlink(missing_ok=True)
    state.DEPLOYED.unlink(missing_ok=True)
    shutil.rmtree(state.STATE / "emulator" / str(known["port"]), ignore_errors=True)
    print(f"Stopped the emulator on port {known['port']}")


def running():
    """What is known about the emulator, which must run."""
    known = alive()
    if not known:
        raise state.Failure("the emulator does not run; run scripts/up")
    return known


def alive():
    """What is known about the emulator, if the very process that was started still lives."""
    known = state.read(state.EMULATOR)
    return known if known and known["started"] and known["started"] == started_at(known["pid"]) else None


def started_at(pid):
    """When a process was started: with its id, this names it for good. Ids are used again."""
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    return answer.stdout.strip()


def choose_port(wanted, quiet=False, default=DEFAULT_PORT):
    if wanted and is_free(wanted):
        return wanted
    first = wanted or default
    free = next((port for port in range(first, first + 200) if is_free(port)), None)
    if wanted:
        hint = f"; port {free} is free: scripts/up --port {free}" if free else ""
        raise state.Failure(f"port {wanted} is used by another program{hint}")
    if free is None:
        raise state.Failure(f"no port from {first} on is free; choose one with --port")
    if free != first and not quiet:
        print(f"• Port {first} is used by another program, so {free} is taken")
    return free


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def environment(port, data):
    """Functions inherit all of this, so nothing of the person's environment but the search path is in it."""
    endpoint = f"http://127.0.0.1:{port}"
    return state.aws_environment(endpoint) | {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_REGION": state.REGION,
        "S3_DATA_DIR": str(data / "s3"),
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(data / "state"),
        "TMPDIR": str(data / "tmp"),
    }


def wait_until_healthy(process, endpoint, log):
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    end = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
    raise state.Failure(f"the emulator did not start; its log is {log}\n{end}")
