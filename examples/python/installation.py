"""On site, and the adjustments that decide whether we get paid."""

from fitout_client.api.adjustment import (
    complete_adjustment,
    confirm_adjustment,
    plan_adjustment,
    refuse_adjustment,
    request_adjustment,
)
from fitout_client.api.installation import (
    check_site_readiness,
    log_progress,
    plan_milestone,
    record_delivery,
    record_site_access_confirmation,
    report_milestone,
    report_site_issue,
    resolve_site_issue,
    sign_off_installation,
    start_installation,
)
from fitout_client.api.projects import waive
from fitout_client.models import (
    Adjustment,
    AdjustmentCause,
    BorneBy,
    CheckSite,
    CheckSiteItems,
    Complete,
    ConfirmAccess,
    ConfirmAdjustment,
    Evidence,
    FileSignOff,
    InstalmentKind,
    LogProgress,
    PlanAdjustment,
    PlanMilestone,
    RecordDelivery,
    RefuseAdjustment,
    ReportIssue,
    ReportMilestone,
    RequestAdjustment,
    ResolveIssue,
    StartInstallation,
    TakeStepAction,
    Waive,
)

from money import pay
from service import ok, once, refused, seen, upload
from story import Story, day, look_around, pass_days, stage, take

SITE = ("water", "power", "lift", "doors", "cleaning", "storage")


def installation(story: Story) -> None:
    """From the milestones to the sign-off."""
    stage("Installation")
    by, path = story.by, story.path()
    goods = PlanMilestone(department="procurement", name="Goods ready", planned_on=day(by, 15))
    milestone = ok(plan_milestone.sync(path, client=by.owner, body=goods, idempotency_key=once()))
    pass_days(by, 16)
    ready = ReportMilestone(actual_on=day(by, -1))
    ok(
        report_milestone.sync(
            str(milestone.id), client=by.procurement, body=ready, if_match=seen(milestone), idempotency_key=once()
        )
    )

    items = CheckSiteItems()
    items.additional_properties = {name: name != "cleaning" for name in SITE}
    checked = ok(check_site_readiness.sync(path, client=by.owner, body=CheckSite(items=items), idempotency_key=once()))
    print(f"  not ready on site: {', '.join(checked.not_ready)}")
    access = upload(by.owner, story.project, "site_access_confirmation")
    confirmed = ConfirmAccess(document_id=access.id, confirmed_on=day(by))
    ok(record_site_access_confirmation.sync(path, client=by.owner, body=confirmed, idempotency_key=once()))

    # The client pays late and the site is not cleaned. The manager may waive both, with a reason that stays on record.
    start = StartInstallation()
    refused(start_installation.sync(path, client=by.owner, body=start))
    for waiver in (
        Waive(evidence=Evidence.SITE_READY, item="cleaning", reason="We clean at our cost"),
        Waive(evidence=Evidence.INTERIM_PAYMENT_RECEIVED, reason="Framework agreement; paid on the 15th"),
    ):
        ok(waive.sync(path, client=by.manager, body=waiver, idempotency_key=once()))
    ok(start_installation.sync(path, client=by.owner, body=start, idempotency_key=once()))
    pass_days(by, 3)
    receipt = upload(by.owner, story.project, "delivery_receipt")
    goods_in = RecordDelivery(what="Lounge furniture", received_by="Ms Yuen", receipt_document_id=receipt.id)
    ok(record_delivery.sync(path, client=by.owner, body=goods_in, idempotency_key=once()))
    progress = LogProgress(percent=70, text="Furniture in place, curtains to come")
    ok(log_progress.sync(path, client=by.owner, body=progress, idempotency_key=once()))
    trouble = ReportIssue(text="Curtain rail too short", department="engineering")
    issue = ok(report_site_issue.sync(path, client=by.owner, body=trouble, idempotency_key=once()))
    mended = ResolveIssue(resolution="Rail extended")
    ok(
        resolve_site_issue.sync(
            str(issue.id), client=by.engineering, body=mended, if_match=seen(issue), idempotency_key=once()
        )
    )
    pass_days(by, 5)
    pay(story, InstalmentKind.INTERIM)
    paper = upload(by.owner, story.project, "installation_sign_off")
    sign_off = FileSignOff(document_id=paper.id)
    ok(sign_off_installation.sync(path, client=by.owner, body=sign_off, idempotency_key=once()))
    take(by.owner, story, TakeStepAction.FINISH_INSTALLATION)


def adjustment(story: Story) -> None:
    """One wish of the client, done again before it was right."""
    stage("Adjustment")
    by = story.by
    wish = RequestAdjustment(
        place="bar",
        what="Two more bar stools",
        cause=AdjustmentCause.CLIENT_CHANGE,
        department="procurement",
        due_on=day(by, 8),
        cost_amount=3_900_00,
        borne_by=BorneBy.CLIENT,
    )
    asked = ok(request_adjustment.sync(story.path(), client=by.owner, body=wish, idempotency_key=once()))
    look_around(by.owner, story)
    path = str(asked.id)
    when = PlanAdjustment(planned_on=day(by, 4))
    planned = ok(plan_adjustment.sync(path, client=by.owner, body=when, if_match=seen(asked), idempotency_key=once()))

    def complete(request: Adjustment) -> Adjustment:
        note = Complete(note="Stools delivered")
        return ok(
            complete_adjustment.sync(
                path, client=by.procurement, body=note, if_match=seen(request), idempotency_key=once()
            )
        )

    pass_days(by, 4)
    done = complete(planned)
    why = RefuseAdjustment(why="Wrong leather")
    again = ok(refuse_adjustment.sync(path, client=by.owner, body=why, if_match=seen(done), idempotency_key=once()))
    pass_days(by, 3)
    done = complete(again)
    # What the client pays for needs the client's signed variation order, else it is not billable.
    order = upload(by.owner, story.project, "variation_order")
    signed = ConfirmAdjustment(document_id=order.id)
    confirmed = ok(
        confirm_adjustment.sync(path, client=by.owner, body=signed, if_match=seen(done), idempotency_key=once())
    )
    billable = "billable" if confirmed.billable else "not billable"
    print(f"  the request is {confirmed.state}, {billable}, refused {confirmed.refusals} time")
    take(by.owner, story, TakeStepAction.REQUEST_ACCEPTANCE)
