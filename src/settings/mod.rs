//! The business settings and the calendar: records that the administrator changes over the API, read by the rules. Settings of the process
//! (addresses, folders, keys) are not here but in [`crate::config`].

pub mod api;
mod calendar;
mod days;
mod store;

pub use calendar::{Calendar, add_working_days};
pub use store::{Settings, load, zone_at};
