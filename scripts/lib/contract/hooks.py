"""What schemathesis is told about this API: who calls what, and which ids exist."""

import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "local"), str(HERE.parent / "demo")]

import schemathesis  # noqa: E402 (after the path)

import things  # noqa: E402

KNOWN = things.load(Path(os.environ["SWITCHTOWER_THINGS"]))
ID = re.compile(r"^([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}$")
AGENT = r"^/v1/agent/(?!registrations)"
TENANTS = r"^/v1/admin/tenants"


@schemathesis.auth().skip_for(path_regex=f"{AGENT}|{TENANTS}|^/v1/public/|^/v1/agent/registrations")
class ByKey:
    """The holder of an API key, for all that is a tenant's."""

    def get(self, case, context):
        return KNOWN["key"]

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "X-API-Key": data}


@schemathesis.auth().apply_to(path_regex=TENANTS)
class ByUser:
    """The first user, who is a system-admin."""

    def get(self, case, context):
        return KNOWN["user"]

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.auth(refresh_interval=30).apply_to(path_regex=AGENT)
class ByAgent:
    """An agent, for what is an agent's."""

    def get(self, case, context):
        return things.agent_token(KNOWN["agent"])

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every other id that could exist becomes one that does, so that there is more to see than 404. What the calls are made
    with is spared: whoever revokes their own key sees nothing but 401 from then on."""
    for parameters in (case.path_parameters or {}, case.query or {}):
        for name, value in parameters.items():
            found = ID.match(value) if isinstance(value, str) else None
            if found and found[1] in KNOWN["ids"] and (value in KNOWN["own"] or ord(value[-1]) % 2 == 0):
                parameters[name] = KNOWN["ids"][found[1]]
