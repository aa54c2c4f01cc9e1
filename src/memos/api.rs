//! Memos over HTTP.

use super::actions::{self, ReplyMemo, SendMemo};
use super::store::Memo;
use crate::access::{Access, MemosReply, MemosSend};
use crate::http::{Answer, Body, CreatedAnswer, IdempotencyKey, Path, Ref, Reply, Routes};
use crate::records::{self, Shown, made, show};

/// Coordination memos.
pub fn routes(r: &mut Routes) {
    r.tag("Memos", "Numbered requests to other departments with a date to reply by. Contributors see those addressed to their department.");
    r.post("/v1/projects/{project}/memos", send_memo, "Send a memo", "To one department, in every open stage: by the accountable owner, that group's leader or assistant, or the manager. Its numbers have no gaps.");
    r.post("/v1/memos/{memo}/reply", reply_memo, "Answer a memo", "By a contributor of the department addressed. It adds an answer, so it needs no `If-Match`; a further answer may follow.");
    records::routes::<Memo>(r);
}

async fn send_memo(
    access: Access<MemosSend>,
    project: Path<Ref>,
    _key: IdempotencyKey,
    body: Body<SendMemo>,
) -> CreatedAnswer<Shown<Memo>> {
    access
        .write(move |tx| {
            let (project, memo) = actions::send(tx, &project, &body)?;
            made(tx, &project, &memo)
        })
        .await
}

async fn reply_memo(access: Access<MemosReply>, memo: Path<Ref>, body: Body<ReplyMemo>) -> Answer<Shown<Memo>> {
    access
        .write(move |tx| {
            let (project, memo) = actions::reply(tx, &memo, &body)?;
            Ok(Reply::ok(&show(tx, &project, &memo)?)?.version(memo.version))
        })
        .await
}
