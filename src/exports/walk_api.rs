//! Walking over a list, part by part, as the reader takes it.

use super::columns::columns;
use super::writing::ExportFormat;
use crate::access::{Access, Permission, Result, Tx};
use crate::http::{Page, PageOf, Problem, Reply};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::stream::unfold;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::marker::PhantomData;
use std::sync::Arc;
use utoipa::ToSchema;

/// Rows in one part, unless they are wide.
const PART: i64 = 500;

/// What is exported.
pub struct Export<T> {
    name: &'static str,
    columns: Arc<[String]>,
    format: ExportFormat,
    part: i64,
    rows: PhantomData<fn() -> T>,
}

impl<T: ToSchema> Export<T> {
    /// Rows of this type, in a file of this name, with these columns first.
    pub fn new(name: &'static str, first: &[&str], format: ExportFormat) -> Self {
        Self { name, columns: Arc::from(columns::<T>(first)), format, part: PART, rows: PhantomData }
    }

    /// For rows that may hold whole records.
    pub fn in_parts_of(self, part: i64) -> Self {
        Self { part, ..self }
    }
}

struct Walk<P, T, F> {
    access: Access<P>,
    export: Export<T>,
    list: Arc<F>,
    page: Option<Page>,
}

/// A page of any list.
#[derive(Deserialize)]
struct Part {
    data: Vec<Map<String, Value>>,
    next: Option<String>,
}

/// Answers with all rows. The first part is read before the answer begins, so that refusals are problem documents; what fails later ends the connection before
/// the answer is complete, which every HTTP client reports.
pub async fn walk<P, T, F>(access: Access<P>, export: Export<T>, list: F) -> std::result::Result<HttpResponse, Problem>
where
    P: Permission,
    T: 'static,
    F: Fn(&mut Tx<'_>, &Page) -> Result<Reply<PageOf<T>>> + Send + Sync + 'static,
{
    let (name, format) = (export.name, export.format);
    let mut head = format.head(&export.columns).map_err(|e| Problem::internal(&e))?;
    let page = Some(Page::all(export.part));
    let mut walk = Walk { access, export, list: Arc::new(list), page };
    head.extend(walk.next().await?.unwrap_or_default());
    let first = futures_util::stream::once(async { Ok::<_, actix_web::Error>(Bytes::from(head)) });
    let rest = unfold(walk, |mut walk| async {
        let part = walk.next().await.map_err(actix_web::Error::from);
        part.transpose().map(|part| (part.map(Bytes::from), walk))
    });
    Ok(HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{}\"", format.as_str())))
        .streaming(futures_util::StreamExt::chain(first, rest)))
}

impl<P, T, F> Walk<P, T, F>
where
    P: Permission,
    T: 'static,
    F: Fn(&mut Tx<'_>, &Page) -> Result<Reply<PageOf<T>>> + Send + Sync + 'static,
{
    /// The next part; each is read as the caller, so a log-out, a revoked key or a lost sight bites in the middle too.
    async fn next(&mut self) -> std::result::Result<Option<Vec<u8>>, Problem> {
        let Some(page) = self.page.take() else { return Ok(None) };
        self.access.still_holds().await?;
        let (list, columns, format) = (self.list.clone(), self.export.columns.clone(), self.export.format);
        // Written on the database thread: threads that serve others must not be held up.
        let (text, page) = self
            .access
            .list(move |tx| {
                let part: Part = serde_json::from_slice(list(tx, &page)?.bytes()).map_err(|e| Problem::internal(&e))?;
                let text = format.rows(&columns, &part.data).map_err(|e| Problem::internal(&e))?;
                Ok((text, part.next.map(|cursor| page.clone().following(cursor))))
            })
            .await?;
        self.page = page;
        Ok(Some(text))
    }
}
