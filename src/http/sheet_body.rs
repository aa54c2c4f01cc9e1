//! A table as a body: CSV or XLSX. What it is follows from its content; what it says is its reader's matter.

use super::describe::{Describe, OperationDraft};
use super::payload::{BodyFingerprint, BodyLimits, check_coding, read, unsupported};
use super::problem::Problem;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::time::Duration;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};

const MEDIA: &[&str] = &["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"];
const LIMITS: BodyLimits = BodyLimits { bytes: 5 * 1024 * 1024, timeout: Duration::from_secs(60) };

/// The bytes of a table.
#[derive(Clone, Debug)]
pub struct SheetBody(Bytes);

impl Deref for SheetBody {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl FromRequest for SheetBody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            if !MEDIA.iter().any(|known| req.content_type().eq_ignore_ascii_case(known)) {
                return Err(unsupported(MEDIA, "UTF-8 or GBK"));
            }
            check_coding(&req)?;
            let bytes = read(&req, payload, LIMITS).await?;
            req.extensions_mut().insert(BodyFingerprint(Sha256::digest(&bytes).into()));
            Ok(Self(bytes))
        })
    }
}

impl Describe for SheetBody {
    fn describe(op: &mut OperationDraft) {
        let bytes = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .min_length(Some(1))
            .max_length(Some(LIMITS.bytes))
            .build();
        op.body_of(MEDIA, RefOr::T(Schema::Object(bytes)), true);
    }
}
