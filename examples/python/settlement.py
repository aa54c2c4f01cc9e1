"""The final account, the invoice, what is still owed, and the archive."""

from time import time_ns

from fitout_client.api.archiving import (
    download_package,
    get_completeness,
    place_paper_files,
    seal_project,
    verify_archive,
)
from fitout_client.api.collection import collect
from fitout_client.api.invoices import issue_invoice, record_invoice_receipt, request_invoice
from fitout_client.api.payments import confirm_payment, record_payment, refund_unapplied
from fitout_client.api.projects import get_project, get_project_overview
from fitout_client.api.settlement import (
    audit_final_account,
    confirm_final_account,
    draft_final_account,
    submit_final_account,
)
from fitout_client.models import (
    AccountBasis,
    AuditFinalAccount,
    Collect,
    ConfirmFinalAccount,
    Deduction,
    Difference,
    InstalmentKind,
    InvoiceKind,
    IssueInvoice,
    Level,
    NewFinalAccount,
    NewPayment,
    NewRefund,
    PlacePaperFiles,
    ReceiveInvoice,
    RequestInvoice,
    Stage,
    SubmitFinalAccount,
    TakeStepAction,
)
from fitout_client.types import File

from money import receivable
from service import ok, once, refused, seen, upload
from story import Story, day, pass_days, stage, take, take_in_vain


def final_account(story: Story) -> None:
    """Drafted, submitted, audited by the client, agreed."""
    stage("Final account")
    by = story.by
    pass_days(by, 4)
    claim = NewFinalAccount(deductions=[Deduction(what="Stools late", amount=500_00)])
    account = ok(draft_final_account.sync(story.path(), client=by.back, body=claim, idempotency_key=once()))
    path = str(account.id)
    sent = SubmitFinalAccount(submitted_on=day(by))
    account = ok(
        submit_final_account.sync(path, client=by.back, body=sent, if_match=seen(account), idempotency_key=once())
    )
    difference = Difference(what="Curtains", amount=-1_120_00, reason="One metre less than listed")
    figure = AuditFinalAccount(audited_amount=account.total_amount - 1_120_00, differences=[difference])
    account = ok(
        audit_final_account.sync(path, client=by.back, body=figure, if_match=seen(account), idempotency_key=once())
    )
    paper = upload(by.back, story.project, "final_account")
    agreed = ConfirmFinalAccount(document_id=paper.id, confirmed_on=day(by), basis=AccountBasis.AGREED)
    # A dry run gives the same answer and saves nothing.
    would = ok(
        confirm_final_account.sync(
            path, client=by.back, body=agreed, if_match=seen(account), idempotency_key=once(), dry_run=True
        )
    )
    print(f"  dry run: the account would be {would.state}, {would.amount} fen")
    account = ok(
        confirm_final_account.sync(path, client=by.back, body=agreed, if_match=seen(account), idempotency_key=once())
    )
    balance = receivable(story, InstalmentKind.BALANCE)
    print(f"  the account is {account.state}; the balance is now {balance.amount} fen, due on {balance.due_on}")


def settlement(story: Story) -> None:
    """Invoiced, reminded, paid."""
    stage("Settlement")
    by = story.by
    balance = receivable(story, InstalmentKind.BALANCE)
    retention = receivable(story, InstalmentKind.RETENTION)
    wanted = RequestInvoice(amount=balance.amount, kind=InvoiceKind.ORDINARY, tax_rate_bp=900)
    invoice = ok(request_invoice.sync(story.path(), client=by.back, body=wanted, idempotency_key=once()))
    number = IssueInvoice(number=f"2644{time_ns() // 1_000_000}", issued_on=day(by))
    path = str(invoice.id)
    invoice = ok(
        issue_invoice.sync(path, client=by.finance, body=number, if_match=seen(invoice), idempotency_key=once())
    )
    received = ReceiveInvoice(received_on=day(by))
    ok(record_invoice_receipt.sync(path, client=by.back, body=received, if_match=seen(invoice), idempotency_key=once()))

    # The balance is forgotten: once it is overdue it is collected.
    call = Collect(
        level=Level.REMINDER,
        note="Called operations; payment promised",
        promise_on=day(by, 45),
        promise_amount=balance.outstanding_amount,
    )
    refused(collect.sync(str(balance.id), client=by.back, body=call))
    pass_days(by, 35)
    ok(collect.sync(str(balance.id), client=by.back, body=call, idempotency_key=once()))
    print(f"  reminded, {receivable(story, InstalmentKind.BALANCE).days_overdue} days overdue")

    take_in_vain(by.back, story, TakeStepAction.SETTLE)

    # The client pays in one sum, says nothing of what it is for, and pays too much: the earliest due is closed first,
    # what is left stays unapplied and goes back.
    total = balance.outstanding_amount + retention.outstanding_amount + 250_00
    slip = NewPayment(amount=total, paid_on=day(by), reference="bank slip, one sum")
    paid = ok(record_payment.sync(str(story.client), client=by.finance, body=slip, idempotency_key=once()))
    paid = ok(confirm_payment.sync(str(paid.id), client=by.finance, if_match=seen(paid), idempotency_key=once()))
    print(f"  paid {total} fen for {len(paid.allocations)} receivables: {paid.unapplied_amount} unapplied")
    rest = NewRefund(amount=paid.unapplied_amount, reason="Paid too much")
    ok(refund_unapplied.sync(str(story.client), client=by.finance, body=rest, idempotency_key=once()))
    overview = ok(get_project_overview.sync(story.path(), client=by.back))
    print(f"  {overview.outstanding_amount} outstanding, {overview.unapplied_amount} unapplied")
    take(by.back, story, TakeStepAction.SETTLE)


def archive(story: Story) -> None:
    """Placed, sealed, verified, archived."""
    stage("Archive")
    by = story.by
    before = ok(get_completeness.sync(story.path(), client=by.back))
    print(f"  papers complete: {before.complete}; before sealing: {', '.join(before.missing)}")
    place = PlacePaperFiles(room="Archive 1", shelf="R3-03", box="2026-045")
    ok(place_paper_files.sync(story.path(), client=by.back, body=place, idempotency_key=once()))
    project = ok(get_project.sync(story.path(), client=by.back))
    package = ok(seal_project.sync(story.path(), client=by.back, if_match=seen(project), idempotency_key=once()))
    checked = ok(verify_archive.sync(str(package.id), client=by.back))
    content = ok(download_package.sync(str(package.id), client=by.back))
    if not isinstance(content, File):
        raise RuntimeError("the package did not come")
    size = len(content.payload.read())
    print(f"  {package.number} {package.state}; {size} bytes, {checked.events} events, intact: {checked.intact}")
    if not checked.intact:
        raise RuntimeError("the archive is broken")
    if take(by.back, story, TakeStepAction.ARCHIVE).stage is not Stage.ARCHIVED:
        raise RuntimeError("the project is not archived")
