//! Installation (實施/擺場): a schedule of milestones per department; before entry the check whether the site is ready (進場條件) and the client's written
//! site access confirmation (進場確認函); the start on site, which needs both and the interim payment; deliveries with the client's receipt (簽收單),
//! daily progress, site issues, and the client's sign-off, which only follows the start. The owner's side acts; departments report what is theirs.

pub mod api;
mod entry;
mod issues;
mod progress;
mod schedule;
mod start;

pub use entry::{ReadinessCheck, SiteAccessConfirmation};
pub use issues::SiteIssue;
pub use progress::{Delivery, ProgressEntry};
pub use schedule::Milestone;
pub use start::{InstallationStart, SignOff};
