//! Imports over HTTP.

use super::cells::told;
use super::report::{ImportReport, is_takeable, refusal, report};
use super::{clients, receivables, sheet};
use crate::access::{Access, ImportsRun, Result, Tx};
use crate::db::{take_turn, text_enum};
use crate::http::{Answer, IdempotencyKey, Language, OperationDraft, Query, Reply, Routes, SheetBody};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use validator::Validate;

/// Clients and historic receivables.
pub fn routes(r: &mut Routes) {
    r.tag(
        "Imports",
        "Whole files at once, CSV (UTF-8 or GBK; comma, semicolon or tab) or XLSX (its first sheet), up to 5 MiB and 5,000 rows: all or nothing. The first \
         row names the columns, in English or Chinese.",
    );
    r.schema::<Duplicates>();
    let how = "`dry_run=true` answers the report, whatever it says, and takes nothing; without it a file in which something is wrong is refused with every \
               row that stands in the way.";
    r.post_with(
        "/v1/imports/clients",
        import_clients,
        "Import clients with their contacts",
        &format!(
            "Columns: {}; `name` and `kind` are needed, `owner` is a user name. A row that repeats the name above it, or has none, adds a contact (50 at most) and says the same of the client, or nothing. A client of the same name \
             is a duplicate. {how}",
            told(clients::COLUMNS)
        ),
        |op: &mut OperationDraft| {
            op.body_example("text/csv", CLIENTS);
        },
    );
    r.post_with(
        "/v1/imports/receivables",
        import_receivables,
        "Import historic receivables",
        &format!(
            "What is still owed from the time before. Columns: {}. `client` is a number or a name, `amount` yuan with at most two decimal places, `due_on` \
             may be empty: not due before its trigger; `currency` is CNY unless said, `owner` a user name of the back group. Rows of one contract belong together: it comes in signed, on a project in settlement. A contract number that is taken is a \
             duplicate. {how}",
            told(receivables::COLUMNS)
        ),
        |op: &mut OperationDraft| {
            op.body_example("text/csv", RECEIVABLES);
        },
    );
}

const CLIENTS: &str = "name,kind,owner,contact_name,contact_phone,decision_maker\n\
    Harbour Homes,developer,a_specialist_1,Chen Jing,+86 21 5555 0100,yes\n\
    Harbour Homes,developer,a_specialist_1,Wu Lan,+86 21 5555 0101,no\n\
    Hotel Aurora,hotel,b_specialist_1,Li Wei,+86 10 5555 0102,yes\n";
const RECEIVABLES: &str = "client,project,contract,kind,amount,due_on,signed_on,owner\n\
    Harbour Homes,Show flat 2024,C-2024-017,balance,128000.00,2024-12-31,2024-06-03,c_specialist_1\n\
    Harbour Homes,Show flat 2024,C-2024-017,retention,6400.50,,2024-06-03,c_specialist_1\n";

text_enum! {
    /// What is done about rows that are there already.
    Duplicates {
        /// The file is refused.
        Refuse = "refuse",
        /// They are left out.
        Skip = "skip",
    }
}

/// How a file is imported.
#[derive(Debug, Clone, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HowToImport {
    /// What is done about rows that are there already; `refuse` unless said.
    pub duplicates: Option<Duplicates>,
}

async fn import_clients(
    access: Access<ImportsRun>,
    _key: IdempotencyKey,
    how: Query<HowToImport>,
    body: SheetBody,
) -> Answer<ImportReport> {
    let sheet = Arc::new(sheet::read_aside(&body).await?);
    let how = How::of(&how, access.is_trial()?, Language::of(access.request()));
    access.write(move |tx| run(tx, how, &|tx| clients::judge(tx, &sheet), &clients::write)).await
}

async fn import_receivables(
    access: Access<ImportsRun>,
    _key: IdempotencyKey,
    how: Query<HowToImport>,
    body: SheetBody,
) -> Answer<ImportReport> {
    let sheet = Arc::new(sheet::read_aside(&body).await?);
    let how = How::of(&how, access.is_trial()?, Language::of(access.request()));
    access.write(move |tx| run(tx, how, &|tx| receivables::judge(tx, &sheet), &receivables::write)).await
}

#[derive(Debug, Clone, Copy)]
struct How {
    trial: bool,
    skip_duplicates: bool,
    language: Language,
}

impl How {
    fn of(asked: &HowToImport, trial: bool, language: Language) -> Self {
        Self { trial, skip_duplicates: asked.duplicates == Some(Duplicates::Skip), language }
    }
}

type Judging<'j, P> = &'j dyn Fn(&mut Tx<'_>) -> Result<(Vec<super::report::Judged>, Vec<P>)>;
type Writing<'w, P> = &'w dyn Fn(&mut Tx<'_>, &mut [super::report::Judged], Vec<P>) -> Result<()>;

/// Every row is judged before the first is written.
fn run<P>(tx: &mut Tx<'_>, how: How, judge: Judging<'_, P>, write: Writing<'_, P>) -> Result<Reply<ImportReport>> {
    // Two files at once would not see each other's rows.
    take_turn(tx.conn, "imports")?;
    let (mut rows, mut plans) = judge(tx)?;
    let takeable = is_takeable(&rows, how.skip_duplicates);
    if !takeable && !how.trial {
        return Err(refusal(rows).into());
    }
    if how.trial {
        // What writing may still refuse concerns them all alike. A second one would get the number of the first, which a trial only looks at.
        plans.truncate(1);
    }
    if takeable {
        write(tx, &mut rows, plans)?;
    }
    if how.trial {
        rows.iter_mut().for_each(|row| row.id = None);
    }
    Ok(Reply::ok(&report(&rows, how.language))?)
}
