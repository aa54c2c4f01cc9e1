"""A direct commission, the scheme, the quotation, the contract, the deposit."""

from fitout_client.api.bidding import (
    accept_quotation,
    comment_scheme,
    confirm_scheme,
    issue_quotation,
    record_commission,
    submit_item_list,
    submit_scheme,
)
from fitout_client.api.contracts import draft_contract, get_contract, log_seal, review_contract, sign_contract
from fitout_client.api.instructions import record_instruction, settle_instruction
from fitout_client.api.memos import reply_memo, send_memo
from fitout_client.models import (
    CommentScheme,
    DirectCommission,
    Direction,
    InstalmentDraft,
    InstalmentKind,
    InstructionOutcome,
    IssueQuotation,
    LogSeal,
    NewContract,
    NewLine,
    NextReviewer,
    RecordInstruction,
    ReplyMemo,
    ReviewGiven,
    ReviewVerdict,
    SealKind,
    SealParty,
    SendMemo,
    SettleInstruction,
    SignContract,
    SubmitScheme,
    TakeStepAction,
)

from money import pay
from service import ok, once, seen, upload
from story import Story, day, pass_days, stage, take


def commission(story: Story) -> None:
    """No tender: the client commissions us directly."""
    stage("Direct commission, scheme, quotation")
    by, path = story.by, story.path()
    reason = DirectCommission(reason="Framework agreement of last year")
    ok(record_commission.sync(path, client=by.owner, body=reason, idempotency_key=once()))
    wish = RecordInstruction(what="No strong scents", place="lounge", by_whom="Ms Yuen")
    ok(record_instruction.sync(path, client=by.owner, body=wish, idempotency_key=once()))
    promise = RecordInstruction(
        what="Fabric samples within a week", direction=Direction.OUR_COMMITMENT, by_whom="Tam Lok"
    )
    promised = ok(record_instruction.sync(path, client=by.owner, body=promise, idempotency_key=once()))
    asked = SendMemo(to_department="design", subject="Samples", body="Linen and wool, please", reply_by=day(by, 5))
    memo = ok(send_memo.sync(path, client=by.owner, body=asked, idempotency_key=once()))
    ok(reply_memo.sync(str(memo.id), client=by.design, body=ReplyMemo(body="Sent today"), idempotency_key=once()))
    kept = SettleInstruction(outcome=InstructionOutcome.DONE)
    ok(
        settle_instruction.sync(
            str(promised.id), client=by.owner, body=kept, if_match=seen(promised), idempotency_key=once()
        )
    )

    first = SubmitScheme(title="Reeds and brass")
    scheme = ok(submit_scheme.sync(path, client=by.design, body=first, idempotency_key=once()))
    wanted = CommentScheme(comment="As it is, with softer light")
    ok(comment_scheme.sync(str(scheme.id), client=by.owner, body=wanted, idempotency_key=once()))
    second = SubmitScheme(title="Reeds and brass, softer light")
    revised = ok(submit_scheme.sync(path, client=by.design, body=second, idempotency_key=once()))
    listed = SubmitScheme(title="Items of the second scheme")
    items = ok(submit_item_list.sync(path, client=by.design, body=listed, idempotency_key=once()))
    for paper in (revised, items):
        valid = ok(confirm_scheme.sync(str(paper.id), client=by.owner, if_match=seen(paper), idempotency_key=once()))
        print(f"  {valid.kind} {valid.revision} is {valid.state}")

    offer = IssueQuotation(
        lines=[
            NewLine(code="LOUNGE", name="Lounge complete", place="2F", quantity=1, unit_price_amount=360_000_00),
            NewLine(code="CURTAIN", name="Curtains, per metre", place="2F", quantity=22.5, unit_price_amount=1_120_00),
        ],
        discount_amount=18_136_70,
        tax_rate_bp=900,
        valid_until=day(by, 30),
    )
    quotation = ok(issue_quotation.sync(path, client=by.owner, body=offer, idempotency_key=once()))
    print(f"  {quotation.number}: {quotation.net_amount} + {quotation.tax_amount} = {quotation.total_amount} fen")
    ok(accept_quotation.sync(str(quotation.id), client=by.owner, if_match=seen(quotation), idempotency_key=once()))


def contract(story: Story) -> None:
    """Drafted, reviewed, sealed, signed; the deposit is paid."""
    stage("Contract and deposit")
    by = story.by
    draft = NewContract(
        template="fit-out-standard",
        amount=400_000_00,
        defects_liability_months=6,
        instalments=[
            InstalmentDraft(kind=InstalmentKind.DEPOSIT, amount=120_000_00, days=5),
            InstalmentDraft(kind=InstalmentKind.INTERIM, amount=160_000_00),
            InstalmentDraft(kind=InstalmentKind.BALANCE, amount=100_000_00, days=30),
            InstalmentDraft(kind=InstalmentKind.RETENTION, amount=20_000_00),
        ],
    )
    paper = ok(draft_contract.sync(story.path(), client=by.owner, body=draft, idempotency_key=once()))
    path = str(paper.id)
    opinion = ReviewGiven(verdict=ReviewVerdict.APPROVED, opinion="Below the limit; damages are capped")
    # The contract says whose turn it is: below the limit the back leader's alone.
    while paper.next_reviewer is not NextReviewer.NONE:
        reviewer = by.manager if paper.next_reviewer is NextReviewer.MANAGER else by.reviewer
        paper = ok(
            review_contract.sync(path, client=reviewer, body=opinion, if_match=seen(paper), idempotency_key=once())
        )
    pass_days(by, 2)
    for party in SealParty:
        seal = LogSeal(party=party, seal=SealKind.CONTRACT, copies=2, sealed_by="Office")
        ok(log_seal.sync(path, client=by.owner, body=seal, idempotency_key=once()))
    scan = upload(by.owner, story.project, "contract_scan")
    signing = SignContract(signed_on=day(by), planned_site_access_on=day(by, 20), document_id=scan.id)
    current = ok(get_contract.sync(path, client=by.owner))
    signed = ok(sign_contract.sync(path, client=by.owner, body=signing, if_match=seen(current), idempotency_key=once()))
    print(f"  contract {signed.number} is {signed.state}, worth {signed.current_amount} fen")
    pay(story, InstalmentKind.DEPOSIT)
    take(by.owner, story, TakeStepAction.WIN)
