"""The local stack, for the scripts: start, deploy, seed, stop. Run it from the root of the checkout."""

import argparse
import sys

import emulator
import state


def main():
    parser = argparse.ArgumentParser(prog="scripts/lib/local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="start the emulator, if it does not run")
    start.add_argument("--port", type=int, help="default: 4566, or the next free one")
    commands.add_parser("running", help="succeed if the stack is up, with an API key")
    commands.add_parser("stop", help="end the emulator that was started from this checkout")
    commands.add_parser("deploy", help="deploy the templates, if anything changed")
    commands.add_parser("seed", help="make the first tenant, user and API key, if there are none")
    lines = commands.add_parser("logs", help="print what functions wrote")
    lines.add_argument("function", nargs="?", help="for example `admin-tenants`; default: all")
    lines.add_argument("--follow", action="store_true", help="go on with new lines until Ctrl-C")
    trial = commands.add_parser("dry-run", help="show what CloudFormation would get on AWS")
    trial.add_argument("options", nargs="*", help="options of sam deploy")
    arguments = parser.parse_args()

    if arguments.command == "start":
        emulator.start(arguments.port)
    elif arguments.command == "stop":
        emulator.stop()
    elif arguments.command == "running":
        import seed

        sys.exit(0 if seed.is_up() else 1)
    elif arguments.command == "deploy":
        import stack

        stack.deploy(emulator.running())
    elif arguments.command == "logs":
        import logs

        logs.logs(emulator.running(), arguments.function, arguments.follow)
    elif arguments.command == "dry-run":
        import dry_run

        dry_run.dry_run(arguments.options)
    else:
        import seed

        seed.seed(emulator.running())


if __name__ == "__main__":
    try:
        main()
    except state.Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
