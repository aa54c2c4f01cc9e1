//! The floor: what the database alone makes of the same statements, in the same run.

use crate::{Failed, Target};
use clap::Args;

/// Which database.
#[derive(Debug, Args)]
pub struct Floor {
    #[command(flatten)]
    target: Target,
}

/// Measures it.
pub fn run(floor: &Floor) -> Result<(), Failed> {
    Err(format!("not yet: {:?}", floor.target).into())
}
