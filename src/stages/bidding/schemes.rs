//! Design schemes (方案) and item lists (清單) in revisions, with the client's comments: at any time at most one of each is the valid one.

use crate::access::{ProjectsRead, Result, Tx};
use crate::db::schema::{documents, scheme_comments, schemes};
use crate::db::{At, Id, text_enum};
use crate::http::{IfMatch, Page, PageOf, Problem, Ref, Reply};
use crate::project_record;
use crate::records::{Record, Shown, after_id, insert, locked, locked_standing, save, save_with, show, stale};
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// What is submitted.
    SchemeKind {
        /// 方案: a design.
        Scheme = "scheme",
        /// 清單: the items of a design.
        ItemList = "item_list",
    }
}

text_enum! {
    /// Where a revision stands.
    SchemeState {
        /// Submitted by its department.
        Submitted = "submitted",
        /// The valid one of its kind.
        Valid = "valid",
        /// It was valid once.
        Superseded = "superseded",
    }
}

/// A revision of a design scheme or item list.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schemes, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Scheme {
    /// The revision.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// What it is.
    pub kind: SchemeKind,
    /// 1, 2, 3 … per project and kind.
    #[schema(example = 2)]
    pub revision: i64,
    /// Its title.
    #[schema(example = "Warm wood, linen, brass; tea room")]
    pub title: String,
    /// The department that submitted it.
    #[schema(example = "design")]
    pub department: String,
    /// The file.
    pub document_id: Option<Id>,
    /// Where it stands.
    pub state: SchemeState,
    /// When it was last confirmed.
    pub confirmed_at: Option<At>,
    /// By whom.
    pub confirmed_by: Option<Id>,
    /// When recorded.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
    /// When voided.
    pub voided_at: Option<At>,
    /// By whom.
    pub voided_by: Option<Id>,
    /// Why.
    pub void_reason: Option<String>,
}

/// What the client said about a revision.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = scheme_comments, treat_none_as_default_value = false)]
pub struct SchemeComment {
    /// The comment.
    pub id: Id,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) scheme_id: Id,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) project_id: Id,
    /// What was said.
    #[schema(example = "Children's room too dark")]
    pub comment: String,
    /// When recorded.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
}

/// What is derived of a revision.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SchemeExtra {
    /// The client's comments, oldest first.
    pub comments: Vec<SchemeComment>,
}

// No department filter: every department on the project works by the valid one.
project_record!(Scheme, schemes, "scheme", state = state);

impl Record for Scheme {
    type Read = ProjectsRead;
    type Extra = SchemeExtra;
    const PLURAL: &'static str = "schemes";
    const NAME: &'static str = "scheme or item list";
    const EVIDENCE: bool = true;

    fn acts() -> &'static [Act] {
        &[acts::COMMENT_SCHEME, acts::CONFIRM_SCHEME]
    }

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], _projects: &BTreeMap<Id, Project>) -> Result<()> {
        tx.read_ahead(rows.iter().map(|row| row.id), comments)
    }

    fn extra(&self, tx: &mut Tx<'_>, _project: &Project) -> Result<SchemeExtra> {
        Ok(SchemeExtra { comments: tx.found(self.id, comments)? })
    }

    /// The one that it took the place of is the valid one again.
    fn on_void(&self, tx: &mut Tx<'_>, project: &mut Project) -> Result<()> {
        if self.state != SchemeState::Valid {
            return Ok(());
        }
        let former = schemes::table
            .filter(schemes::project_id.eq(project.id))
            .filter(schemes::kind.eq(self.kind))
            .filter(schemes::state.eq(SchemeState::Superseded))
            .filter(schemes::voided_at.is_null())
            .order((schemes::confirmed_at.desc(), schemes::id.desc()));
        match former.select(Scheme::as_select()).first(tx.conn).optional()? {
            Some(mut former) => {
                former.state = SchemeState::Valid;
                save(tx, &mut former, "scheme.reinstated")
            }
            None => Ok(()),
        }
    }
}

fn comments(tx: &mut Tx<'_>, schemes: &[Id]) -> Result<Vec<(Id, SchemeComment)>> {
    let rows = scheme_comments::table.filter(scheme_comments::scheme_id.eq_any(schemes)).order(scheme_comments::id);
    Ok(rows.select((scheme_comments::scheme_id, SchemeComment::as_select())).load(tx.conn)?)
}

/// A revision to submit.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SubmitScheme {
    /// Its title.
    #[validate(length(min = 1, max = 400))]
    #[schema(example = "Warm wood, linen, brass; tea room", min_length = 1, max_length = 400)]
    pub title: String,
    /// The file, uploaded to this project before.
    #[serde(default)]
    pub document_id: Option<Id>,
    /// Its number; given, it must be the next one.
    #[serde(default)]
    #[validate(range(min = 1, max = 100_000))]
    #[schema(example = 2, minimum = 1, maximum = 100_000)]
    pub revision: Option<i64>,
}

/// A comment of the client.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CommentScheme {
    /// What was said.
    #[validate(length(min = 1, max = 8000))]
    #[schema(
        example = "Children's room too dark; change the study into a tea room",
        min_length = 1,
        max_length = 8000
    )]
    pub comment: String,
}

/// Submits a revision for the caller's department, something of this project having been addressed to it.
pub fn submit(tx: &mut Tx<'_>, r: &Ref, kind: SchemeKind, new: &SubmitScheme) -> Result<(Project, Scheme)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::SUBMIT_SCHEME, None, None)?;
    let Some(department) = tx.actor.department.clone() else {
        return Err(Problem::not_party("You belong to no department.", "您不屬於任何部門。").into());
    };
    let next = last_revision(tx, project.id, kind)? + 1;
    check_revision(new.revision, next)?;
    check_document(tx, project.id, new.document_id)?;
    let record = Scheme {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        kind,
        revision: next,
        title: new.title.clone(),
        department,
        document_id: new.document_id,
        state: SchemeState::Submitted,
        confirmed_at: None,
        confirmed_by: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "scheme.submitted")?;
    Ok((project, record))
}

/// A given revision must be the next one (422).
pub(super) fn check_revision(given: Option<i64>, next: i64) -> Result<()> {
    match given {
        Some(given) if given != next => Err(Problem::validation(
            "/revision",
            "sequence",
            format!("The next revision is {next}."),
            format!("下一個版次為 {next}。"),
        )
        .into()),
        Some(_) | None => Ok(()),
    }
}

fn last_revision(tx: &mut Tx<'_>, project: Id, kind: SchemeKind) -> Result<i64> {
    let rows = schemes::table
        .filter(schemes::project_id.eq(project))
        .filter(schemes::kind.eq(kind))
        .filter(schemes::voided_at.is_null());
    Ok(rows.select(diesel::dsl::max(schemes::revision)).first::<Option<i64>>(tx.conn)?.unwrap_or(0))
}

fn check_document(tx: &mut Tx<'_>, project: Id, document: Option<Id>) -> Result<()> {
    let Some(document) = document else { return Ok(()) };
    let there = documents::table
        .filter(documents::id.eq(document))
        .filter(documents::project_id.eq(project))
        .filter(documents::voided_at.is_null());
    if there.count().get_result::<i64>(tx.conn)? == 1 {
        return Ok(());
    }
    Err(Problem::validation(
        "/document_id",
        "unknown",
        "There is no such document on this project.",
        "此項目沒有這個文件。",
    )
    .into())
}

/// Records what the client said about a revision.
pub fn comment(tx: &mut Tx<'_>, r: &Ref, new: &CommentScheme) -> Result<(Project, Scheme)> {
    let (project, mut scheme) = locked_standing::<Scheme>(tx, r)?;
    workflow::allow(tx, &project, &acts::COMMENT_SCHEME, Some(scheme.state.as_str()), None)?;
    let row = SchemeComment {
        id: Id::new(),
        scheme_id: scheme.id,
        project_id: project.id,
        comment: new.comment.clone(),
        created_at: tx.now,
        created_by: tx.actor.id,
    };
    diesel::insert_into(scheme_comments::table).values(&row).execute(tx.conn)?;
    save_with(tx, &mut scheme, "scheme.commented", json!({ "comment": row }))?;
    Ok((project, scheme))
}

/// Makes a revision the valid one of its kind; the one that was valid is superseded.
pub fn confirm(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch) -> Result<(Project, Scheme)> {
    let (project, mut scheme) = locked::<Scheme>(tx, r)?;
    stale(tx, &scheme, if_match)?;
    workflow::allow(tx, &project, &acts::CONFIRM_SCHEME, Some(scheme.state.as_str()), None)?;
    let valid = schemes::table
        .filter(schemes::project_id.eq(project.id))
        .filter(schemes::kind.eq(scheme.kind))
        .filter(schemes::state.eq(SchemeState::Valid))
        .filter(schemes::voided_at.is_null());
    // First the former one: at no moment are there two.
    if let Some(mut former) = valid.select(Scheme::as_select()).first(tx.conn).optional()? {
        former.state = SchemeState::Superseded;
        save(tx, &mut former, "scheme.superseded")?;
    }
    scheme.state = SchemeState::Valid;
    scheme.confirmed_at = Some(tx.now);
    scheme.confirmed_by = Some(tx.actor.id);
    save(tx, &mut scheme, "scheme.confirmed")?;
    Ok((project, scheme))
}

/// The item lists of a project, oldest first.
pub(super) fn item_lists(tx: &mut Tx<'_>, r: &Ref, page: &Page) -> Result<Reply<PageOf<Shown<Scheme>>>> {
    let project = workflow::find(tx, r)?;
    let mut rows = schemes::table
        .filter(schemes::project_id.eq(project.id))
        .filter(schemes::kind.eq(SchemeKind::ItemList))
        .filter(schemes::voided_at.is_null())
        .into_boxed();
    if let Some(after) = after_id(page)? {
        rows = rows.filter(schemes::id.gt(after));
    }
    let rows: Vec<Scheme> = rows.order(schemes::id).limit(page.fetch()).select(Scheme::as_select()).load(tx.conn)?;
    let (rows, next) = page.cut(rows, |row| vec![json!(row.id)]);
    let data = rows.iter().map(|row| show(tx, &project, row)).collect::<Result<Vec<_>>>()?;
    Ok(Reply::list(data, next, None)?)
}
