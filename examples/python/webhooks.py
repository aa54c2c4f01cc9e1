"""Being told instead of asking: an endpoint of one's own, each message checked with the public `standardwebhooks` package."""

import json
import os
import ssl
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Thread

from fitout_client import AuthenticatedClient
from fitout_client.api.webhooks import (
    create_webhook_endpoint,
    list_webhook_deliveries,
    ping_webhook_endpoint,
    rotate_webhook_secret,
)
from fitout_client.models import EventKind, RotateSecret, WebhookEndpointFacts
from standardwebhooks import Webhook, WebhookVerificationError

from service import ok, seen, sign_in

Message = tuple[bytes, dict[str, str]]


def listen(messages: "Queue[Message]", certificate: str | None) -> str:
    """Takes messages on a port of this machine, over TLS with this certificate; a real endpoint is public and always has one."""

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            # Answer first, work afterwards: a slow endpoint is an endpoint that is told twice.
            self.send_response(204)
            self.end_headers()
            messages.put((body, {name.lower(): value for name, value in self.headers.items()}))

        def log_message(self, *_: object) -> None:
            """The program says itself what it was told."""

    server = HTTPServer(("127.0.0.1", 0), Endpoint)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    return f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}/fitout"


def told(messages: "Queue[Message]", kind: str) -> Message:
    """The next message of this kind."""
    while True:
        body, headers = messages.get(timeout=30)
        message = json.loads(body)
        print(f"  told: {message['type']} ({headers['webhook-id']})")
        if message["type"] == kind:
            return body, headers


def turn_away_a_stranger(admin: AuthenticatedClient, certificate: str) -> None:
    """An endpoint whose certificate nobody vouches for is told nothing: whoever took over its address cannot listen."""
    messages: Queue[Message] = Queue()
    facts = WebhookEndpointFacts(name="Stranger", url=listen(messages, certificate), kinds=[EventKind.WEBHOOK_ENDPOINT_CREATED])
    stranger = ok(create_webhook_endpoint.sync(client=admin, body=facts))
    ok(ping_webhook_endpoint.sync(str(stranger.id), client=admin))
    for _ in range(100):
        log = ok(list_webhook_deliveries.sync(str(stranger.id), client=admin)).data
        if log and log[0].attempts:
            break
        time.sleep(0.1)
    else:
        raise RuntimeError("the stranger was not tried")
    if log[0].delivered_at or not log[0].last_error or not messages.empty():
        raise RuntimeError(f"the stranger was told: {log[0]}")
    print(f"  not told to a stranger: {log[0].last_error}")


def main() -> None:
    """Makes an endpoint, is told of it, changes its secret, and turns a forged message away."""
    messages: Queue[Message] = Queue()
    admin: AuthenticatedClient = sign_in("admin")
    url = listen(messages, os.environ.get("RECEIVER_CERTIFICATE"))
    facts = WebhookEndpointFacts(name="Example", url=url, kinds=[EventKind.WEBHOOK_ENDPOINT_SECRET_ROTATED])
    made = ok(create_webhook_endpoint.sync(client=admin, body=facts))
    ok(ping_webhook_endpoint.sync(str(made.id), client=admin))
    body, headers = told(messages, "webhook.ping")
    Webhook(made.secret).verify(body, headers)

    # For a day each message carries a signature by either secret: a receiver changes over in its own time.
    changed = ok(
        rotate_webhook_secret.sync(
            str(made.id), client=admin, body=RotateSecret(overlap_hours=24), if_match=seen(made)
        )
    )
    body, headers = told(messages, "webhook_endpoint.secret_rotated")
    for secret in (made.secret, changed.secret):
        Webhook(secret).verify(body, headers)

    try:
        Webhook(changed.secret).verify(body.replace(b"Example", b"Forgery"), headers)
    except WebhookVerificationError as refusal:
        print(f"  turned away: {refusal}")
    else:
        raise RuntimeError("a forged message was taken for a true one")
    certificate = os.environ.get("STRANGER_CERTIFICATE")
    if certificate:
        turn_away_a_stranger(admin, certificate)
    print("\nEvery message was told and checked.")


if __name__ == "__main__":
    main()
