"""One resource of each kind, in a tenant of their own, for schemathesis to ask about and to change."""

import base64
import json
import secrets
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import state
from api import Api

ROLES = ["org-admin", "operator", "api-developer"]
SECONDS = 60


class Admin(Api):
    """The API as the first user sees it, in one tenant."""

    def __init__(self, url, token, tenant=None):
        super().__init__(url, None)
        self.headers = {"Authorization": f"Bearer {token}"} | ({"X-Tenant": tenant} if tenant else {})


def make(values):
    """What the hooks need: who to be, and the id of one resource of each kind by its prefix."""
    url = values["SWITCHTOWER_URL"]
    token = sign_in(values)
    user = Admin(url, token)
    tenant = make_tenant(user)
    admin = Admin(url, token, tenant["id"])
    key = make_key(admin)
    api = Api(url, key["secret"])
    cluster = api.post("/v1/operator/clusters", {"name": "contract"})
    api.until(f"/v1/operator/clusters/{cluster['id']}", lambda cluster: cluster["channel"], SECONDS)
    agent = register(api, cluster)
    rollout = publish(api, cluster)
    return {
        "key": key["secret"],
        "user": token,
        "agent": agent,
        # What the calls are made with. Ids that lists show are asked for too: these are left alone.
        "own": [tenant["id"], key["id"], agent["id"]],
        "ids": rollout
        | {
            # Those that schemathesis may suspend and revoke, and not those that it calls with.
            "ten": make_tenant(user)["id"],
            "key": make_key(admin)["id"],
            "clu": cluster["id"],
            "tok": issue_token(api, cluster)["id"],
            "agt": register(api, cluster)["id"],
        },
    }


def make_tenant(user, prefix="contract"):
    return user.post("/v1/admin/tenants", {"name": f"{prefix}-{secrets.token_hex(4)}"})


def make_key(admin):
    return admin.post("/v1/admin/api-keys", {"name": f"key-{secrets.token_hex(4)}", "roles": ROLES})


def issue_token(api, cluster):
    return api.post(f"/v1/operator/clusters/{cluster['id']}/registration-tokens")


def register(api, cluster):
    """An agent with a key pair that the hooks sign its tokens with."""
    pair = Ed25519PrivateKey.generate()
    public = pair.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    body = {
        "token": issue_token(api, cluster)["token"],
        "public_key": base64.urlsafe_b64encode(public).decode().rstrip("="),
        "name": "contract",
        "version": "0.0.0",
        "driver": "none",
    }
    registration = api.post("/v1/agent/registrations", body)
    secret = pair.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return {"id": registration["agent_id"], "audience": registration["audience"], "key": secret.hex()}


def publish(api, cluster):
    service = api.post("/v1/provider/api-services", {"name": "contract"})
    at = f"/v1/provider/api-services/{service['id']}"
    endpoints = [{"host": "contract.example.com", "port": 443}]
    backend = api.post(f"{at}/backends", {"name": "contract", "scheme": "https", "endpoints": endpoints})
    route = {"name": "all", "path": {"type": "prefix", "value": "/"}, "backend_refs": [{"backend_id": backend["id"]}]}
    route = api.post(f"{at}/routes", route)
    api.post(f"{at}/activate")
    listeners = [{"name": "http", "port": 80, "protocol": "HTTP"}]
    gateway = api.post("/v1/provider/gateways", {"name": "contract", "listeners": listeners})
    api.post(f"/v1/provider/gateways/{gateway['id']}/activate")
    product = api.post("/v1/provider/products", {"name": "contract", "api_services": [service["id"]]})
    api.post(f"/v1/provider/products/{product['id']}/activate")
    ids = {"product_id": product["id"], "gateway_id": gateway["id"], "cluster_id": cluster["id"]}
    publish = api.post("/v1/provider/product-publishes", {"name": "contract", "environment": "dev", **ids})
    publish = api.post(f"/v1/provider/product-publishes/{publish['id']}/publish")
    draft = {"name": "contract", "environment": "dev", "product_id": product["id"], "gateway_id": gateway["id"]}
    draft |= {"clusters": {"ids": [cluster["id"]]}, "start": False}
    rollout = api.post("/v1/provider/rollouts", draft)
    plan = api.post("/v1/provider/plans", {"name": "contract", "product_id": product["id"]})
    limit = {"rate_limit": {"requests": 10, "unit": "second"}}
    policy = api.post("/v1/provider/policies", {"name": "contract", "scope": "global", "spec": limit})
    made = {"api": service, "bkd": backend, "rte": route, "gwt": gateway, "prd": product, "pub": publish}
    wish = {"product_publish_id": publish["id"], "plan_id": plan["id"]}
    subscription = api.post("/v1/customer/subscriptions", wish)
    made |= {"rol": rollout, "pln": plan, "pol": policy, "sub": subscription}
    return {prefix: resource["id"] for prefix, resource in made.items()} | {"dep": publish["deployment_id"]}


def sign_in(values):
    cognito = Api(values["SWITCHTOWER_EMULATOR_URL"], None)
    cognito.headers = {"X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth"}
    body = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": values["SWITCHTOWER_USER_POOL_CLIENT_ID"],
        "AuthParameters": {"USERNAME": values["SWITCHTOWER_USER"], "PASSWORD": values["SWITCHTOWER_PASSWORD"]},
    }
    answer = cognito.call("POST", "/", "the first user could not sign in", body, media_type="application/x-amz-json-1.1")
    return answer["AuthenticationResult"]["IdToken"]


def agent_token(agent):
    """A token that the agent signs itself, for the next minute."""
    pair = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(agent["key"]))
    now = int(time.time())
    header = {"alg": "EdDSA", "typ": "JWT", "kid": agent["id"]}
    claims = {"sub": agent["id"], "aud": agent["audience"], "iat": now, "exp": now + 60}
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims))
    return b".".join([signed, base64.urlsafe_b64encode(pair.sign(signed)).rstrip(b"=")]).decode()


def load(path):
    known = state.read(path)
    if known is None:
        raise state.Failure(f"{path} cannot be read")
    return known
