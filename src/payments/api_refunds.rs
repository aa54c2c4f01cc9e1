//! Refunds of unapplied money over HTTP.

use super::store::Refund;
use super::unapplied::{self, NewRefund};
use crate::access::{Access, MoneyRead, PaymentsWrite, Result, Tx};
use crate::clients;
use crate::db::Id;
use crate::db::schema::refunds;
use crate::http::{Answer, Body, CreatedAnswer, IdempotencyKey, Listed, Page, Path, Problem, Ref, Reply};
use crate::page_by_id;
use crate::records::{EventView, history_of};
use diesel::prelude::*;

pub(super) async fn refund_unapplied(
    access: Access<PaymentsWrite>,
    client: Path<Ref>,
    _key: IdempotencyKey,
    body: Body<NewRefund>,
) -> CreatedAnswer<Refund> {
    access
        .write(move |tx| {
            let refund = unapplied::refund(tx, &client, &body)?;
            Ok(Reply::created(&refund, format!("/v1/refunds/{}", refund.id))?.version(refund.version))
        })
        .await
}

pub(super) async fn list_client_refunds(access: Access<MoneyRead>, client: Path<Ref>, page: Page) -> Listed<Refund> {
    access
        .list(move |tx| {
            let client = clients::find(tx, &client)?;
            let all = || refunds::table.filter(refunds::client_id.eq(client.id)).into_boxed();
            let total = if page.wants_total() { Some(all().count().get_result::<i64>(tx.conn)?) } else { None };
            let (data, next) = page_by_id!(tx, &page, refunds, Refund, all());
            Ok(Reply::list(data, next, total)?)
        })
        .await
}

fn refund_in_sight(tx: &mut Tx<'_>, id: Id) -> Result<Refund> {
    let row =
        refunds::table.filter(refunds::id.eq(id)).select(Refund::as_select()).first::<Refund>(tx.conn).optional()?;
    let row = row.ok_or_else(Problem::not_found)?;
    if clients::sees(tx, row.client_id)? { Ok(row) } else { Err(Problem::not_found().into()) }
}

pub(super) async fn get_refund(access: Access<MoneyRead>, refund: Path<Id>) -> Answer<Refund> {
    access.read(move |tx| refund_in_sight(tx, *refund).and_then(|r| Ok(Reply::ok(&r)?.version(r.version)))).await
}

pub(super) async fn list_refund_events(access: Access<MoneyRead>, refund: Path<Id>, page: Page) -> Listed<EventView> {
    access.list(move |tx| refund_in_sight(tx, *refund).and_then(|r| history_of(tx, r.id, &page))).await
}
