"""Who takes part, what the stages hand on to each other, the sandbox's clock, and the moves of the workflow."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from fitout_client import AuthenticatedClient
from fitout_client.api.workflow import list_steps, take_step
from fitout_client.models import ProblemBody, ProjectView, StepsView, TakeStep, TakeStepAction

from service import ok, once, refused, seen, sign_in


@dataclass
class People:
    """The people of the demo company, each by the log-in that the demo prints."""

    administrator: AuthenticatedClient = field(default_factory=lambda: sign_in("admin"))
    manager: AuthenticatedClient = field(default_factory=lambda: sign_in("manager"))
    owner: AuthenticatedClient = field(default_factory=lambda: sign_in("b_specialist_1"))
    reviewer: AuthenticatedClient = field(default_factory=lambda: sign_in("c_leader"))
    back: AuthenticatedClient = field(default_factory=lambda: sign_in("c_specialist_1"))
    finance: AuthenticatedClient = field(default_factory=lambda: sign_in("finance"))
    design: AuthenticatedClient = field(default_factory=lambda: sign_in("design"))
    procurement: AuthenticatedClient = field(default_factory=lambda: sign_in("procurement"))
    engineering: AuthenticatedClient = field(default_factory=lambda: sign_in("engineering"))

    def everybody(self) -> list[AuthenticatedClient]:
        """All of them."""
        return list(vars(self).values())


@dataclass
class Story:
    """What one stage hands on to the next."""

    by: People
    client: UUID
    project: UUID

    def path(self) -> str:
        """The project, as paths name it: its id, or its business number."""
        return str(self.project)


def stage(name: str) -> None:
    """Says where the story is."""
    print(f"\n== {name}")


def day(by: People, days: int = 0) -> date:
    """The business date, some days from now: dates are days of the company's time zone, so they are asked for.

    The clock is called by hand: the document that `fitout openapi` prints is of a service without a sandbox.
    """
    answer = by.administrator.get_httpx_client().get("/v1/sandbox/clock").raise_for_status()
    return date.fromisoformat(answer.json()["today"]) + timedelta(days=days)


def pass_days(by: People, days: int) -> None:
    """Lets business time pass; it moves forward only."""
    clock = by.administrator.get_httpx_client()
    now = datetime.fromisoformat(clock.get("/v1/sandbox/clock").raise_for_status().json()["now"])
    later = {"now": (now + timedelta(days=days)).isoformat(), "frozen": False}
    clock.put("/v1/sandbox/clock", json=later).raise_for_status()


def steps(client: AuthenticatedClient, story: Story) -> StepsView:
    """Every move from where the project stands: whether it is this caller's, and what it lacks."""
    return ok(list_steps.sync(story.path(), client=client))


def look_around(client: AuthenticatedClient, story: Story) -> None:
    """Prints what this caller could do next."""
    view = steps(client, story)
    print(f"  from {view.stage}:")
    for step in view.data:
        print(f"    {step.action}: {'allowed' if step.allowed else step.refusal}")
        if step.refusal != "evidence":  # Whose move it is not need not know what is missing for it.
            continue
        for piece in step.missing:
            print(f"      missing {piece.key}{', or a waiver' if piece.waivable else ''}: see {piece.supply}")


def attempt(
    client: AuthenticatedClient, story: Story, action: TakeStepAction, reason: str | None
) -> ProblemBody | ProjectView | None:
    """Tries a move; it is judged by the version of the project that was looked at."""
    version = seen(steps(client, story))
    body = TakeStep(reason=reason)
    return take_step.sync(story.path(), action, client=client, body=body, if_match=version, idempotency_key=once())


def take(client: AuthenticatedClient, story: Story, action: TakeStepAction, reason: str | None = None) -> ProjectView:
    """Takes a move."""
    project = ok(attempt(client, story, action, reason))
    print(f"  {action}: now in {project.stage}")
    return project


def take_in_vain(client: AuthenticatedClient, story: Story, action: TakeStepAction) -> ProblemBody:
    """Tries a move that must be refused."""
    return refused(attempt(client, story, action, None))
