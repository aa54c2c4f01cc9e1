//! What only a sandbox has, for testers and front-end teams: everything thrown away and made anew, a project that stands where a test needs it,
//! failures on demand, and the messages that left. Its clock stands with the settings. Administrators alone use it; production has none of it, and it is
//! not in the production document.

pub mod api;
mod failures_api;
