"""Measures delivery on the local stack: from a publish to the agent's fetch, and to `ready` on the socket.

Run it from the root of the checkout, with the Python of `.switchtower/tools/emulator`. Makes a tenant, a cluster and an agent of
its own. What it measured goes into `.switchtower/bench.json`, beside what the functions need.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE.parent / name) for name in ("local", "demo", "contract")]

import emulator  # noqa: E402 (after the path)
import seed  # noqa: E402
import state  # noqa: E402
import things  # noqa: E402
from api import Api  # noqa: E402
from feed import Feed  # noqa: E402
from gate import Gate  # noqa: E402

HOME = state.STATE / "bench"
RESULT = state.STATE / "bench.json"
LOG = state.LOGS / "bench-agent.log"
PUBLISHER = f"{state.STACK}-provider-product-publishes"
PATIENCE = 30


def main(agent, rounds):
    running = emulator.running()
    values = seed.read_env()
    cluster, api = make_cluster(values)
    gate = Gate(values["SWITCHTOWER_URL"])
    process = start_agent(agent, gate, things.issue_token(api, cluster)["token"])
    arrivals = {}
    feed = Feed(api, lambda event: arrivals.setdefault((event["type"], (event.get("data") or {}).get("generation")), time.monotonic()))
    doorbell = FastDoorbell(running)
    results = {}
    try:
        ids = things.publish(api, cluster)
        generation = 1
        for way in ("on", "off"):
            doorbell.set(way)
            print(f"• Publishing {rounds} times with the fast doorbell {way} ...", flush=True)
            samples = {"fetch": [], "ready": []}
            for counted in [False] * 3 + [True] * rounds:
                generation += 1
                sample = publish(api, gate, feed, arrivals, ids, generation)
                for what, seconds in sample.items() if counted else ():
                    samples[what].append(seconds * 1000)
            results[way] = {what: {"p50_ms": percentile(v, 50), "p99_ms": percentile(v, 99)} for what, v in samples.items()}
    finally:
        doorbell.set("on")
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        feed.close()
    known = state.read(RESULT) or {}
    state.write(RESULT, known | {"delivery": {"rounds": rounds, "fast_doorbell": results}}, mode=0o644)
    show(results)


def make_cluster(values):
    user = things.Admin(values["SWITCHTOWER_URL"], things.sign_in(values))
    tenant = things.make_tenant(user, "bench")
    key = things.make_key(things.Admin(values["SWITCHTOWER_URL"], things.sign_in(values), tenant["id"]))
    api = Api(values["SWITCHTOWER_URL"], key["secret"])
    cluster = api.post("/v1/operator/clusters", {"name": "bench"})
    api.until(f"/v1/operator/clusters/{cluster['id']}", lambda cluster: cluster["channel"], PATIENCE)
    return cluster, api


def start_agent(agent, gate, token):
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    command = [agent, "run", "--api-url", gate.url, "--state-dir", HOME / "state", "--directory", HOME / "manifests"]
    environment = {"PATH": os.environ["PATH"], "SWITCHTOWER_TOKEN": token}
    with open(LOG, "w") as output:
        return subprocess.Popen(
            [*map(str, command), "--listen", "127.0.0.1:0"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def publish(api, gate, feed, arrivals, ids, generation):
    """Changes the product and publishes it; seconds until the agent fetched it, and until `ready` was on the socket."""
    path = {"type": "exact", "value": f"/generation-{generation}"}
    route = {"name": "all", "path": path, "backend_refs": [{"backend_id": ids["bkd"]}]}
    api.call("PUT", f"/v1/provider/api-services/{ids['api']}/routes/{ids['rte']}", body=route)
    began = time.monotonic()
    api.post(f"/v1/provider/product-publishes/{ids['pub']}/publish")
    fetched = gate.first("GET", f"/v1/agent/deployments/{ids['dep']}", began, PATIENCE)
    ready = ("deployment.ready", generation)
    if not fetched or not feed.wait(lambda: ready in arrivals, PATIENCE):
        raise state.Failure(f"generation {generation} was not `ready` within {PATIENCE} seconds; the agent's log is {LOG}")
    return {"fetch": fetched - began, "ready": arrivals[ready] - began}


class FastDoorbell:
    """The setting of the function that publishes."""

    def __init__(self, running):
        self.client = state.client("lambda", running["endpoint"])

    def set(self, value):
        known = self.client.get_function_configuration(FunctionName=PUBLISHER)["Environment"]["Variables"]
        if known["FAST_DOORBELL"] != value:
            variables = known | {"FAST_DOORBELL": value}
            self.client.update_function_configuration(FunctionName=PUBLISHER, Environment={"Variables": variables})


def percentile(values, percent):
    """By the nearest rank."""
    ordered = sorted(values)
    return round(ordered[max(-(-len(ordered) * percent // 100), 1) - 1], 1)


def show(results):
    print("\nDelivery on the local stack, in milliseconds from the call of `publish`")
    print(f"  {'':<40}{'p50':>8}{'p99':>8}")
    for way, measured in results.items():
        for what, title in (("fetch", "the agent fetches"), ("ready", "`ready` is on the socket")):
            numbers = measured[what]
            print(f"  {f'{title}, fast doorbell {way}':<40}{numbers['p50_ms']:>8.1f}{numbers['p99_ms']:>8.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="scripts/lib/bench", description=__doc__)
    parser.add_argument("--agent", required=True, help="the agent's binary")
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    try:
        main(arguments.agent, arguments.rounds)
    except state.Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
