"""The story itself, step by step."""

import re

import agent
import emulator
import seed
import state
from api import Api, Refused
from feed import Feed

CLUSTER = "demo"
GATEWAY = "demo"
PROVISION_SECONDS = 60
READY_SECONDS = 120


def tell(document, binary):
    """From a document to a deployment that is `ready`."""
    running = emulator.running()
    values = seed.read_env()
    if values.get("SWITCHTOWER_BOOT") != running["boot"]:
        raise state.Failure("the API key is of an earlier run; run scripts/up")
    raw = read(document)
    api = Api(values["SWITCHTOWER_URL"], values["SWITCHTOWER_API_KEY"])

    say("Opening the live feed; lines marked `live` arrive over it")
    feed = Feed(api)
    cluster = have_cluster(api, feed)
    have_agent(api, binary, cluster, running["boot"])
    service = have_service(api, document, raw)
    gateway = have_gateway(api)
    product = have_product(api, service)
    publish, deployment = deploy(api, feed, cluster, gateway, product)
    feed.close()
    end(cluster, publish, deployment)


def read(document):
    try:
        raw = document.read_bytes()
    except OSError as error:
        raise state.Failure(f"`{document}` cannot be read: {error.strerror}. Give the path of an OpenAPI document") from error
    if not raw.strip():
        raise state.Failure(f"`{document}` is empty. Give the path of an OpenAPI 3.0 or 3.1 document in JSON or YAML")
    return raw


def have_cluster(api, feed):
    cluster = api.named("/v1/operator/clusters", CLUSTER)
    if cluster and cluster["status"] == "deleting":
        say(f"Waiting until the earlier cluster `{CLUSTER}` is gone")
        if not api.until_gone(f"/v1/operator/clusters/{cluster['id']}", PROVISION_SECONDS):
            raise state.Failure(f"cluster `{CLUSTER}` is being deleted for {PROVISION_SECONDS} seconds; try again in a moment")
        cluster = None
    if cluster and cluster["status"] == "maintenance":
        say(f"Activating cluster `{CLUSTER}`, which was in maintenance")
        cluster = api.post(f"/v1/operator/clusters/{cluster['id']}/activate", what="the cluster could not be activated")
    if cluster:
        note(f"Kept cluster `{CLUSTER}` ({cluster['id']})")
    else:
        say(f"Registering cluster `{CLUSTER}`")
        body = {"name": CLUSTER, "description": "Made by scripts/demo"}
        cluster = api.post("/v1/operator/clusters", body, "the cluster could not be registered")
    path = f"/v1/operator/clusters/{cluster['id']}"
    known = cluster["channel"] is not None
    cluster, done = api.until(path, lambda cluster: cluster["channel"], PROVISION_SECONDS)
    if not done:
        raise state.Failure(
            f"the cluster had no queue after {PROVISION_SECONDS} seconds. The provisioner's lines may say why: "
            ".switchtower/tools/emulator/bin/python scripts/lib/local logs worker-cluster-provisioner"
        )
    if not known:
        feed.wait(lambda: feed.has("cluster.provisioned", cluster["id"]), 5)
        note(f"It has a queue of its own: {cluster['channel']['queue_url'].rpartition('/')[2]}")
    return cluster


def have_agent(api, binary, cluster, boot):
    if agent.registered(boot) == cluster["id"] and not revoked(api, cluster):
        if agent.alive():
            note("Kept the agent, which runs")
            return
        say("Starting the agent, which is registered")
    else:
        agent.stop()
        say("Issuing a registration token, and registering an agent with it")
        path = f"/v1/operator/clusters/{cluster['id']}/registration-tokens"
        token = api.post(path, what="no registration token was issued")
        agent.register(binary, api.url, token["token"], "demo-agent", boot)
        say("Starting the agent")
    agent.start(binary, cluster["id"], boot)
    note(f"It writes to {agent.shown(agent.MANIFESTS)}; its log is {agent.shown(agent.LOG)}")


def revoked(api, cluster):
    """Whether no agent of the cluster may come back."""
    known = api.items(f"/v1/operator/agents?cluster_id={cluster['id']}")
    return all(item["status"] == "revoked" for item in known)


def have_service(api, document, raw):
    name = service_name(document)
    service = api.named("/v1/provider/api-services", name)
    if service:
        say(f"Importing `{document.name}` into API service `{name}` again, after a look at what would change")
        if not changed(import_document(api, service, raw, "import-preview")):
            note(f"Nothing would: kept API service `{name}`, with {service['route_count']} routes")
            return active(api, "api-services", service, "inactive")
    else:
        say(f"Importing `{document.name}` as API service `{name}`")
        service = api.post("/v1/provider/api-services", {"name": name}, "the API service could not be made")
    answer = import_document(api, service, raw, "import")
    service = api.get(f"/v1/provider/api-services/{service['id']}")
    note(f"It has {service['route_count']} routes and {service['backend_count']} backends ({summary(answer)})")
    for remark in answer.get("report", [])[:3]:
        note(f"Note: {remark.get('detail')}")
    if len(answer.get("report", [])) > 3:
        note(f"… and {len(answer['report']) - 3} notes more")
    return active(api, "api-services", service, "inactive")


def import_document(api, service, raw, verb):
    path = f"/v1/provider/api-services/{service['id']}/{verb}"
    media_type = "application/json" if raw.lstrip()[:1] == b"{" else "application/yaml"
    what = "the document could not be imported"
    try:
        return api.post(path, what=what, raw=raw, media_type=media_type)
    except Refused as refusal:
        if all(error.get("code") != "base_url_required" for error in refusal.problem.get("errors", [])):
            raise
    base = f"https://{service['name']}.example.com"
    note(f"The document names no host, so requests are to go to {base}")
    return api.post(f"{path}?base_url={base}", what=what, raw=raw, media_type=media_type)


def changed(answer):
    return any(answer["changes"][part][how] for part in ("routes", "backends") for how in ("added", "changed", "removed"))


def summary(answer):
    words = []
    for part in ("routes", "backends"):
        counts = [f"{len(answer['changes'][part][how])} {how}" for how in ("added", "changed", "removed") if answer["changes"][part][how]]
        words += [f"{part}: {', '.join(counts)}"] if counts else []
    return "; ".join(words) or "nothing changed"


def service_name(document):
    stem = re.sub(r"(\.(openapi|swagger))?\.(ya?ml|json)$", "", document.name.lower())
    name = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:40].strip("-")
    return name if name[:1].isalpha() else f"api-{name}".strip("-")


def have_gateway(api):
    gateway = api.named("/v1/provider/gateways", GATEWAY)
    if gateway:
        note(f"Kept gateway template `{GATEWAY}`")
    else:
        say(f"Making gateway template `{GATEWAY}`")
        body = {"name": GATEWAY, "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]}
        gateway = api.post("/v1/provider/gateways", body, "the gateway template could not be made")
    return active(api, "gateways", gateway, "inactive")


def have_product(api, service):
    name = service["name"]
    product = api.named("/v1/provider/products", name)
    number = 1
    while product and product["status"] == "archived":
        number += 1
        name = f"{service['name']}-{number}"
        product = api.named("/v1/provider/products", name)
    if product:
        note(f"Kept product `{name}`")
        if service["id"] not in product["api_services"]:
            body = {"api_services": [*product["api_services"], service["id"]]}
            product = api.call("PATCH", f"/v1/provider/products/{product['id']}", "the product could not be changed", body)
    else:
        say(f"Making product `{name}`")
        body = {"name": name, "api_services": [service["id"]]}
        product = api.post("/v1/provider/products", body, "the product could not be made")
    return active(api, "products", product, "draft")


def active(api, resources, resource, from_status):
    if resource["status"] != from_status:
        return resource
    path = f"/v1/provider/{resources}/{resource['id']}/activate"
    return api.post(path, what=f"`{resource['name']}` could not be activated")


def deploy(api, feed, cluster, gateway, product):
    publish = have_publish(api, cluster, gateway, product)
    say(f"Publishing `{product['name']}` to cluster `{cluster['name']}`")
    path = f"/v1/provider/product-publishes/{publish['id']}"
    publish = api.post(f"{path}/publish", {"reason": "scripts/demo"}, "the product could not be published")
    path = f"/v1/provider/deployments/{publish['deployment_id']}"
    ended = ("ready", "degraded", "failed")
    deployment, done = api.until(path, lambda deployment: deployment["status"] in ended, READY_SECONDS)
    if not done:
        raise state.Failure(
            f"the deployment was still `{deployment['status']}` after {READY_SECONDS} seconds. The agent says more; {agent.last_words()}"
        )
    if deployment["status"] != "ready":
        failed = [item for item in deployment["objects"] if item["outcome"] == "failed"]
        lines = [f"  {item['kind']} {item['name']}, {item.get('field') or 'as a whole'}: {item.get('message')}" for item in failed[:10]]
        lines += [f"  {item['type']}: {item['message']}" for item in deployment["conditions"] if item["status"] == "False"]
        raise state.Failure("\n".join([f"the deployment is `{deployment['status']}`:", *lines]))
    feed.wait(lambda: feed.has("deployment.ready", deployment["id"], generation=deployment["generation"]), 3)
    return publish, deployment


def have_publish(api, cluster, gateway, product):
    for publish in api.items(f"/v1/provider/product-publishes?cluster_id={cluster['id']}"):
        if (publish["product_id"], publish["gateway_id"]) == (product["id"], gateway["id"]):
            note(f"Kept product publish `{publish['name']}`, which is `{publish['status']}`")
            return publish
    body = {
        "name": free_name(api, "/v1/provider/product-publishes", f"{product['name']}-on-{cluster['name']}"),
        "product_id": product["id"],
        "gateway_id": gateway["id"],
        "cluster_id": cluster["id"],
        "environment": "dev",
        "hostnames": [f"{product['name']}.example.com"],
    }
    return api.post("/v1/provider/product-publishes", body, "the product publish could not be made")


def free_name(api, path, name):
    taken = {item["name"] for item in api.items(path)}
    return next(name for name in [name, *(f"{name}-{number}" for number in range(2, 1000))] if name not in taken)


def end(cluster, publish, deployment):
    files = sum(1 for path in agent.MANIFESTS.rglob("*.yaml") if path.is_file())
    port = (agent.alive() or {}).get("port", "")
    print(
        f"""
The deployment is `{deployment["status"]}`: generation {deployment["generation"]}, {deployment["object_count"]} objects, reported at {deployment["reported_at"]}.

  Manifests  {agent.shown(agent.MANIFESTS)} ({files} files)
  Agent      http://127.0.0.1:{port}/healthz and /metrics; its log is {agent.shown(agent.LOG)}

Go on with these. Everything keeps running until scripts/down:

  . .switchtower/env

  # What runs on the cluster, and who published it when
  curl -H "X-API-Key: $SWITCHTOWER_API_KEY" "$SWITCHTOWER_URL/v1/operator/deployments?cluster_id={cluster["id"]}"
  curl -H "X-API-Key: $SWITCHTOWER_API_KEY" "$SWITCHTOWER_URL/v1/provider/deployments/{deployment["id"]}/generations"

  # Who did what
  curl -H "X-API-Key: $SWITCHTOWER_API_KEY" "$SWITCHTOWER_URL/v1/admin/events?limit=5"

  # Withdraw it, and see the manifests go; scripts/demo brings it back
  curl -X POST -H "X-API-Key: $SWITCHTOWER_API_KEY" "$SWITCHTOWER_URL/v1/provider/product-publishes/{publish["id"]}/withdraw"
  find {agent.shown(agent.MANIFESTS)} -name '*.yaml'"""
    )


def say(text):
    print(f"• {text} ...", flush=True)


def note(text):
    print(f"  {text}", flush=True)
