"""What every integrator needs once: signing in, refusals as exceptions, headers for safe repeats, paging."""

import os
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Protocol, TypeVar
from uuid import UUID, uuid4

from fitout_client import AuthenticatedClient, Client
from fitout_client.api.documents import upload_project_document
from fitout_client.api.signing_in import login
from fitout_client.models import DocumentView, Login, ProblemBody, UploadForm
from fitout_client.types import UNSET, File, Unset

T = TypeVar("T")


class Refusal(Exception):
    """A refusal: branch on `problem.code`, which never changes; `detail` is for people."""

    def __init__(self, problem: ProblemBody) -> None:
        super().__init__(f"{problem.status} {problem.code}: {problem.detail} (request {problem.request_id})")
        self.problem = problem


def ok(answer: T | ProblemBody | None) -> T:
    """The answer itself; a `Refusal` where the service said no."""
    if isinstance(answer, ProblemBody):
        raise Refusal(answer)
    if answer is None:
        raise RuntimeError("an answer that the document does not know")
    return answer


def refused(answer: object) -> ProblemBody:
    """The problem of a call that is expected to be refused."""
    if not isinstance(answer, ProblemBody):
        raise RuntimeError(f"not refused, but answered {answer}")
    missing = "" if isinstance(answer.missing, Unset) else f"; missing: {', '.join(map(str, answer.missing))}"
    print(f"  refused on purpose: {answer.status} {answer.code}{missing}")
    return answer


def once() -> str:
    """A key for one effect.

    Make it before the first attempt and send the same one with every repeat: the effect happens once, however often the
    line drops.
    """
    return str(uuid4())


class Versioned(Protocol):
    """What can change has a version."""

    version: int


def seen(record: Versioned) -> str:
    """For `If-Match`: the version that the decision was made on.

    If somebody was faster, the answer is 412 and nothing is overwritten.
    """
    return f'"{record.version}"'


def sign_in(username: str) -> AuthenticatedClient:
    """Signs in. An access token lives for minutes; a program that runs for longer refreshes it in time."""
    url, password = os.environ["SERVICE_URL"], os.environ["SERVICE_PASSWORD"]
    session = ok(login.sync(client=Client(url), body=Login(username=username, password=password)))
    return AuthenticatedClient(
        url, session.access_token, headers={"Accept-Language": "en"}, raise_on_unexpected_status=True
    )


class Page(Protocol[T]):
    """One page of a list."""

    data: list[T]
    next_: str | None


def rows(page: Callable[[str | Unset], Page[T]]) -> Iterator[T]:
    """Every row of a list: `next` is handed back as `cursor` until it is null."""
    cursor: str | Unset = UNSET
    while True:
        answer = page(cursor)
        yield from answer.data
        if answer.next_ is None:
            return
        cursor = answer.next_


def upload(client: AuthenticatedClient, project: UUID, category: str) -> DocumentView:
    """Uploads a small paper; the document."""
    name = f"{category}.pdf"
    content = BytesIO(f"%PDF-1.4\n% {name} of {project}\n%%EOF\n".encode())
    file = File(payload=content, file_name=name, mime_type="application/pdf")
    form = UploadForm(category=category, file=file)
    return ok(upload_project_document.sync(str(project), client=client, body=form, idempotency_key=once()))
