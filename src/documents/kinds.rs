//! What a file is: by its first bytes, never by what the sender says. What a browser could run is served as plain bytes.

/// Types that a browser might run in our name.
const ACTIVE: &[&str] =
    &["html", "xml", "svg", "javascript", "x-sh", "executable", "msdownload", "x-mach-binary", "wasm"];

/// Bytes of no known type.
pub const BYTES: &str = "application/octet-stream";

/// The media type of a file with these first bytes and this name.
pub fn media_type(head: &[u8], file_name: &str) -> &'static str {
    if let Some(kind) = infer::get(head) {
        let found = kind.mime_type();
        return if ACTIVE.iter().any(|active| found.contains(active)) { BYTES } else { found };
    }
    let is_text = !head.contains(&0) && !looks_active(head);
    let extension = file_name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "txt" | "log" | "md" if is_text => "text/plain",
        "csv" if is_text => "text/csv",
        "json" if is_text => "application/json",
        _ => BYTES,
    }
}

/// Markup in what claims to be text.
fn looks_active(head: &[u8]) -> bool {
    let start: String =
        String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().chars().take(64).collect();
    let start = start.to_ascii_lowercase();
    ["<!doctype", "<html", "<svg", "<?xml", "<script"].iter().any(|mark| start.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides() {
        assert_eq!(media_type(b"%PDF-1.7 ...", "x.txt"), "application/pdf");
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\n....", "x"), "image/png");
        assert_eq!(media_type("房間,數量\n".as_bytes(), "清單.CSV"), "text/csv");
        assert_eq!(media_type(b"hello", "x.txt"), "text/plain");
        assert_eq!(media_type(b"a\0b", "x.txt"), BYTES);
    }

    #[test]
    fn what_a_browser_could_run_is_plain_bytes() {
        for (head, name) in [
            ("<html><script>", "x.html"),
            ("<svg xmlns=''>", "x.svg"),
            ("<?xml version='1.0'?><svg/>", "x.svg"),
            (" <!DOCTYPE html>", "x.txt"),
        ] {
            assert_eq!(media_type(head.as_bytes(), name), BYTES, "{name}");
        }
    }
}
