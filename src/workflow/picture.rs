//! The workflow as a picture: a Mermaid state diagram drawn from the table.

use super::{STEPS, Stage, Target};
use std::fmt::Write as _;

/// The table as a Mermaid `stateDiagram-v2`.
pub fn mermaid() -> String {
    let mut out = String::from("stateDiagram-v2\n    [*] --> intake\n");
    for step in STEPS {
        for from in step.from {
            let to = match step.to {
                Target::Stage(stage) => stage.as_str(),
                Target::WhereItWas => continue,
            };
            let _ = writeln!(out, "    {from} --> {to}: {}", step.action);
        }
    }
    out.push_str("    note right of shelved: resume leads back to the stage it left\n");
    for end in [Stage::Archived, Stage::Declined, Stage::Lost] {
        let _ = writeln!(out, "    {end} --> [*]");
    }
    out
}
