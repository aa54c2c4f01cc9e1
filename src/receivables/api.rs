//! Receivables over HTTP.

use crate::http::Routes;

/// Receivables.
pub fn routes(_r: &mut Routes) {}
