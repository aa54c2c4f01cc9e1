//! The eight stages of a project, the same files in each. No stage imports another: what two share is a record.

pub mod acceptance;
pub mod adjustment;
pub mod archiving;
pub mod assignment;
pub mod bidding;
pub mod installation;
pub mod intake;
pub mod settlement;
