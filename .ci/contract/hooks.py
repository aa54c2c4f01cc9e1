"""What schemathesis cannot know by itself: how to sign in, how to reach beyond the preconditions, and a check that is stricter than its own.

No failure is dropped here, and no request: what is let pass or left out stands in ../exceptions.toml with its reason.
"""

import http.client
import json
import os
import tomllib
import urllib.parse
import zlib
from itertools import count

import schemathesis
from schemathesis.generation.meta import TestPhase

USER = os.environ["FITOUT_CONTRACT_USER"]
PASSWORD = os.environ.get("FITOUT_CONTRACT_PASSWORD", "fitout-demo")
SERVICE = urllib.parse.urlsplit(os.environ["FITOUT_CONTRACT_URL"])
PUBLIC = {"/v1/auth/login", "/v1/auth/refresh", "/v1/setup"}
with open(os.path.join(os.path.dirname(__file__), "..", "exceptions.toml"), "rb") as file:
    EXCEPTIONS = tomllib.load(file)
BEYOND_A_SCHEMA = EXCEPTIONS["beyond_a_schema"]


def _exceptions(check):
    found = {each for listed in EXCEPTIONS["exceptions"] if listed["check"] == check for each in listed["of"]}
    assert found, f"no exception of {check} is listed"
    return found


_addresses = count(1)


def _address():
    """Another client address for every log-in: the throttle would answer 429 to nearly all of them, and leave the operation untested.
    The service is started with the loopback as a trusted proxy for this."""
    number = next(_addresses)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _ask(method, path, headers, body=None):
    connection = http.client.HTTPConnection(SERVICE.hostname, SERVICE.port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def _sign_in():
    headers = {"Content-Type": "application/json", "X-Forwarded-For": _address()}
    status, _, body = _ask("POST", "/v1/auth/login", headers, json.dumps({"username": USER, "password": PASSWORD}))
    if status != 200:
        raise RuntimeError(f"{USER} cannot sign in: {status} {body[:300]!r}")
    return json.loads(body)


class _Bearer:
    def get(self, case, context):
        return _sign_in()["access_token"]

    def set(self, case, token, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


# Tokens live for 15 minutes. Log-out has sessions of its own, or it would end the one that every other operation uses.
@schemathesis.auth(refresh_interval=600).skip_for(path=sorted(PUBLIC | {"/v1/auth/logout"}))
class Session(_Bearer):
    pass


@schemathesis.auth(refresh_interval=None).apply_to(path="/v1/auth/logout")
class PassingSession(_Bearer):
    pass


_, _, _me = _ask("GET", "/v1/me", {"Authorization": f"Bearer {_sign_in()['access_token']}"})
ME = json.loads(_me)


@schemathesis.hook
def filter_case(context, case):
    """The account under test stays as it is."""
    if context.operation.label in _exceptions("a request reaches the account under test"):
        return (case.path_parameters or {}).get("user") not in (ME.get("id"), USER)
    return True


# Of the document.
EXAMPLE_KEY = "4f6c1d2e-9a7b-4c3d-8e5f-0a1b2c3d4e5f"


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta and case.meta.phase.name == TestPhase.STATEFUL and isinstance(case.query, dict):
        for name in _exceptions("a parameter is sent in chains of requests"):
            case.query.pop(name, None)
    headers = case.headers
    if headers is None:
        return
    if case.operation.path == "/v1/auth/login":
        headers["X-Forwarded-For"] = _address()
    # Under the document's own example every request but the first would be an idempotency conflict. Drawn keys stay: they repeat now and then.
    if headers.get("Idempotency-Key") == EXAMPLE_KEY:
        headers["Idempotency-Key"] = os.urandom(16).hex()
    # A drawn ETag is never the current one, so no act would get beyond 412. One drawn value in four stays: stale and malformed ones.
    drawn = headers.get("If-Match")
    if isinstance(drawn, str) and (drawn == '"1"' or zlib.crc32(drawn.encode()) % 4):
        current = _etag(case, headers)
        if current:
            headers["If-Match"] = current


def _etag(case, headers):
    """The ETag of the resource that an act, a change or a removal is about: the path up to its first id."""
    path = case.operation.path
    head, brace, rest = path.partition("}")
    values = case.path_parameters
    if brace and isinstance(values, dict):
        name = head.rpartition("{")[2]
        if not isinstance(values.get(name), str):
            return None
        path = head.rpartition("{")[0] + urllib.parse.quote(values[name], safe="")
    status, answer, _ = _ask("GET", path, {"Authorization": headers.get("Authorization", "")})
    return answer.get("ETag") if status == 200 else None


def _beyond_a_schema(error, case):
    """Whether no schema could say this: one of the exceptions is about it. A problem that has no `errors` stands for itself, without a pointer."""
    pointer, message = error.get("pointer"), error.get("message", "")
    for passed in BEYOND_A_SCHEMA["let_pass"]:
        if (
            error["code"] in passed["codes"]
            and passed.get("of_the_problem", False) == (pointer is None)
            and (passed.get("pointer") == pointer if "pointer" in passed else pointer not in BEYOND_A_SCHEMA["own_rules"])
            and passed.get("method", case.method) == case.method
            and passed.get("operation", case.operation.label) == case.operation.label
            and not (passed.get("within") and pointer.count("/") < 2)
            and not (passed.get("without_params") and error.get("params"))
            and (passed.get("whatever_it_says") or not message.startswith(tuple(BEYOND_A_SCHEMA["of_one_field"])))
        ):
            return True
    return False


@schemathesis.check
def limits_stand_in_the_schema(context, response, case):
    """Valid data may be refused with 400 or 422 only for what a schema cannot say."""
    # Without this check the 400 and 422 of exceptions.toml would excuse every limit that the document forgot.
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in (400, 422):
        return
    problem = response.json()
    told = [e for e in problem.get("errors") or [problem] if not _beyond_a_schema(e, case)]
    # The message goes without the drawn values, so that one missing keyword is reported once for each operation.
    assert not told, "; ".join(sorted({f"{e.get('pointer', '')} {e['code']}: {e.get('message') or e['detail']}" for e in told}))
