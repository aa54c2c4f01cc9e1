//! The projects of the demo: one in every stage.

use super::caller::Caller;
use super::life::{Life, Spec};

const fn spec(
    (client, client_kind): (&'static str, &'static str),
    (name, kind): (&'static str, &'static str),
    address: &'static str,
    (area, amount): (i64, i64),
    owner: &'static str,
) -> Spec {
    let group = match owner.as_bytes() {
        [b'b', ..] => "B",
        _ => "A",
    };
    Spec { client, client_kind, name, kind, address, area, amount, group, owner }
}

const ARCHIVED: Spec = spec(
    ("雲山置業有限公司", "developer"),
    ("Cloud Hill show flats", "show_flat"),
    "1 Cloud Hill Road, Guangzhou",
    (220, 68_000_000),
    "a_specialist_1",
);
const ARCHIVING: Spec = spec(
    ("北岸酒店管理有限公司", "hotel"),
    ("North Bank hotel suites", "hotel_room"),
    "2 North Bank, Zhuhai",
    (160, 45_000_000),
    "b_specialist_1",
);
const SETTLEMENT: Spec = spec(
    ("綠洲地產有限公司", "developer"),
    ("Oasis sales office", "sales_office"),
    "88 Oasis Avenue, Foshan",
    (540, 96_000_000),
    "a_specialist_2",
);
const ACCEPTANCE: Spec = spec(
    ("海灣會所有限公司", "club"),
    ("Bay club lounge", "lounge"),
    "Bay Road 6, Shenzhen",
    (310, 52_000_000),
    "a_specialist_1",
);
const ADJUSTMENT: Spec = spec(
    ("東城廣場有限公司", "developer"),
    ("East Square model villa", "villa"),
    "East Square, Dongguan",
    (420, 88_000_000),
    "b_specialist_1",
);
const INSTALLATION: Spec = spec(
    ("星河置地有限公司", "developer"),
    ("Star River show flats T2", "show_flat"),
    "T2, Star River, Guangzhou",
    (386, 120_000_000),
    "a_specialist_1",
);
const BIDDING: Spec = spec(
    ("南園酒店有限公司", "hotel"),
    ("South Garden lobby", "hotel_lobby"),
    "South Garden Road 10, Guangzhou",
    (600, 150_000_000),
    "a_specialist_2",
);
const ASSIGNMENT: Spec = spec(
    ("錦繡物業有限公司", "developer"),
    ("Brocade penthouse", "villa"),
    "Brocade Tower 38F, Guangzhou",
    (280, 40_000_000),
    "b_specialist_1",
);
const INTAKE: Spec = spec(
    ("白鷺書店有限公司", "retail"),
    ("Egret bookshop corner", "retail"),
    "Egret Street 3, Xiamen",
    (90, 12_000_000),
    "a_specialist_1",
);
const SHELVED: Spec = spec(
    ("遠帆會展有限公司", "exhibition"),
    ("Far Sail VIP room", "lounge"),
    "Hall 5, Far Sail Centre, Hangzhou",
    (130, 30_000_000),
    "a_specialist_2",
);
const DECLINED: Spec = spec(
    ("小橋民宿", "private"),
    ("Little Bridge guest house", "guest_house"),
    "Little Bridge 1, Suzhou",
    (60, 5_000_000),
    "b_specialist_1",
);

/// Makes them, the oldest first, so that business time only moves forward.
pub async fn make(caller: &Caller) -> Result<(), String> {
    for (n, (spec, stages)) in [
        (ARCHIVED, 9),
        (ARCHIVING, 8),
        (SETTLEMENT, 7),
        (ACCEPTANCE, 6),
        (ADJUSTMENT, 5),
        (INSTALLATION, 4),
        (BIDDING, 3),
        (ASSIGNMENT, 2),
        (INTAKE, 1),
    ]
    .into_iter()
    .enumerate()
    {
        live(caller, spec, stages, &format!("D-{n}")).await?;
    }
    Life::inquiry(caller, DECLINED).await?.decline().await?;
    let shelved = Life::inquiry(caller, SHELVED).await?;
    shelved.accept().await?;
    shelved.assign().await?;
    shelved.shelve().await
}

async fn live(caller: &Caller, spec: Spec, stages: u8, reference: &str) -> Result<(), String> {
    let mut life = Life::inquiry(caller, spec).await?;
    if stages >= 2 {
        life.accept().await?;
        life.assign().await?;
    }
    if stages >= 3 {
        life.bid().await?;
        life.contract().await?;
    }
    if stages >= 4 {
        life.install(reference).await?;
    }
    if stages >= 5 {
        life.adjust().await?;
    }
    if stages >= 6 {
        life.acceptance().await?;
    }
    if stages >= 7 {
        life.transfer().await?;
        life.settle_account().await?;
    }
    if stages == 7 {
        life.complain().await?;
    }
    if stages >= 8 {
        life.close(reference).await?;
    }
    if stages >= 9 {
        life.archive().await?;
    }
    Ok(())
}
