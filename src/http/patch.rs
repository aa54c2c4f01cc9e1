//! JSON Merge Patch (RFC 7396).

use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::future::Future;
use std::pin::Pin;
use utoipa::ToSchema;
use validator::Validate;

use super::body::read_object;
use super::describe::{Describe, OperationDraft};
use super::examples::compose;
use super::faults::{parsed, typed};
use super::payload::escape;
use super::problem::{FieldError, MOST_ERRORS, Problem};

const MERGE_PATCH: &[&str] = &["application/merge-patch+json", "application/json"];

/// The members to change; everything left out stays, `null` removes.
#[derive(Clone, Debug)]
pub struct Patch<T> {
    members: Map<String, Value>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Patch<T> {
    /// Does the patch name this member?
    pub fn names(&self, member: &str) -> bool {
        self.members.contains_key(member)
    }

    /// The members it names.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }
}

impl<T: Serialize + DeserializeOwned + Validate> Patch<T> {
    /// The value after the patch; 422 with pointers when it is not a valid one any more.
    pub fn apply(&self, current: &T) -> Result<T, Problem> {
        let mut value = serde_json::to_value(current).map_err(|cause| Problem::internal(&cause))?;
        let before = value.clone();
        merge(&mut value, &Value::Object(self.members.clone()));
        keep_unknown_nulls(&before, &self.members, &mut value);
        typed(value)
    }
}

/// Removing a member that the resource does not have changes nothing by RFC 7396, but here it is a misspelt name: it goes back in, so that it is
/// refused as unknown.
fn keep_unknown_nulls(before: &Value, patch: &Map<String, Value>, after: &mut Value) {
    for (key, change) in patch {
        let known = before.get(key);
        match (change, after.as_object_mut()) {
            (Value::Null, Some(members)) if known.is_none() => {
                members.insert(key.clone(), Value::Null);
            }
            (Value::Object(inner), Some(members)) => {
                if let (Some(known @ Value::Object(_)), Some(member)) = (known, members.get_mut(key)) {
                    keep_unknown_nulls(known, inner, member);
                }
            }
            _ => {}
        }
    }
}

/// The algorithm of RFC 7396, section 2.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else {
        return;
    };
    for (key, change) in changes {
        if change.is_null() {
            members.remove(key);
        } else {
            merge(members.entry(key.clone()).or_insert(Value::Null), change);
        }
    }
}

/// What is wrong with a member whatever the resource is now: its name or its type. `apply` sees the rest.
fn check_members<T: DeserializeOwned>(members: &Map<String, Value>) -> Result<(), Problem> {
    let mut errors = Vec::new();
    for (name, value) in members {
        // More than are told need not be found: each costs a reading of its own.
        if errors.len() >= MOST_ERRORS {
            break;
        }
        let alone = Value::Object(Map::from_iter([(name.clone(), value.clone())]));
        let Err(problem) = parsed::<T>(alone) else { continue };
        // Alone it lacks its neighbours, which the resource has. Null takes a member away: only one that may be null.
        let of_itself = |error: &FieldError| error.code != "missing";
        errors.extend(problem.errors.iter().filter(|error| of_itself(error)).cloned());
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

/// What breaks a member's own rules, its bounds above all, whatever the resource is now: judged in the example of the type, which keeps them all.
fn check_bounds<T: DeserializeOwned + Validate + ToSchema>(members: &Map<String, Value>) -> Result<(), Problem> {
    let mut components = Vec::new();
    T::schemas(&mut components);
    let components = components.into_iter().map(|(name, schema)| (name, json_of(&schema))).collect();
    let mut whole = compose(&json_of(&T::schema()), &components);
    merge(&mut whole, &Value::Object(members.clone()));
    let Err(problem) = typed::<T>(whole) else { return Ok(()) };
    let named = |pointer: &str| members.keys().any(|name| pointer.split('/').nth(1) == Some(&escape(name)));
    let of_itself = |error: &FieldError| error.code != "missing" && named(&error.pointer);
    let errors: Vec<FieldError> = problem.errors.iter().filter(|error| of_itself(error)).cloned().collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

fn json_of(schema: &impl Serialize) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}

impl<T: DeserializeOwned + Validate + ToSchema + 'static> FromRequest for Patch<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reading = read_object(req.clone(), payload.take(), MERGE_PATCH);
        Box::pin(async move {
            let members = reading.await?;
            if members.is_empty() {
                let (en, zh) =
                    ("The patch changes nothing: name at least one member.", "補丁沒有任何更改：請至少給出一個字段。");
                return Err(Problem::validation("", "length", en, zh));
            }
            check_members::<T>(&members)?;
            check_bounds::<T>(&members)?;
            Ok(Self { members, kind: PhantomData })
        })
    }
}

impl<T: ToSchema> Describe for Patch<T> {
    fn describe(op: &mut OperationDraft) {
        // Plain JSON is accepted too; one schema in two media types breaks generated clients.
        op.patch_body::<T>(&["application/merge-patch+json"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[test]
    fn the_examples_of_rfc_7396() {
        let cases = [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!(null), json!(null)),
            (json!({"a":"foo"}), json!("bar"), json!("bar")),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ];
        for (mut target, patch, expected) in cases {
            merge(&mut target, &patch);
            assert_eq!(target, expected);
        }
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Client {
        #[validate(length(min = 2))]
        name: String,
        note: Option<String>,
    }

    fn patched(patch: Value) -> Result<Client, Problem> {
        let current = Client { name: "Harbour".into(), note: Some("old".into()) };
        let members = patch.as_object().cloned().unwrap_or_default();
        Patch::<Client> { members, kind: PhantomData }.apply(&current)
    }

    #[test]
    fn what_is_wrong_by_itself_is_seen_without_the_resource() {
        let faults = |patch: Value| {
            let checked = check_members::<Client>(patch.as_object().unwrap_or(&Map::new()));
            checked.err().map(|p| p.errors.iter().map(|e| (e.pointer.clone(), e.code.clone())).collect::<Vec<_>>())
        };
        assert_eq!(faults(json!({"name": "Pier", "note": null})), None);
        let gone = vec![("/name".to_owned(), "type".to_owned())];
        assert_eq!(faults(json!({"name": null})), Some(gone), "what cannot be null cannot go");
        let both = vec![("/nmae".to_owned(), "unknown_field".to_owned()), ("/note".to_owned(), "type".to_owned())];
        assert_eq!(faults(json!({"nmae": null, "note": 5})), Some(both));
    }

    #[test]
    fn a_patch_is_validated_as_a_whole() {
        assert_eq!(patched(json!({"note":null})).map(|c| c.note).map_err(|p| p.code), Ok(None));
        for (patch, pointer, code) in [
            (json!({"name":null}), "/name", "missing"),
            (json!({"name":"x"}), "/name", "length"),
            (json!({"nmae":"x"}), "/nmae", "unknown_field"),
            (json!({"name":5}), "/name", "type"),
        ] {
            let Err(problem) = patched(patch) else { panic!("accepted") };
            assert_eq!((&*problem.errors[0].pointer, &*problem.errors[0].code), (pointer, code));
        }
    }
}
