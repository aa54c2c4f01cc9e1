"""Inspected, accepted, and handed to the back group."""

from uuid import UUID

from fitout_client.api.acceptance import inspect, record_acceptance_certificate, write_project_summary
from fitout_client.api.documents import list_project_documents
from fitout_client.api.transfers import accept_transfer, offer_transfer, return_transfer
from fitout_client.models import (
    AcceptanceBasis,
    AcceptTransfer,
    Certify,
    DocumentSummaryPage,
    Inspect,
    NewItem,
    OfferedDocument,
    OfferTransfer,
    ReturnTransfer,
    SummaryFacts,
    Transfer,
)
from fitout_client.types import Unset

from service import ok, once, refused, rows, seen, upload
from story import Story, day, pass_days, stage

CHECKLIST = (
    "contract_scan",
    "confirmed_scheme",
    "final_item_list",
    "quotation",
    "assignment_sheet",
    "site_access_confirmation",
    "acceptance_certificate",
    "memos",
    "photos",
)


def acceptance(story: Story) -> None:
    """Inspection, certificate, summary."""
    stage("Acceptance")
    by, path = story.by, story.path()
    pass_days(by, 1)
    passed = Inspect(
        inspector="Ms Yuen",
        items=[NewItem(name="Furniture against the list", passed=True), NewItem(name="Light", passed=True)],
    )
    inspection = ok(inspect.sync(path, client=by.owner, body=passed, idempotency_key=once()))
    paper = upload(by.owner, story.project, "acceptance_certificate")
    certificate = Certify(
        document_id=paper.id,
        accepted_on=day(by),
        basis=AcceptanceBasis.SIGNED_WITH_RESERVATIONS,
        reservations="One scratch on the bar, to be polished",
    )
    ok(record_acceptance_certificate.sync(path, client=by.owner, body=certificate, idempotency_key=once()))
    print(f"  inspected, {'passed' if inspection.passed else 'failed'}; accepted with reservations")
    summary = SummaryFacts(
        went_well="Staged in eight days",
        problems="Leather of the stools",
        lessons="Order a sample before the whole lot",
    )
    ok(write_project_summary.sync(path, client=by.owner, body=summary, idempotency_key=once()))


def filed(story: Story) -> dict[str, UUID]:
    """The newest paper of each category. Lists come page by page: each answer holds the cursor of the next."""
    pages = 0

    def page(cursor: str | Unset) -> DocumentSummaryPage:
        nonlocal pages
        pages += 1
        return ok(list_project_documents.sync(story.path(), client=story.by.owner, limit=3, cursor=cursor))

    papers = {paper.category: paper.id for paper in rows(page)}
    print(f"  papers of {len(papers)} categories on {pages} pages")
    return papers


def offer(story: Story, papers: dict[str, UUID]) -> Transfer:
    """Offers the project to the back group with these papers."""
    documents = [OfferedDocument(category, paper) for category, paper in papers.items() if category in CHECKLIST]
    body = OfferTransfer(documents=documents)
    return ok(offer_transfer.sync(story.path(), client=story.by.owner, body=body, idempotency_key=once()))


def transfer(story: Story) -> None:
    """Offered, returned once, accepted."""
    stage("Transfer")
    by = story.by
    papers = filed(story)
    for category in CHECKLIST[:-1]:
        if category not in papers:
            papers[category] = upload(by.owner, story.project, category).id
    first = offer(story, papers)
    acknowledges = AcceptTransfer(acknowledges=[open_.id for open_ in first.open_instructions])
    refused(accept_transfer.sync(str(first.id), client=by.back, body=acknowledges, if_match=seen(first)))
    back = ReturnTransfer(missing=["photos"], note="No photographs of the bar")
    ok(return_transfer.sync(str(first.id), client=by.back, body=back, if_match=seen(first), idempotency_key=once()))

    papers["photos"] = upload(by.owner, story.project, "photos").id
    second = offer(story, papers)
    unpaid = ", ".join(f"{row.kind} {row.outstanding_amount}" for row in second.unpaid_receivables)
    print(f"  goes along: {', '.join(open_.what for open_ in second.open_instructions)}; unpaid: {unpaid}")
    accepted = ok(
        accept_transfer.sync(
            str(second.id), client=by.back, body=acknowledges, if_match=seen(second), idempotency_key=once()
        )
    )
    print(f"  the transfer is {accepted.state}, after {accepted.returns} return")
