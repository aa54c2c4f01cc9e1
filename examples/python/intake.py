"""The first call, the decision to take it on, the assignment."""

from uuid import UUID

from fitout_client.api.assignment import (
    acknowledge_assignment_sheet,
    assign_project,
    create_initiation_form,
    issue_assignment_sheet,
    list_owner_suggestions,
)
from fitout_client.api.clients import create_client, create_contact
from fitout_client.api.intake import qualify, record_inquiry
from fitout_client.api.interactions import log_interaction
from fitout_client.api.projects import get_project
from fitout_client.api.signing_in import get_me
from fitout_client.models import (
    Assign,
    Channel,
    ContactFacts,
    InitiationFacts,
    InteractionKind,
    InvoiceParticulars,
    IssueSheet,
    LogInteraction,
    NewClient,
    NewInquiry,
    Qualify,
    TakeStepAction,
)

from service import ok, once, refused, seen
from story import People, Story, day, look_around, pass_days, stage, take, take_in_vain


def intake() -> Story:
    """From the call to the decision."""
    stage("Intake")
    by = People()
    new_client = NewClient(
        name="Heron Point Clubs Ltd",
        kind="club",
        region="Shenzhen",
        source="referral",
        invoice_particulars=InvoiceParticulars(title="Heron Point Clubs Ltd"),
        contacts=[ContactFacts(name="Mr Fok", position="Director", decision_maker=True, is_primary=True)],
    )
    client = ok(create_client.sync(client=by.owner, body=new_client, idempotency_key=once()))
    contact = ContactFacts(name="Ms Yuen", position="Operations", email="operations@heronpoint.example")
    ok(create_contact.sync(str(client.id), client=by.owner, body=contact, idempotency_key=once()))
    inquiry = NewInquiry(
        client_id=client.id,
        channel=Channel.REFERRAL,
        name="Heron Point members' lounge",
        kind="lounge",
        address="6 Heron Point, Shenzhen",
        area_m2=210,
        budget_amount=420_000_00,
        wanted_from=day(by, 45),
        wanted_until=day(by, 60),
        needs="One lounge, staged before the members' evening",
    )
    project = ok(record_inquiry.sync(client=by.owner, body=inquiry, idempotency_key=once()))
    print(f"  inquiry {project.inquiry_number} for client {client.number}")
    story = Story(by, client.id, project.id)

    # Too early: the refusal names everything that is missing at once; the steps also say where each piece is supplied.
    take_in_vain(by.manager, story, TakeStepAction.ACCEPT)
    look_around(by.manager, story)

    call = LogInteraction(
        kind=InteractionKind.CALL,
        summary="Budget and the date of the evening confirmed",
        attendees=["Mr Fok"],
        follow_up_on=day(by, 2),
    )
    ok(log_interaction.sync(story.path(), client=by.owner, body=call, idempotency_key=once()))
    answers = Qualify(
        finances=4,
        value=3,
        effort=2,
        difficulty=2,
        decision_makers_known=True,
        payment_habit="pays within 30 days",
        background_check="Registered 2011; no court cases",
    )
    ok(qualify.sync(story.path(), client=by.owner, body=answers, idempotency_key=once()))
    pass_days(by, 1)
    accepted = take(by.manager, story, TakeStepAction.ACCEPT)
    print(f"  the project is {accepted.number}")
    return story


def assignment(story: Story) -> None:
    """The owner, the form, the sheet."""
    stage("Assignment")
    by = story.by

    # The service suggests, the manager decides.
    for person in ok(list_owner_suggestions.sync(story.path(), client=by.manager)).data:
        print(f"  suggested: {person.display_name}, {person.open_projects} open projects, {person.clients} clients")
    owner = ok(get_me.sync(client=by.owner))
    if not isinstance(owner.group_id, UUID):
        raise RuntimeError("the owner is in no group")
    before = ok(get_project.sync(story.path(), client=by.manager))
    whom = Assign(front_group_id=owner.group_id, front_owner_id=owner.id)
    ok(assign_project.sync(story.path(), client=by.manager, body=whom, if_match=seen(before), idempotency_key=once()))
    # The same decision once more, on what is no longer true: somebody was faster, so it is refused.
    refused(assign_project.sync(story.path(), client=by.manager, body=whom, if_match=seen(before)))

    form = InitiationFacts(
        needs="One lounge, ready two days before the members' evening",
        scope="Loose furniture, curtains, art",
        risks="Deliveries at night only",
    )
    ok(create_initiation_form.sync(story.path(), client=by.owner, body=form, idempotency_key=once()))
    departments = {"design": by.design, "procurement": by.procurement}
    to_issue = IssueSheet(departments=list(departments), note="The date of the evening is fixed")
    sheet = ok(issue_assignment_sheet.sync(story.path(), client=by.manager, body=to_issue, idempotency_key=once()))
    for department in departments.values():
        ok(acknowledge_assignment_sheet.sync(str(sheet.id), client=department, idempotency_key=once()))
    print(f"  assignment sheet {sheet.number} acknowledged by {', '.join(departments)}")
    take(by.owner, story, TakeStepAction.LAUNCH)
