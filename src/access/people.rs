//! People. Administrators manage them; a change of role, group or password, and deactivation, end every
//! token at once by raising the person's token generation.

use super::belonging::{belongs, keep_an_administrator};
use super::organisation::changed_once;
use super::{Result, Role, Tx};
use crate::db::schema::users;
use crate::db::{At, Id, searchable};
use crate::events::Subject;
use crate::http::{Problem, Ref, broken};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A person.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = users, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct User {
    /// The person.
    pub id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The log-in name, in lower case.
    #[schema(example = "a_specialist_1")]
    pub username: String,
    /// The name as people say it.
    #[schema(example = "Chen Li")]
    pub display_name: String,
    /// What `q` searches; none where the name was given before names were found by their sound.
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) search_text: Option<String>,
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) password_hash: String,
    /// The role.
    pub role: Role,
    /// The group, for leaders, specialists and assistants.
    pub group_id: Option<Id>,
    /// The department, for contributors.
    #[schema(example = "design")]
    pub department: Option<String>,
    /// E-mail.
    #[schema(example = "chen.li@fitout.example")]
    pub email: Option<String>,
    /// Telephone.
    #[schema(example = "020-5550-0134")]
    pub phone: Option<String>,
    /// Whether the person may log in.
    pub active: bool,
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) token_generation: i64,
    /// When recorded.
    pub created_at: At,
    /// When last changed.
    pub updated_at: At,
}

impl Subject for User {
    const KIND: &'static str = "user";
    fn subject_id(&self) -> Id {
        self.id
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        None
    }
}

/// What an administrator says of a person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "display_name": "Chen Li", "role": "contributor", "group_id": null, "department": "design",
    "email": "chen.li@fitout.example", "phone": "020-5550-0134", "active": true
}))]
pub struct UserFacts {
    /// The name as people say it.
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "Chen Li", min_length = 1, max_length = 120)]
    pub display_name: String,
    /// The role.
    pub role: Role,
    /// The group, for leaders, specialists and assistants.
    #[serde(default)]
    pub group_id: Option<Id>,
    /// The department, for contributors.
    #[serde(default)]
    #[validate(length(max = 40))]
    #[schema(example = "design", max_length = 40)]
    pub department: Option<String>,
    /// E-mail.
    #[serde(default)]
    #[validate(email, length(max = 200))]
    #[schema(example = "chen.li@fitout.example", max_length = 200, format = "email")]
    pub email: Option<String>,
    /// Telephone.
    #[serde(default)]
    #[validate(length(max = 40))]
    #[schema(example = "020-5550-0134", max_length = 40)]
    pub phone: Option<String>,
    /// Whether the person may log in.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub active: bool,
}

fn yes() -> bool {
    true
}

/// A new person.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "username": "design_2", "password": "a long first password", "display_name": "Chen Li", "role": "contributor",
    "department": "design", "email": "chen.li@fitout.example", "phone": "020-5550-0134"
}))]
pub struct NewUser {
    /// The log-in name: 2–60 of a–z, 0–9, `.`, `_`, `-`.
    #[validate(custom(function = username))]
    #[schema(example = "design_2", min_length = 2, max_length = 60, pattern = "^[a-z0-9._-]{2,60}$")]
    pub username: String,
    /// The first password; at least 8 characters.
    #[validate(length(min = 8, max = 200))]
    #[schema(example = "a long first password", min_length = 8, max_length = 200, format = "password")]
    pub password: String,
    /// The name as people say it.
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "Chen Li", min_length = 1, max_length = 120)]
    pub display_name: String,
    /// The role.
    pub role: Role,
    /// The group, for leaders, specialists and assistants.
    #[serde(default)]
    pub group_id: Option<Id>,
    /// The department, for contributors.
    #[serde(default)]
    #[validate(length(max = 40))]
    #[schema(example = "design", max_length = 40)]
    pub department: Option<String>,
    /// E-mail.
    #[serde(default)]
    #[validate(email, length(max = 200))]
    #[schema(example = "chen.li@fitout.example", max_length = 200, format = "email")]
    pub email: Option<String>,
    /// Telephone.
    #[serde(default)]
    #[validate(length(max = 40))]
    #[schema(example = "020-5550-0134", max_length = 40)]
    pub phone: Option<String>,
}

/// Whether a text can be a log-in name.
pub fn username(name: &str) -> std::result::Result<(), validator::ValidationError> {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'));
    // One that looks like an id would never be found by it.
    let is_id = name.len() == 36 && name.parse::<Id>().is_ok();
    if plain && !is_id && (2..=60).contains(&name.len()) {
        Ok(())
    } else {
        Err(broken(
            "username",
            "Must have 2 to 60 of: small letters, digits, dot, - and _; not a UUID.",
            "須為 2 至 60 個小寫字母、數字、點、- 或 _，且不得為 UUID。",
        ))
    }
}

/// Records a person; the password comes hashed.
pub fn create(tx: &mut Tx<'_>, new: &NewUser, password_hash: &str) -> Result<User> {
    create_as(tx, Id::new(), new, password_hash)
}

/// As [`create`] with a given id: the first administrator acts as themselves.
pub fn create_as(tx: &mut Tx<'_>, id: Id, new: &NewUser, password_hash: &str) -> Result<User> {
    belongs(tx, new.role, new.group_id, new.department.as_deref())?;
    let user = User {
        id,
        version: 1,
        username: new.username.clone(),
        display_name: new.display_name.clone(),
        search_text: Some(searchable(&new.display_name)),
        password_hash: password_hash.to_owned(),
        role: new.role,
        group_id: new.group_id,
        department: new.department.clone(),
        email: new.email.clone(),
        phone: new.phone.clone(),
        active: true,
        token_generation: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    diesel::insert_into(users::table).values(&user).execute(tx.conn)?;
    tx.record(&user, "user.created")?;
    tx.flush()?;
    Ok(user)
}

/// Finds a person by id or log-in name.
pub fn find(tx: &mut Tx<'_>, r: &Ref) -> Result<User> {
    let query = users::table.into_boxed();
    let query = match r {
        Ref::Id(id) => query.filter(users::id.eq(Id(*id))),
        Ref::Number(name) => query.filter(users::username.eq(name.clone())),
    };
    query.select(User::as_select()).first(tx.conn).optional()?.ok_or_else(|| Problem::not_found().into())
}

/// An active person who is to get work, or 422 at this pointer.
pub fn active_user(tx: &mut Tx<'_>, id: Id, pointer: &str) -> Result<User> {
    let found = users::table
        .filter(users::id.eq(id))
        .filter(users::active.eq(true))
        .select(User::as_select())
        .first(tx.conn)
        .optional()?;
    found.ok_or_else(|| {
        Problem::validation(pointer, "unknown", "There is no active person with this id.", "沒有這個在職人員。").into()
    })
}

/// Changes a person. Whatever their tokens stand on ends them.
pub fn change(tx: &mut Tx<'_>, user: &mut User, facts: UserFacts) -> Result<()> {
    let stays = user.role == facts.role && user.group_id == facts.group_id && user.department == facts.department;
    let same = stays && user.active == facts.active;
    // Who only leaves may leave a department that was closed.
    if !stays || (facts.active && !user.active) {
        belongs(tx, facts.role, facts.group_id, facts.department.as_deref())?;
    }
    if user.role == Role::Administrator && (facts.role != Role::Administrator || !facts.active) {
        keep_an_administrator(tx, user.id)?;
    }
    if !same {
        user.token_generation += 1;
    }
    user.search_text = Some(searchable(&facts.display_name));
    user.display_name = facts.display_name;
    user.role = facts.role;
    user.group_id = facts.group_id;
    user.department = facts.department;
    user.email = facts.email;
    user.phone = facts.phone;
    user.active = facts.active;
    save(tx, user, "user.changed")
}

/// Saves a person with a new version and its event.
pub fn save(tx: &mut Tx<'_>, user: &mut User, kind: &str) -> Result<()> {
    let was = users::table.filter(users::id.eq(user.id)).filter(users::version.eq(user.version));
    user.version += 1;
    user.updated_at = tx.now;
    changed_once(diesel::update(was).set(&*user).execute(tx.conn)?)?;
    tx.record(user, kind)
}

impl User {
    /// What an administrator may change of them, as it stands.
    pub fn facts(&self) -> UserFacts {
        UserFacts {
            display_name: self.display_name.clone(),
            role: self.role,
            group_id: self.group_id,
            department: self.department.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            active: self.active,
        }
    }
}
