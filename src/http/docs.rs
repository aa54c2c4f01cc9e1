//! Swagger UI, from the archive that its crate carries: what a browser asks for is sent as it lies there, compressed.

use std::io::{Cursor, Read};

use actix_web::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::{CompressionMethod, ZipArchive};

use super::problem::Problem;

/// The files that make up the page, as they are asked for.
const FILES: &[(&str, &str)] = &[
    ("swagger-ui.css", "text/css; charset=utf-8"),
    ("index.css", "text/css; charset=utf-8"),
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("swagger-ui-standalone-preset.js", "text/javascript; charset=utf-8"),
    ("favicon-16x16.png", "image/png"),
    ("favicon-32x32.png", "image/png"),
];

/// What the page does first. Its own file, because the page may run no script within itself.
const START: &str = r##"window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl],
    layout: "StandaloneLayout",
    tryItOutEnabled: true,
    persistAuthorization: true,
    displayRequestDuration: true,
    filter: true,
  });
};
"##;

/// The file of this name under `/docs/`; 404 for any other.
pub fn file(req: &HttpRequest, name: &str) -> Result<HttpResponse, Problem> {
    match name {
        "" | "index.html" => return stored(req, "index.html", "text/html; charset=utf-8"),
        "swagger-initializer.js" => {
            return Ok(HttpResponse::Ok().content_type("text/javascript; charset=utf-8").body(START));
        }
        _ => {}
    }
    let (name, kind) = FILES.iter().find(|(known, _)| *known == name).ok_or_else(Problem::not_found)?;
    stored(req, name, kind)
}

fn stored(req: &HttpRequest, name: &str, kind: &'static str) -> Result<HttpResponse, Problem> {
    let gzip = req
        .headers()
        .get(ACCEPT_ENCODING)
        .is_some_and(|accepted| accepted.to_str().unwrap_or_default().split(',').any(accepts_gzip));
    let found = found(name, gzip).map_err(|e| Problem::internal(&e))?;
    let mut answer = HttpResponse::Ok();
    answer.content_type(kind);
    answer.insert_header((VARY, ACCEPT_ENCODING.as_str()));
    if found.gzip {
        answer.insert_header((CONTENT_ENCODING, "gzip"));
    }
    Ok(answer.body(found.bytes))
}

/// Whether one part of `Accept-Encoding` takes gzip; a weight of nothing refuses it (RFC 9110, 12.4.2).
fn accepts_gzip(coding: &str) -> bool {
    let mut parts = coding.split(';').map(str::trim);
    let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
    named && !parts.filter_map(|part| part.strip_prefix("q=")).any(|weight| weight.parse() == Ok(0.0))
}

struct Found {
    bytes: Vec<u8>,
    gzip: bool,
}

/// A file of the archive, in the form of gzip where that is wanted and it lies there compressed: only head and tail differ (RFC 1952).
fn found(name: &str, gzip: bool) -> zip::result::ZipResult<Found> {
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    let ends = format!("/dist/{name}");
    let whole =
        |path: &&[u8]| path.ends_with(ends.as_bytes()) && path.iter().filter(|byte| **byte == b'/').count() == 2;
    let path = archive.file_names_raw().find(whole).map(<[u8]>::to_owned);
    let at = path.and_then(|path| archive.index_for_name_raw(&path)).ok_or(zip::result::ZipError::FileNotFound)?;
    let mut bytes = Vec::new();
    let mut lying = archive.by_index_raw(at)?;
    if gzip && lying.compression() == CompressionMethod::Deflated {
        bytes.extend([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
        let (crc, size) = (lying.crc32(), u32::try_from(lying.size()).unwrap_or(u32::MAX));
        lying.read_to_end(&mut bytes)?;
        bytes.extend(crc.to_le_bytes());
        bytes.extend(size.to_le_bytes());
        return Ok(Found { bytes, gzip: true });
    }
    drop(lying);
    archive.by_index(at)?.read_to_end(&mut bytes)?;
    Ok(Found { bytes, gzip: false })
}
