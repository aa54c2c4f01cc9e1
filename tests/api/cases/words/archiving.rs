//! The archive.

use crate::cases::story::Story;
use crate::harness::Answer;
use serde_json::Value;

pub fn play(story: &mut Story, by: &str, word: &str, with: &Value) -> Option<Answer> {
    let caller = story.by(by);
    Some(match word {
        "place_paper_files" => caller.post(&story.under("paper-files"), with.clone()),
        "seal_package" => {
            let etag = caller.etag(&format!("/v1/projects/{}", story.project));
            caller.send("POST", &story.under("seal"), &[("if-match", &etag)], None)
        }
        _ => return None,
    })
}
