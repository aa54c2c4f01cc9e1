//! Installation.

use crate::cases::story::Story;
use crate::harness::Answer;
use serde_json::{Value, json};

pub fn play(story: &mut Story, by: &str, word: &str, with: &Value) -> Option<Answer> {
    let caller = story.by(by);
    Some(match word {
        "check_site_readiness" => caller.post(&story.under("site-readiness-checks"), json!({ "items": with })),
        "record_site_access_confirmation" => {
            let document = story.file(by, "site_access_confirmation", with["document"].as_str().unwrap());
            caller.post(
                &story.under("site-access-confirmations"),
                json!({"document_id": document, "confirmed_on": with["confirmed_on"]}),
            )
        }
        "start_installation" => caller.post(&story.under("installation-starts"), json!({})),
        "log_progress" => caller.post(&story.under("progress-entries"), with.clone()),
        "report_site_issue" => caller.post(&story.under("site-issues"), with.clone()),
        "sign_off_installation" => {
            let document = story.file(by, "installation_sign_off", with["document"].as_str().unwrap());
            caller.post(&story.under("installation-sign-offs"), json!({ "document_id": document }))
        }
        _ => return None,
    })
}
