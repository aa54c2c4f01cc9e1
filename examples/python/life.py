"""One project, from the first phone call to the archived box, against a running sandbox."""

from fitout_client.api.signing_in import logout

from acceptance import acceptance, transfer
from bidding import commission, contract
from installation import adjustment, installation
from intake import assignment, intake
from settlement import archive, final_account, settlement


def main() -> None:
    """The whole life."""
    story = intake()
    assignment(story)
    commission(story)
    contract(story)
    installation(story)
    adjustment(story)
    acceptance(story)
    transfer(story)
    final_account(story)
    settlement(story)
    archive(story)
    for person in story.by.everybody():
        logout.sync_detailed(client=person)
    print("\nThe whole life was lived.")


if __name__ == "__main__":
    main()
