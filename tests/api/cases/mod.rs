//! The stories: every file of `tests/cases` (or of `$CASES_DIR`) played over HTTP, entry by entry, each act by the person named, on every database
//! that this run reaches. Prints one line per case and database; an empty folder fails.

mod compare;
mod story;
mod words;

use crate::harness::Backend;
use std::path::PathBuf;
use story::Story;

#[test]
fn cases() {
    let folder = std::env::var_os("CASES_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases"), PathBuf::from);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|x| x == "json"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no case in {}", folder.display());
    let mut failed = Vec::new();
    for file in &files {
        let case = serde_json::from_str(&std::fs::read_to_string(file).unwrap())
            .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        for backend in Backend::all() {
            match std::panic::catch_unwind(|| Story::play(&case, backend, false)) {
                Ok(told) => println!("{told}"),
                Err(why) => {
                    let why = why
                        .downcast_ref::<String>()
                        .cloned()
                        .or_else(|| why.downcast_ref::<&str>().map(|s| (*s).to_owned()))
                        .unwrap_or_default();
                    println!("{} on {}: FAILED: {why}", file.display(), backend.name());
                    failed.push(format!("{} on {}: {why}", file.display(), backend.name()));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// The two stories that between them say nearly every word, once more.
#[test]
fn every_act_is_answered_as_its_trial_was() {
    for name in ["river-bend-show-flats", "elm-archiving"] {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cases/{name}.json"));
        let case = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        println!("{}", Story::play(&case, Backend::of_this_run(), true));
    }
}
