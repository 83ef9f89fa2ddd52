"""Stands between the agent and the API, and takes down when which request arrived."""

import http.client
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DROPPED = {"connection", "host", "keep-alive", "transfer-encoding"}


class Gate:
    """A gate in front of a URL; `url` is what to call instead."""

    def __init__(self, upstream):
        parts = urllib.parse.urlsplit(upstream)
        self.host = parts.netloc
        self.arrivals = []
        self.change = threading.Condition()
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                gate.arrived(self.command, self.path)
                gate.answer(self)

            do_GET = do_POST = forward

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}{parts.path}"

    def arrived(self, method, path):
        with self.change:
            self.arrivals.append((time.monotonic(), method, path))
            self.change.notify_all()

    def answer(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in request.headers.items() if name.lower() not in DROPPED}
        upstream = http.client.HTTPConnection(self.host, timeout=60)
        upstream.request(request.command, request.path, body or None, headers)
        response = upstream.getresponse()
        content = response.read()
        request.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in DROPPED | {"content-length"}:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)
        upstream.close()

    def first(self, method, end, since, seconds):
        """When the first such request arrived, or None."""
        deadline = time.monotonic() + seconds
        with self.change:
            while True:
                found = next((at for at, m, path in self.arrivals if at >= since and m == method and path.endswith(end)), None)
                left = deadline - time.monotonic()
                if found or left <= 0:
                    return found
                self.change.wait(left)
