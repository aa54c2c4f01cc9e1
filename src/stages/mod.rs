//! The eight stages of a project, the same files in each. No stage imports another: what two share is a record.

pub mod intake;
pub mod assignment;
pub mod bidding;
pub mod installation;
pub mod adjustment;
pub mod acceptance;
pub mod settlement;
pub mod archiving;
