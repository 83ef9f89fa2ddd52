"""A client of the API for the demo: plain HTTP, and failures in the API's own words."""

import gzip
import json
import time
import urllib.error
import urllib.request

import state

# API Gateway and Lambda take less than 6 MB; documents of text shrink to a tenth.
COMPRESS_FROM = 256 * 1024
# Compressed bytes must not go as `application/json`, which API Gateway hands on as text.
BINARY = {"application/json": "application/openapi+json"}


class Refused(state.Failure):
    """The API answered with a problem."""

    def __init__(self, what, status, problem):
        self.status = status
        self.code = problem.get("code", "")
        self.problem = problem
        lines = [f"{what}: {problem.get('detail') or problem.get('message') or problem}"]
        lines += [f"  {error.get('pointer') or '/'}: {error.get('detail')}" for error in problem.get("errors", [])[:10]]
        reference = f"code `{self.code}`, status {status}"
        if problem.get("request_id"):
            reference += f", request {problem['request_id']}"
        super().__init__("\n".join([*lines, f"  ({reference})"]))


class Api:
    """The API as the holder of an API key sees it."""

    def __init__(self, url, key):
        self.url = url
        self.headers = {"X-API-Key": key}

    def get(self, path, what=None):
        return self.call("GET", path, what)

    def post(self, path, body=None, what=None, **raw):
        return self.call("POST", path, what, body, **raw)

    def call(self, method, path, what=None, body=None, raw=None, media_type="application/json"):
        """Sends a request. What the emulator answers while it starts a function (5xx) is tried again."""
        what = what or f"{method} {path} was refused"
        headers = dict(self.headers)
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = media_type
            if len(data) >= COMPRESS_FROM:
                data = gzip.compress(data)
                headers["Content-Encoding"] = "gzip"
                headers["Content-Type"] = BINARY.get(media_type, media_type)
        for attempt in range(3):
            request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return decoded(answer.read())
            except urllib.error.HTTPError as error:
                problem = decoded(error.read())
                if error.code < 500 or attempt == 2:
                    raise Refused(what, error.code, problem) from None
            except OSError as error:
                raise state.Failure(f"{what}: {self.url} does not answer ({error}). Run scripts/up and try again") from error
            time.sleep(1)

    def items(self, path):
        """Every item of a list, page by page."""
        cursor = None
        joint = "&" if "?" in path else "?"
        while True:
            page = self.get(f"{path}{joint}limit=100" + (f"&cursor={cursor}" if cursor else ""))
            yield from page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def named(self, path, name):
        """The resource with a name, or None."""
        return next((item for item in self.items(path) if item["name"] == name), None)

    def until(self, path, done, seconds):
        """Gets a resource until it is as wanted; what it was last, and whether it is."""
        deadline = time.monotonic() + seconds
        while True:
            resource = self.get(path)
            if done(resource):
                return resource, True
            if time.monotonic() > deadline:
                return resource, False
            time.sleep(0.25)

    def until_gone(self, path, seconds):
        """Waits until there is no such resource any more; whether it is gone."""
        try:
            self.until(path, lambda _resource: False, seconds)
        except Refused as refusal:
            return refusal.status == 404
        return False


def decoded(raw):
    try:
        value = json.loads(raw or b"{}")
    except ValueError:
        value = raw.decode(errors="replace")
    return value if isinstance(value, dict) else {"detail": value}
