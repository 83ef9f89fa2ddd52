"""The live feed: prints what happens, as it happens."""

import json
import threading
import time

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

import state

CHANNELS = ("clusters", "deployments")


class Feed:
    """A connection that shows the events of the tenant, each once, until it is closed."""

    def __init__(self, api, show=None):
        self.show = show or print_event
        ticket = api.post("/v1/realtime/tickets", what="no ticket for the live feed was issued")
        url = ticket["url"]
        if "ticket=" not in url:
            url += ("&" if "?" in url else "?") + "ticket=" + ticket["ticket"]
        try:
            self.socket = connect(url, open_timeout=20, close_timeout=1)
        except (OSError, WebSocketException) as error:
            raise state.Failure(f"the live feed did not open: {error} (functions' logs: {state.LOGS / 'emulator.log'})") from error
        self.seen = {}
        self.subscribed = set()
        self.change = threading.Condition()
        for channel in CHANNELS:
            self.socket.send(json.dumps({"action": "subscribe", "channel": channel}))
        threading.Thread(target=self.listen, daemon=True).start()
        if not self.wait(lambda: self.subscribed.issuperset(CHANNELS), 20):
            raise state.Failure("the live feed did not confirm the subscriptions within 20 seconds")

    def listen(self):
        try:
            for text in self.socket:
                self.take(json.loads(text))
        except (OSError, WebSocketException):
            pass

    def take(self, frame):
        with self.change:
            if frame.get("type") == "subscribed":
                self.subscribed.add(frame.get("channel"))
            elif frame.get("type") == "error":
                print(f"    live  the feed says: {frame.get('detail')}", flush=True)
            for event in [frame["event"]] if "event" in frame else frame.get("events", []):
                if event["id"] not in self.seen:
                    self.seen[event["id"]] = event
                    self.show(event)
            self.change.notify_all()

    def wait(self, done, seconds):
        """Waits until the feed brought something; whether it did."""
        deadline = time.monotonic() + seconds
        with self.change:
            while not done():
                left = deadline - time.monotonic()
                if left <= 0 or not self.change.wait(left):
                    return done()
        return True

    def has(self, kind, subject, **data):
        """Whether an event of this type about this subject arrived, with these details."""
        return any(
            event["type"] == kind and event["subject"] == subject and data.items() <= (event.get("data") or {}).items()
            for event in self.seen.values()
        )

    def close(self):
        self.socket.close()


def print_event(event):
    print(f"    live  {event['type']:<26} {event['subject']}{told(event)}", flush=True)


def told(event):
    data = event.get("data") or {}
    words = [f"{key} {data[key]}" for key in ("generation", "status") if isinstance(data.get(key), (str, int))]
    return f"  ({', '.join(words)})" if words else ""
