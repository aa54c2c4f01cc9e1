//! The projects of the demo: one in every stage.

use super::caller::Caller;
use super::life::{Life, Spec};
use crate::workflow::Stage;

const fn spec(
    (client, client_kind): (&'static str, &'static str),
    (name, kind): (&'static str, &'static str),
    address: &'static str,
    (area, amount): (i64, i64),
    owner: &'static str,
) -> Spec<'static> {
    let group = match owner.as_bytes() {
        [b'b', ..] => "B",
        _ => "A",
    };
    Spec { client, client_kind, name, kind, address, area, amount, group, owner }
}

const ARCHIVED: Spec<'static> = spec(
    ("雲山置業有限公司", "developer"),
    ("Cloud Hill show flats", "show_flat"),
    "1 Cloud Hill Road, Guangzhou",
    (220, 68_000_000),
    "a_specialist_1",
);
const ARCHIVING: Spec<'static> = spec(
    ("北岸酒店管理有限公司", "hotel"),
    ("North Bank hotel suites", "hotel_room"),
    "2 North Bank, Zhuhai",
    (160, 45_000_000),
    "b_specialist_1",
);
const SETTLEMENT: Spec<'static> = spec(
    ("綠洲地產有限公司", "developer"),
    ("Oasis sales office", "sales_office"),
    "88 Oasis Avenue, Foshan",
    (540, 96_000_000),
    "a_specialist_2",
);
const ACCEPTANCE: Spec<'static> = spec(
    ("海灣會所有限公司", "club"),
    ("Bay club lounge", "lounge"),
    "Bay Road 6, Shenzhen",
    (310, 52_000_000),
    "a_specialist_1",
);
const ADJUSTMENT: Spec<'static> = spec(
    ("東城廣場有限公司", "developer"),
    ("East Square model villa", "villa"),
    "East Square, Dongguan",
    (420, 88_000_000),
    "b_specialist_1",
);
const INSTALLATION: Spec<'static> = spec(
    ("星河置地有限公司", "developer"),
    ("Star River show flats T2", "show_flat"),
    "T2, Star River, Guangzhou",
    (386, 120_000_000),
    "a_specialist_1",
);
const BIDDING: Spec<'static> = spec(
    ("南園酒店有限公司", "hotel"),
    ("South Garden lobby", "hotel_lobby"),
    "South Garden Road 10, Guangzhou",
    (600, 150_000_000),
    "a_specialist_2",
);
const ASSIGNMENT: Spec<'static> = spec(
    ("錦繡物業有限公司", "developer"),
    ("Brocade penthouse", "villa"),
    "Brocade Tower 38F, Guangzhou",
    (280, 40_000_000),
    "b_specialist_1",
);
const INTAKE: Spec<'static> = spec(
    ("白鷺書店有限公司", "retail"),
    ("Egret bookshop corner", "retail"),
    "Egret Street 3, Xiamen",
    (90, 12_000_000),
    "a_specialist_1",
);
const SHELVED: Spec<'static> = spec(
    ("遠帆會展有限公司", "exhibition"),
    ("Far Sail VIP room", "lounge"),
    "Hall 5, Far Sail Centre, Hangzhou",
    (130, 30_000_000),
    "a_specialist_2",
);
const DECLINED: Spec<'static> = spec(
    ("小橋民宿", "private"),
    ("Little Bridge guest house", "guest_house"),
    "Little Bridge 1, Suzhou",
    (60, 5_000_000),
    "b_specialist_1",
);

/// Makes them, the oldest first, so that business time only moves forward.
pub async fn make(caller: &Caller) -> Result<(), String> {
    for (n, (spec, stage)) in [
        (ARCHIVED, Stage::Archived),
        (ARCHIVING, Stage::Archiving),
        (SETTLEMENT, Stage::Settlement),
        (ACCEPTANCE, Stage::Acceptance),
        (ADJUSTMENT, Stage::Adjustment),
        (INSTALLATION, Stage::Installation),
        (BIDDING, Stage::Bidding),
        (ASSIGNMENT, Stage::Assignment),
        (INTAKE, Stage::Intake),
        (DECLINED, Stage::Declined),
        (SHELVED, Stage::Shelved),
    ]
    .into_iter()
    .enumerate()
    {
        let life = live(caller, spec, stage, &format!("D-{n}")).await?;
        if stage == Stage::Settlement {
            life.complain().await?;
        }
    }
    Ok(())
}

/// The stages in the order of the work, as far as a project goes by itself.
const WAY: [Stage; 9] = [
    Stage::Intake,
    Stage::Assignment,
    Stage::Bidding,
    Stage::Installation,
    Stage::Adjustment,
    Stage::Acceptance,
    Stage::Settlement,
    Stage::Archiving,
    Stage::Archived,
];

/// Lives a project's life up to a stage. The ends beside the way are reached from where they usually are.
pub async fn live<'a>(caller: &'a Caller, spec: Spec<'a>, stage: Stage, reference: &str) -> Result<Life<'a>, String> {
    let mut life = Life::inquiry(caller, spec).await?;
    let last = match stage {
        Stage::Declined => Stage::Intake,
        Stage::Shelved => Stage::Assignment,
        Stage::Lost => Stage::Bidding,
        Stage::Intake
        | Stage::Assignment
        | Stage::Bidding
        | Stage::Installation
        | Stage::Adjustment
        | Stage::Acceptance
        | Stage::Settlement
        | Stage::Archiving
        | Stage::Archived => stage,
    };
    for reached in WAY.into_iter().skip(1).take_while(|reached| *reached <= last) {
        match reached {
            Stage::Assignment => {
                life.accept().await?;
                life.assign().await?;
            }
            Stage::Bidding if stage == Stage::Lost => life.bid().await?,
            Stage::Bidding => {
                life.bid().await?;
                life.contract().await?;
            }
            Stage::Installation => life.install(reference).await?,
            Stage::Adjustment => life.adjust().await?,
            Stage::Acceptance => life.acceptance().await?,
            Stage::Settlement => {
                life.transfer().await?;
                life.settle_account().await?;
            }
            Stage::Archiving => life.close(reference).await?,
            Stage::Archived => life.archive().await?,
            Stage::Intake | Stage::Declined | Stage::Lost | Stage::Shelved => {}
        }
    }
    match stage {
        Stage::Declined => life.decline().await?,
        Stage::Shelved => life.shelve().await?,
        Stage::Lost => life.lose().await?,
        Stage::Intake
        | Stage::Assignment
        | Stage::Bidding
        | Stage::Installation
        | Stage::Adjustment
        | Stage::Acceptance
        | Stage::Settlement
        | Stage::Archiving
        | Stage::Archived => {}
    }
    Ok(life)
}
