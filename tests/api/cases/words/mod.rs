//! The words of the stories as calls, by area: each knows its own and leaves the others.

mod archiving;
mod intake;

use super::story::Story;
use crate::harness::Answer;
use serde_json::Value;

/// Does what the word says; none where nobody knows it.
pub fn play(story: &mut Story, by: &str, word: &str, with: &Value) -> Option<Answer> {
    let areas = [archiving::play, intake::play];
    areas.iter().find_map(|area| area(story, by, word, with))
}

/// What the service says of a figure, in the shape of what is expected; none where nobody knows it.
pub fn figure(story: &mut Story, name: &str, expected: &Value) -> Option<Value> {
    let areas = [intake::figure];
    areas.iter().find_map(|area| area(story, name, expected))
}
