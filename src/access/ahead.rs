//! What a page reads for all its rows at once, so that showing one more row asks the database nothing more.

use super::{Result, Tx};
use crate::db::Id;
use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt;

/// So many ids are asked about in one statement: far fewer than either database takes.
const AT_ONCE: usize = 5_000;

/// For each reader, what it found for each of the ids that it was asked about.
#[derive(Default)]
pub(super) struct Ahead(BTreeMap<TypeId, BTreeMap<Id, Box<dyn Any>>>);

impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ahead").field(&self.0.len()).finish()
    }
}

/// A function that reads something about several ids in one statement: each row with the id that it belongs to, in the order wanted.
pub trait Reader<T>: Fn(&mut Tx<'_>, &[Id]) -> Result<Vec<(Id, T)>> + 'static {}

impl<T, F: Fn(&mut Tx<'_>, &[Id]) -> Result<Vec<(Id, T)>> + 'static> Reader<T> for F {}

impl Tx<'_> {
    /// Reads now what [`Tx::found`] will be asked for these ids. Only for what is shown: what is found does not follow later writes of this job.
    pub fn read_ahead<T: 'static, F: Reader<T>>(&mut self, of: impl IntoIterator<Item = Id>, reader: F) -> Result<()> {
        let mut found: BTreeMap<Id, Vec<T>> = of.into_iter().map(|id| (id, Vec::new())).collect();
        if found.is_empty() {
            return Ok(());
        }
        let ids: Vec<Id> = found.keys().copied().collect();
        for part in ids.chunks(AT_ONCE) {
            for (id, row) in reader(self, part)? {
                found.entry(id).or_default().push(row);
            }
        }
        let known = self.ahead.0.entry(TypeId::of::<F>()).or_default();
        for (id, rows) in found {
            known.insert(id, Box::new(rows));
        }
        Ok(())
    }

    /// What a reader finds for one id: what was read ahead, or else what it reads now.
    pub fn found<T: Clone + 'static, F: Reader<T>>(&mut self, of: Id, reader: F) -> Result<Vec<T>> {
        let known = self.ahead.0.get(&TypeId::of::<F>()).and_then(|known| known.get(&of)?.downcast_ref::<Vec<T>>());
        match known {
            Some(rows) => Ok(rows.clone()),
            None => Ok(reader(self, &[of])?.into_iter().map(|(_, row)| row).collect()),
        }
    }
}
