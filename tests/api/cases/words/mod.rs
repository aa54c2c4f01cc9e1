//! The words of the stories as calls, by area: each knows its own and leaves the others.

mod acceptance;
mod archiving;
mod assignment;
mod bidding;
mod contracts;
mod installation;
mod intake;
mod money;

use super::story::Story;
use crate::harness::Answer;
use serde_json::Value;

/// Does what the word says; none where nobody knows it.
pub fn play(story: &mut Story, by: &str, word: &str, with: &Value) -> Option<Answer> {
    let areas = [
        intake::play,
        bidding::play,
        acceptance::play,
        contracts::play,
        money::play,
        assignment::play,
        installation::play,
        archiving::play,
    ];
    areas.iter().find_map(|area| area(story, by, word, with))
}

/// What the service says of a figure, in the shape of what is expected; none where nobody knows it.
pub fn figure(story: &mut Story, name: &str, expected: &Value) -> Option<Value> {
    let areas =
        [intake::figure, bidding::figure, acceptance::figure, contracts::figure, money::figure, assignment::figure];
    areas.iter().find_map(|area| area(story, name, expected))
}
