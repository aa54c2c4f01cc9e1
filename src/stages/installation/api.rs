//! Installation over HTTP.

use super::entry::{self, CheckSite, ConfirmAccess, ReadinessCheck, SiteAccessConfirmation};
use super::issues::{self, ReportIssue, ResolveIssue, SiteIssue};
use super::progress::{self, Delivery, LogProgress, ProgressEntry, RecordDelivery};
use super::schedule::{self, Milestone, PlanMilestone, ReportMilestone};
use super::start::{self, FileSignOff, InstallationStart, SignOff};
use crate::access::{Access, DepartmentWork, InstallationWrite, ProgressLog};
use crate::http::{Answer, Body, CreatedAnswer, IfMatch, OptionalBody, Path, Ref, Reply, Routes};
use crate::records::{self, Shown, made, show};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// Schedule, entry, start, deliveries, progress, issues, sign-off.
pub fn routes(r: &mut Routes) {
    r.tag("Installation", "The schedule, whether the site is ready, the start on site, deliveries, daily progress, site issues and the client's sign-off.");
    r.post(
        "/v1/projects/{project}/milestones",
        plan_milestone,
        "Plan a milestone",
        "Of one department, which sees it from then on.",
    );
    r.post(
        "/v1/milestones/{milestone}/report",
        report_milestone,
        "Report on a milestone",
        "What is expected, or that it was reached: by the owner's side or a contributor of its department.",
    );
    records::routes::<Milestone>(r);
    r.post(
        "/v1/projects/{project}/site-readiness-checks",
        check_site_readiness,
        "Check the site",
        "Against the list in the settings; items left out count as not ready. The latest check is the evidence.",
    );
    records::routes::<ReadinessCheck>(r);
    r.post(
        "/v1/projects/{project}/site-access-confirmations",
        record_site_access_confirmation,
        "File a site access confirmation",
        "The client's written confirmation; its document is filed as `site_access_confirmation`.",
    );
    records::routes::<SiteAccessConfirmation>(r);
    r.post("/v1/projects/{project}/installation-starts", start_installation, "Start staging on site", "Once, and only with a ready site (waivable by item), the site access confirmation and the interim payment (waivable); else 409 `evidence` with everything that is missing.");
    records::routes::<InstallationStart>(r);
    r.post("/v1/projects/{project}/deliveries", record_delivery, "Record a delivery", "With the client's receipt, filed as `delivery_receipt`. The earliest delivery sets the due date of receivables that wait for it.");
    records::routes::<Delivery>(r);
    r.post(
        "/v1/projects/{project}/progress-entries",
        log_progress,
        "Log progress",
        "By the accountable owner, that group's leader or assistant, or the manager.",
    );
    records::routes::<ProgressEntry>(r);
    r.post(
        "/v1/projects/{project}/site-issues",
        report_site_issue,
        "Report a site issue",
        "To one department, from installation until the transfer.",
    );
    r.post(
        "/v1/site-issues/{site_issue}/resolve",
        resolve_site_issue,
        "Resolve a site issue",
        "By a contributor of its department or the owner's side.",
    );
    records::routes::<SiteIssue>(r);
    r.post(
        "/v1/projects/{project}/installation-sign-offs",
        sign_off_installation,
        "File the sign-off",
        "Only after the start; the document is filed as `installation_sign_off`.",
    );
    records::routes::<SignOff>(r);
}

/// Nothing needs to be said.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct StartInstallation {}

async fn plan_milestone(
    access: Access<InstallationWrite>,
    project: Path<Ref>,
    body: Body<PlanMilestone>,
) -> CreatedAnswer<Shown<Milestone>> {
    access
        .write(move |tx| {
            let (project, record) = schedule::plan(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn report_milestone(
    access: Access<DepartmentWork>,
    milestone: Path<Ref>,
    if_match: IfMatch,
    body: OptionalBody<ReportMilestone>,
) -> Answer<Shown<Milestone>> {
    access
        .write(move |tx| {
            let (project, record) = schedule::report(tx, &milestone, &if_match, &body)?;
            Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.version))
        })
        .await
}

async fn check_site_readiness(
    access: Access<InstallationWrite>,
    project: Path<Ref>,
    body: Body<CheckSite>,
) -> CreatedAnswer<Shown<ReadinessCheck>> {
    access
        .write(move |tx| {
            let (project, record) = entry::check_site(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn record_site_access_confirmation(
    access: Access<InstallationWrite>,
    project: Path<Ref>,
    body: Body<ConfirmAccess>,
) -> CreatedAnswer<Shown<SiteAccessConfirmation>> {
    access
        .write(move |tx| {
            let (project, record) = entry::confirm_access(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn start_installation(
    access: Access<InstallationWrite>,
    project: Path<Ref>,
    _body: OptionalBody<StartInstallation>,
) -> CreatedAnswer<Shown<InstallationStart>> {
    access
        .write(move |tx| {
            let (project, record) = start::start(tx, &project)?;
            made(tx, &project, &record)
        })
        .await
}

async fn record_delivery(
    access: Access<InstallationWrite>,
    project: Path<Ref>,
    body: Body<RecordDelivery>,
) -> CreatedAnswer<Shown<Delivery>> {
    access
        .write(move |tx| {
            let (project, record) = progress::record_delivery(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn log_progress(
    access: Access<ProgressLog>,
    project: Path<Ref>,
    body: Body<LogProgress>,
) -> CreatedAnswer<Shown<ProgressEntry>> {
    access
        .write(move |tx| {
            let (project, record) = progress::log_progress(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn report_site_issue(
    access: Access<InstallationWrite>,
    project: Path<Ref>,
    body: Body<ReportIssue>,
) -> CreatedAnswer<Shown<SiteIssue>> {
    access
        .write(move |tx| {
            let (project, record) = issues::report(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn resolve_site_issue(
    access: Access<DepartmentWork>,
    site_issue: Path<Ref>,
    if_match: IfMatch,
    body: Body<ResolveIssue>,
) -> Answer<Shown<SiteIssue>> {
    access
        .write(move |tx| {
            let (project, record) = issues::resolve(tx, &site_issue, &if_match, &body)?;
            Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.version))
        })
        .await
}

async fn sign_off_installation(
    access: Access<InstallationWrite>,
    project: Path<Ref>,
    body: Body<FileSignOff>,
) -> CreatedAnswer<Shown<SignOff>> {
    access
        .write(move |tx| {
            let (project, record) = start::sign_off(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}
