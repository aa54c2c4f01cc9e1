//! Where the bytes are: by content hash, through `object_store`, synced to disk before a row may point at them.

use object_store::local::LocalFileSystem;
use std::path::Path;
use std::sync::Arc;

/// The store of document bytes.
#[derive(Debug, Clone)]
pub struct Files {
    /// Where the bytes are.
    pub store: Arc<LocalFileSystem>,
    /// The largest upload, in bytes.
    pub max_upload: u64,
}

impl Files {
    /// Opens the folder, making it where it is missing.
    pub fn open(folder: &Path, max_upload: u64) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(|e| format!("{} cannot be made: {e}", folder.display()))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|e| format!("{} cannot be used: {e}", folder.display()))?;
        Ok(Self { store: Arc::new(store.with_fsync(true)), max_upload })
    }
}
