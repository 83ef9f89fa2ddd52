"""Runs a command with an AWS emulator of its own, whose URL is in SWITCHTOWER_TEST_DYNAMODB. Run it from the root of the checkout.

Without a command it prints the URL and stays until its standard input is closed, so that it ends with whoever started it.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "local"))

import emulator  # noqa: E402 (found by the line above)
import state  # noqa: E402


def main(command):
    port = free_port()
    data = state.STATE / "test" / str(port)
    data.mkdir(parents=True)
    url = f"http://127.0.0.1:{port}"
    # Signatures are what the deployed stack is tested with; here they only cost time.
    process = emulator.launch(port, data, data / "emulator.log", {"AUTH": "false", "SWITCHTOWER_PARENT": str(os.getpid())})
    try:
        emulator.wait_until_healthy(process, url, data / "emulator.log")
        if command:
            return subprocess.run(command, env={**os.environ, "SWITCHTOWER_TEST_DYNAMODB": url}).returncode
        print(url, flush=True)
        sys.stdin.read()
        return 0
    finally:
        end(process)
        shutil.rmtree(data, ignore_errors=True)


def end(process):
    """Ends the emulator with all its children, which are of its session."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main(sys.argv[1:]))
    except state.Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
