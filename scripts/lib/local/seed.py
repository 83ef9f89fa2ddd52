"""Makes the first user, tenant and API key, by the ways that are open to everybody: Cognito and the public API."""

import json
import secrets
import shlex
import string
import time
import urllib.error
import urllib.request

import emulator
import stack
import state

TENANT = "demo"
USER = "admin@example.com"
ROLES = ["org-admin", "operator", "api-developer"]


def seed(running):
    outputs = stack.outputs(running)
    known = read_env()
    if known.get("SWITCHTOWER_BOOT") == running["boot"] and key_works(outputs["ApiUrl"], known.get("SWITCHTOWER_API_KEY")):
        print("• The tenant, the user and the API key are there")
    else:
        with state.step(f"Making the tenant `{TENANT}`, a user and an API key"):
            known = make(running, outputs)
            write_env(known)
    show(known)


def is_up():
    """Whether the emulator runs, and the API key of `env` works in it."""
    known = read_env()
    running = emulator.alive()
    up = running and known.get("SWITCHTOWER_BOOT") == running["boot"]
    return bool(up) and key_works(known["SWITCHTOWER_URL"], known.get("SWITCHTOWER_API_KEY"))


def make(running, outputs):
    password = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(24)) + "aA1"
    token = {"Authorization": f"Bearer {sign_in(running, outputs, password)}"}
    api = outputs["ApiUrl"]
    status, tenant = call(api, "POST", "/v1/admin/tenants", token, {"name": TENANT, "display_name": "Demo"})
    if status == 409:
        tenant = find_tenant(api, token)
    elif status != 201:
        raise refused("the tenant", status, tenant)
    body = {"name": "local", "roles": ROLES}
    status, key = call(api, "POST", "/v1/admin/api-keys", token | {"X-Tenant": TENANT}, body)
    if status != 201:
        raise refused("the API key", status, key)
    return {
        "SWITCHTOWER_URL": api,
        "SWITCHTOWER_WEBSOCKET_URL": outputs["WebSocketUrl"],
        "SWITCHTOWER_OPENAPI_URL": outputs["OpenApiUrl"],
        "SWITCHTOWER_TENANT": TENANT,
        "SWITCHTOWER_TENANT_ID": tenant["id"],
        "SWITCHTOWER_API_KEY": key["secret"],
        "SWITCHTOWER_USER": USER,
        "SWITCHTOWER_PASSWORD": password,
        "SWITCHTOWER_USER_POOL_ID": outputs["UserPoolId"],
        "SWITCHTOWER_USER_POOL_CLIENT_ID": outputs["UserPoolClientId"],
        "SWITCHTOWER_EMULATOR_URL": running["endpoint"],
        "SWITCHTOWER_STACK": state.STACK,
        "SWITCHTOWER_BOOT": running["boot"],
    }


def sign_in(running, outputs, password):
    """The token of the user, who is made if there is none, and gets this password."""
    cognito = state.client("cognito-idp", running["endpoint"])
    pool = {"UserPoolId": outputs["UserPoolId"], "Username": USER}
    attributes = [{"Name": "email", "Value": USER}, {"Name": "email_verified", "Value": "true"}]
    try:
        cognito.admin_create_user(**pool, MessageAction="SUPPRESS", TemporaryPassword=password, UserAttributes=attributes)
    except cognito.exceptions.UsernameExistsException:
        pass
    cognito.admin_set_user_password(**pool, Password=password, Permanent=True)
    cognito.admin_add_user_to_group(**pool, GroupName="system-admin")
    answer = cognito.initiate_auth(
        ClientId=outputs["UserPoolClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": USER, "PASSWORD": password},
    )
    return answer["AuthenticationResult"]["IdToken"]


def find_tenant(api, token):
    cursor = ""
    while cursor is not None:
        status, page = call(api, "GET", f"/v1/admin/tenants?limit=100{cursor and '&cursor=' + cursor}", token)
        if status != 200:
            raise refused("the tenant", status, page)
        for tenant in page["items"]:
            if tenant["name"] == TENANT:
                return tenant
        cursor = page["next_cursor"]
    raise state.Failure(f"the tenant `{TENANT}` exists, but is not listed")


def key_works(api, key):
    return bool(key) and call(api, "GET", "/v1/me", {"X-API-Key": key})[0] == 200


def call(api, method, path, headers, body=None, attempts=5):
    """Answers status and body. A server error is tried again, for functions may still be starting."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(api + path, data, {"Content-Type": "application/json", **headers}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            return answer.status, decode(answer.read())
    except urllib.error.HTTPError as error:
        if error.code >= 500 and attempts > 1:
            time.sleep(1)
            return call(api, method, path, headers, body, attempts - 1)
        return error.code, decode(error.read())
    except OSError as error:
        raise state.Failure(f"{method} {api}{path} had no answer: {error}") from error


def decode(raw):
    try:
        value = json.loads(raw or b"{}")
    except ValueError:
        value = raw.decode(errors="replace")
    return value if isinstance(value, dict) else {"detail": value}


def refused(what, status, body):
    detail = body.get("detail") or body.get("message") or json.dumps(body)
    return state.Failure(f"{what} could not be made: the API answered {status}, {detail} (functions' logs: {state.LOGS / 'emulator.log'})")


def read_env():
    try:
        lines = state.ENV.read_text().splitlines()
    except OSError:
        return {}
    words = (shlex.split(line) for line in lines if line.startswith("export "))
    return dict(word[1].split("=", 1) for word in words if len(word) == 2 and "=" in word[1])


def write_env(values):
    lines = ["# Made by scripts/up. To use it: source .switchtower/env"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    state.write(state.ENV, "\n".join(lines) + "\n")


def show(values):
    print(
        f"""
Switchtower is up.

  API        {values["SWITCHTOWER_URL"]}
  OpenAPI    {values["SWITCHTOWER_OPENAPI_URL"]}
  Live feed  {values["SWITCHTOWER_WEBSOCKET_URL"]}
  Tenant     {values["SWITCHTOWER_TENANT"]}

Next:

  source .switchtower/env
  curl -H "X-API-Key: $SWITCHTOWER_API_KEY" "$SWITCHTOWER_URL/v1/me"
  scripts/demo"""
    )
