//! The seal log: which seal was put on which paper, in how many copies, when and by whom.

use super::amendments::Amendment;
use super::locks::not_in_the_future;
use super::store::{Contract, ContractState, refuse_if_settled};
use crate::access::{MoneyRead, Result, Tx};
use crate::db::schema::{amendments, contracts, seal_entries};
use crate::db::{At, Day, Id, text_enum};
use crate::http::{Problem, Ref};
use crate::project_record;
use crate::records::{NoExtra, Record, insert, locked_standing, save_with};
use crate::workflow::{self, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// Whose seal.
    SealParty {
        /// Ours.
        Us = "us",
        /// The client's.
        Client = "client",
    }
}

text_enum! {
    /// Which seal.
    SealKind {
        /// 公章.
        Company = "company",
        /// 合同專用章.
        Contract = "contract",
        /// 法人章.
        LegalRepresentative = "legal_representative",
    }
}

/// An entry of the seal log.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = seal_entries, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct SealEntry {
    /// The entry.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The contract.
    pub contract_id: Id,
    /// The amendment that was sealed; none: the contract itself.
    pub amendment_id: Option<Id>,
    /// Whose seal.
    pub party: SealParty,
    /// Which seal.
    pub seal: SealKind,
    /// The paper.
    #[schema(example = "C-2026-0003")]
    pub document: String,
    /// Copies.
    #[schema(example = 4)]
    pub copies: i64,
    /// When sealed.
    #[schema(example = "2026-03-04")]
    pub sealed_on: Day,
    /// By whom.
    #[schema(example = "Ms Zhou, administration")]
    pub sealed_by: String,
    /// When recorded.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
    /// When voided.
    pub voided_at: Option<At>,
    /// By whom.
    pub voided_by: Option<Id>,
    /// Why.
    pub void_reason: Option<String>,
}

project_record!(SealEntry, seal_entries, "seal_entry");

impl Record for SealEntry {
    type Read = MoneyRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "seal-entries";
    const NAME: &'static str = "seal entry";

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], _projects: &BTreeMap<Id, Project>) -> Result<()> {
        tx.read_ahead(rows.iter().filter_map(|row| row.amendment_id), states_of_amendments)?;
        tx.read_ahead(rows.iter().map(|row| row.contract_id), states_of_contracts)
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn held_by(&self, tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        let states = match self.amendment_id {
            Some(id) => tx.found(id, states_of_amendments)?,
            None => tx.found(self.contract_id, states_of_contracts)?,
        };
        Ok(states.contains(&ContractState::Signed).then_some("what it seals is signed"))
    }
}

fn states_of_contracts(tx: &mut Tx<'_>, ids: &[Id]) -> Result<Vec<(Id, ContractState)>> {
    Ok(contracts::table.filter(contracts::id.eq_any(ids)).select((contracts::id, contracts::state)).load(tx.conn)?)
}

fn states_of_amendments(tx: &mut Tx<'_>, ids: &[Id]) -> Result<Vec<(Id, ContractState)>> {
    Ok(amendments::table
        .filter(amendments::id.eq_any(ids))
        .select((amendments::id, amendments::state))
        .load(tx.conn)?)
}

/// A seal that was put on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PutSeal {
    /// Whose seal.
    pub party: SealParty,
    /// Which seal.
    pub seal: SealKind,
    /// The paper; by default the number of what is sealed.
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Contract, four copies", min_length = 1, max_length = 200)]
    pub document: Option<String>,
    /// Copies.
    #[validate(range(min = 1, max = 100))]
    #[schema(example = 4, minimum = 1, maximum = 100)]
    pub copies: i64,
    /// When, not in the future; by default today (when signing, the day of the signing).
    #[serde(default)]
    #[schema(example = "2026-03-04")]
    pub sealed_on: Option<Day>,
    /// By whom.
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "Ms Zhou, administration", min_length = 1, max_length = 120)]
    pub sealed_by: String,
}

/// A seal to log.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LogSeal {
    /// Whose seal.
    pub party: SealParty,
    /// Which seal.
    pub seal: SealKind,
    /// The paper; by default the number of what is sealed.
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Contract, four copies", min_length = 1, max_length = 200)]
    pub document: Option<String>,
    /// Copies.
    #[validate(range(min = 1, max = 100))]
    #[schema(example = 4, minimum = 1, maximum = 100)]
    pub copies: i64,
    /// When, not in the future; by default today.
    #[serde(default)]
    #[schema(example = "2026-03-04")]
    pub sealed_on: Option<Day>,
    /// By whom.
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "Ms Zhou, administration", min_length = 1, max_length = 120)]
    pub sealed_by: String,
    /// The amendment of this contract that was sealed; none: the contract itself.
    #[serde(default)]
    pub amendment_id: Option<Id>,
}

/// Logs a seal on an approved contract or amendment.
pub fn log(tx: &mut Tx<'_>, r: &Ref, new: &LogSeal) -> Result<(Project, SealEntry)> {
    let (project, contract) = locked_standing::<Contract>(tx, r)?;
    let amendment = match new.amendment_id {
        Some(id) => Some(amendment_of(tx, &contract, id)?),
        None => None,
    };
    let state = amendment.as_ref().map_or(contract.state, |a| a.state);
    refuse_if_settled(tx, contract.id)?;
    workflow::allow(tx, &project, &acts::LOG_SEAL, Some(state.as_str()), None)?;
    let put = PutSeal {
        party: new.party,
        seal: new.seal,
        document: new.document.clone(),
        copies: new.copies,
        sealed_on: new.sealed_on,
        sealed_by: new.sealed_by.clone(),
    };
    let today = tx.today()?;
    let entry = put_on(tx, &contract, amendment.as_ref(), &put, today, "/sealed_on")?;
    Ok((project, entry))
}

fn amendment_of(tx: &mut Tx<'_>, contract: &Contract, id: Id) -> Result<Amendment> {
    let unknown = || {
        Problem::validation("/amendment_id", "unknown", "The contract has no such amendment.", "此合同沒有這份增補。")
    };
    let row = amendments::table
        .filter(amendments::id.eq(id))
        .filter(amendments::contract_id.eq(contract.id))
        .filter(amendments::voided_at.is_null());
    row.select(Amendment::as_select()).first(tx.conn).optional()?.ok_or_else(|| unknown().into())
}

/// Writes an entry; the act that it belongs to was allowed.
pub fn put_on(
    tx: &mut Tx<'_>,
    contract: &Contract,
    amendment: Option<&Amendment>,
    put: &PutSeal,
    day: Day,
    pointer: &str,
) -> Result<SealEntry> {
    let sealed_on = put.sealed_on.unwrap_or(day);
    not_in_the_future(tx, sealed_on, pointer)?;
    let number = amendment.map_or(&contract.number, |a| &a.number);
    let entry = SealEntry {
        id: Id::new(),
        project_id: contract.project_id,
        version: 1,
        contract_id: contract.id,
        amendment_id: amendment.map(|a| a.id),
        party: put.party,
        seal: put.seal,
        document: put.document.clone().unwrap_or_else(|| number.clone()),
        copies: put.copies,
        sealed_on,
        sealed_by: put.sealed_by.clone(),
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &entry, "seal_entry.logged")?;
    Ok(entry)
}

/// The entries that count for a contract or one of its amendments.
pub fn of(tx: &mut Tx<'_>, contract: Id, amendment: Option<Id>) -> Result<Vec<SealEntry>> {
    let rows = seal_entries::table
        .filter(seal_entries::contract_id.eq(contract))
        .filter(seal_entries::voided_at.is_null())
        .into_boxed();
    let rows = match amendment {
        Some(id) => rows.filter(seal_entries::amendment_id.eq(id)),
        None => rows.filter(seal_entries::amendment_id.is_null()),
    };
    Ok(rows.order(seal_entries::id).select(SealEntry::as_select()).load(tx.conn)?)
}

/// What was changed after approval has to be sealed anew: its entries are voided.
pub fn void_all(tx: &mut Tx<'_>, contract: Id, amendment: Option<Id>) -> Result<()> {
    const WHY: &str = "Changed after approval";
    for mut entry in of(tx, contract, amendment)? {
        (entry.voided_at, entry.voided_by, entry.void_reason) = (Some(tx.now), Some(tx.actor.id), Some(WHY.to_owned()));
        save_with(tx, &mut entry, "seal_entry.voided", json!({ "reason": WHY }))?;
    }
    Ok(())
}
