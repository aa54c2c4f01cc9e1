//! Labels and permissions over HTTP.

use super::LABELS;
use crate::access::{Access, MetaRead, Role};
use crate::http::{Answer, Reply, Routes};
use serde::Serialize;
use utoipa::ToSchema;

/// What a front end asks first.
pub fn routes(r: &mut Routes) {
    r.tag(
        "Meta",
        "What a front end needs to know of the API itself: labels in English and Chinese, the caller's permissions.",
    );
    r.get(
        "/v1/meta/labels",
        list_labels,
        "The labels of every enum",
        "Each enum of this document by its schema's name, each word with its label in English and in Chinese. It changes only with a release. Every API key may read it.",
    );
    r.get(
        "/v1/meta/permissions",
        list_permissions,
        "What the caller may do",
        "Everything that the caller's role may do; for an API key as much of it as the key was given. Every key may read this. The permissions that operations name as `x-required-permission`. Who may act on one project follows from the project too: see the \
         steps of a project and the `available_actions` of a record.",
    );
}

/// A word and what it is called.
#[derive(Debug, Serialize, ToSchema)]
pub struct Label {
    /// The word as it stands in JSON.
    #[schema(example = "bidding")]
    pub value: &'static str,
    /// In English.
    #[schema(example = "Bidding")]
    pub en: &'static str,
    /// In Chinese.
    #[schema(example = "投標／報價")]
    pub zh: &'static str,
}

/// An enum with its words.
#[derive(Debug, Serialize, ToSchema)]
pub struct LabelledEnum {
    /// The name of its schema.
    #[schema(example = "Stage")]
    pub name: &'static str,
    /// Its words in their order.
    pub labels: Vec<Label>,
}

/// Every enum with its words.
#[derive(Debug, Serialize, ToSchema)]
pub struct LabelList {
    /// By name.
    pub data: Vec<LabelledEnum>,
}

/// What the caller may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct PermissionList {
    /// The caller's role.
    pub role: Role,
    /// The caller's permissions, in the order of the table.
    #[schema(example = json!(["projects.read", "steps.take"]))]
    pub permissions: Vec<&'static str>,
}

fn labels() -> LabelList {
    let data = LABELS.iter().map(|(name, words)| LabelledEnum {
        name,
        labels: words.iter().map(|(value, en, zh)| Label { value, en, zh }).collect(),
    });
    LabelList { data: data.collect() }
}

async fn list_labels(access: Access<MetaRead>) -> Answer<LabelList> {
    access.read(|_| Ok(Reply::ok(&labels())?)).await
}

async fn list_permissions(access: Access<MetaRead>) -> Answer<PermissionList> {
    let permissions = access.permissions();
    access.read(move |tx| Ok(Reply::ok(&PermissionList { role: tx.actor.role, permissions })?)).await
}
