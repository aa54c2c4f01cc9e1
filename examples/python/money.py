"""A payment of the client, recorded and confirmed by finance."""

from fitout_client.api.payments import confirm_payment, record_payment
from fitout_client.api.receivables import list_project_receivables
from fitout_client.models import InstalmentKind, NamedPart, NewPayment, ReceivableView

from service import ok, once, seen
from story import Story, day


def receivable(story: Story, kind: InstalmentKind) -> ReceivableView:
    """The receivable of this kind."""
    found = ok(list_project_receivables.sync(story.path(), client=story.by.finance)).data
    return next(row for row in found if row.kind is kind)


def pay(story: Story, kind: InstalmentKind) -> None:
    """Everything outstanding of this kind is paid."""
    finance = story.by.finance
    due = receivable(story, kind)
    body = NewPayment(
        amount=due.outstanding_amount,
        paid_on=day(story.by),
        reference=f"bank slip {kind}",
        to=[NamedPart(receivable_id=due.id, amount=due.outstanding_amount)],
    )
    # The line drops after the request was sent: the same key again gives the stored answer, and no second payment.
    key = once()
    payment = ok(record_payment.sync(str(story.client), client=finance, body=body, idempotency_key=key))
    repeated = record_payment.sync_detailed(str(story.client), client=finance, body=body, idempotency_key=key)
    if ok(repeated.parsed).id != payment.id or repeated.headers.get("Idempotent-Replayed") != "true":
        raise RuntimeError("the payment was recorded twice")

    confirmed = ok(
        confirm_payment.sync(str(payment.id), client=finance, if_match=seen(payment), idempotency_key=once())
    )
    status = receivable(story, kind).status
    print(f"  {kind}: {confirmed.amount} fen {confirmed.state}; the receivable is {status}")
