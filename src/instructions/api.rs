//! Instructions over HTTP.

use super::actions::{self, RecordInstruction, SettleInstruction};
use super::store::Instruction;
use crate::access::{Access, InstructionsWrite};
use crate::http::{Answer, Body, CreatedAnswer, IfMatch, Path, Ref, Reply, Routes};
use crate::records::{self, Shown, made, show};

/// Client instructions and our commitments.
pub fn routes(r: &mut Routes) {
    r.tag("Instructions", "Client instructions and our commitments: who, when, which room, what; open, done or dropped. Handovers list the open ones.");
    r.post("/v1/projects/{project}/instructions", record_instruction, "Record an instruction", "A client instruction, or a commitment of ours, in every open stage: by the accountable owner, that group's leader or the manager.");
    r.post(
        "/v1/instructions/{instruction}/settle",
        settle_instruction,
        "Settle an instruction",
        "Done, or dropped; say in the note how, or why.",
    );
    records::routes::<Instruction>(r);
}

async fn record_instruction(
    access: Access<InstructionsWrite>,
    project: Path<Ref>,
    body: Body<RecordInstruction>,
) -> CreatedAnswer<Shown<Instruction>> {
    access
        .write(move |tx| {
            let (project, record) = actions::record(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn settle_instruction(
    access: Access<InstructionsWrite>,
    instruction: Path<Ref>,
    if_match: IfMatch,
    body: Body<SettleInstruction>,
) -> Answer<Shown<Instruction>> {
    access
        .write(move |tx| {
            let (project, record) = actions::settle(tx, &instruction, &if_match, &body)?;
            Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.version))
        })
        .await
}
