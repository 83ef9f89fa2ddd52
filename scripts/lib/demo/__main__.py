"""The demo: registers a cluster, starts an agent, publishes a product, and shows live what becomes of it.

Run it from the root of the checkout, with the Python of `.switchtower/tools/emulator`.
"""

import argparse
import signal
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "local"))

import agent  # noqa: E402 (after the path)
import state  # noqa: E402


def main():
    parser = argparse.ArgumentParser(prog="scripts/lib/demo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    tell = commands.add_parser("tell", help="tell the story")
    tell.add_argument("document", type=Path, help="an OpenAPI document")
    tell.add_argument("--agent", type=Path, required=True, help="the agent's binary")
    commands.add_parser("stop", help="end the demo's agent")
    arguments = parser.parse_args()

    if arguments.command == "stop":
        agent.stop()
    else:
        import story

        story.tell(arguments.document, arguments.agent)


def interrupt(_signal, _frame):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupt)
    try:
        main()
    except state.Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run scripts/demo to go on, or scripts/down to end what runs.")
