//! The layout of the code: knowledge flows one way, files stay short, nothing that could end a request by a panic.

use std::path::{Path, PathBuf};

fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut out = Vec::new();
    let mut open = vec![root.join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|x| x == "rs") {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                out.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    out
}

#[test]
fn no_file_is_over_400_lines() {
    let long: Vec<String> = sources("src")
        .into_iter()
        .chain(sources("tests"))
        .filter(|(_, text)| text.lines().count() > 400)
        .map(|(name, _)| name)
        .collect();
    assert!(long.is_empty(), "over 400 lines: {long:?}");
}

/// A handler extracts, calls once and wraps; its signature takes some of the lines.
#[test]
fn no_handler_is_over_20_lines() {
    let mut long = Vec::new();
    for (name, text) in sources("src") {
        let text = text.split("#[cfg(test)]").next().unwrap();
        for handler in text.split("\nasync fn ").skip(1).chain(text.split("\npub(super) async fn ").skip(1)) {
            let lines = handler.split("\n}\n").next().unwrap().lines().count() + 1;
            if lines > 20 && (handler.contains("Access<") || handler.contains(": Public")) && name.contains("api") {
                long.push(format!("{name}: {} has {lines}", handler.split(['(', '<']).next().unwrap()));
            }
        }
    }
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn only_the_edge_knows_actix_and_only_stores_know_diesel() {
    let mut wrong = Vec::new();
    for (name, text) in sources("src") {
        let knows_actix = name.starts_with("src/http")
            || name.starts_with("src/access")
            || name.ends_with("api.rs")
            || name == "src/app.rs"
            || name == "src/main.rs"
            || name.starts_with("src/documents/upload")
            || name.starts_with("src/documents/download")
            || name.starts_with("src/demo");
        if text.contains("use actix_web") && !knows_actix {
            wrong.push(format!("{name} knows actix"));
        }
        if name.starts_with("src/http") && (text.contains("crate::db") || text.contains("diesel")) {
            wrong.push(format!("{name} knows the database"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn no_stage_knows_another_and_knowledge_flows_one_way() {
    let stages =
        ["intake", "assignment", "bidding", "installation", "adjustment", "acceptance", "settlement", "archiving"];
    let mut wrong = Vec::new();
    for (name, text) in sources("src") {
        let text = text.split("#[cfg(test)]").next().unwrap();
        for stage in stages {
            let mentions = text.contains(&format!("stages::{stage}"));
            let own = name.starts_with(&format!("src/stages/{stage}"));
            // These stand above everything: they put it together, fill it, and compare all of its records.
            let above = ["src/api.rs", "src/demo", "src/verify/"].iter().any(|above| name.starts_with(above));
            if mentions && !own && !above {
                wrong.push(format!("{name} knows stage {stage}"));
            }
        }
        let low = ["src/db/", "src/http/"].iter().any(|l| name.starts_with(l));
        if low
            && ["crate::access", "crate::workflow", "crate::records", "crate::stages", "crate::projects"]
                .iter()
                .any(|m| text.contains(m))
        {
            wrong.push(format!("{name} looks up"));
        }
        if name.starts_with("src/workflow/")
            && ["crate::stages", "crate::projects", "crate::clients", "crate::contracts", "crate::receivables"]
                .iter()
                .any(|m| text.contains(m))
        {
            wrong.push(format!("{name} looks up"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// `projects.stage` has one writer.
#[test]
fn only_advance_changes_a_stage() {
    let writers: Vec<String> = sources("src")
        .into_iter()
        .filter(|(_, text)| {
            text.contains(".stage = ") || text.contains("stage.eq(Stage::") && text.contains("diesel::update(projects")
        })
        .map(|(name, _)| name)
        .collect();
    let allowed = ["src/workflow/advance.rs", "src/stages/intake/actions.rs"];
    assert!(writers.iter().all(|w| allowed.contains(&w.as_str())), "{writers:?}");
}
