"""Prints what functions wrote, oldest line first."""

import time

import state

PREFIX = f"/aws/lambda/{state.STACK}-"
# Lambda's own lines, which say when a call began and ended.
FRAME = ("START ", "END ", "REPORT ")


def logs(emulator, function, follow):
    """The lines of one function, or of all."""
    client = state.client("logs", emulator["endpoint"])
    seen = set()
    while True:
        lines = []
        for name in [function] if function else functions(client):
            lines += [(at, name, text, key) for at, text, key in events(client, name) if key not in seen]
        for at, name, text, key in sorted(lines):
            seen.add(key)
            print(f"{time.strftime('%H:%M:%S', time.localtime(at / 1000))} {name} {text}", flush=True)
        if not follow:
            return
        time.sleep(1)


def functions(client):
    groups = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=PREFIX)
    return [group["logGroupName"].removeprefix(PREFIX) for page in groups for group in page["logGroups"]]


def events(client, function):
    group = PREFIX + function
    try:
        streams = client.describe_log_streams(logGroupName=group)["logStreams"]
    except client.exceptions.ResourceNotFoundException:
        raise state.Failure(f"there is no function `{function}`; there are {', '.join(functions(client))}") from None
    for stream in streams:
        name = stream["logStreamName"]
        lines = client.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True)["events"]
        for at, line in enumerate(lines):
            if not line["message"].startswith(FRAME):
                yield line["timestamp"], line["message"].rstrip(), (group, name, at)
