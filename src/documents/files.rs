//! Where the bytes are: by content hash, through `object_store`, synced to disk before a row may point at them.

use crate::http::{Code, Problem};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Place;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, WriteMultipart};
use sha2::{Digest, Sha256};
use std::fs::{DirEntry, File};
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How much of a file is looked at to know what it is.
const HEAD: usize = 8192;

/// How much of an upload is written at once. A few pieces are under way at a time, for every upload: this is what each costs in memory.
const PIECE: usize = 256 * 1024;

/// Where files arrive.
pub const INCOMING: &str = "incoming";
/// After so long nothing arrives any more.
const ABANDONED: Duration = Duration::from_hours(24);

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
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(|e| format!("{} cannot be used: {e}", folder.display()))?;
        Ok(Self { store: Arc::new(store.with_fsync(true)), max_upload })
    }

    /// Clears away what was arriving when a service was killed: what nobody has written to for a day. Others may be receiving into the same folder.
    pub fn clear_abandoned(&self, folder: &Path) {
        let old = |entry: &DirEntry| entry.metadata()?.modified()?.elapsed().map_err(io::Error::other);
        let Ok(entries) = std::fs::read_dir(folder.join(INCOMING)) else { return };
        for entry in entries.flatten() {
            if old(&entry).is_ok_and(|age| age > ABANDONED) && std::fs::remove_file(entry.path()).is_ok() {
                tracing::info!(file = %entry.path().display(), "cleared away an upload that never ended");
            }
        }
    }

    /// Begins to receive a file into a temporary place.
    pub async fn receive(&self) -> Result<Receiving, Problem> {
        let temporary = self.temporary()?;
        let upload = self.store.put_multipart(&temporary.place).await.map_err(|e| Problem::storage(&e))?;
        Ok(Receiving {
            upload: WriteMultipart::new_with_chunk_size(upload, PIECE),
            temporary,
            hasher: Sha256::new(),
            size: 0,
            head: Vec::new(),
            limit: self.max_upload,
        })
    }

    /// A temporary place, emptied when it is dropped.
    pub fn temporary(&self) -> Result<Temporary, Problem> {
        let place = Place::from(format!("{INCOMING}/{}", crate::db::Id::new()));
        let path = self.store.path_to_filesystem(&place).map_err(|e| Problem::internal(&e))?;
        Ok(Temporary { place, path })
    }

    /// Moves a finished file to the place that its hash names. Nothing to do where it is there already, whole.
    pub async fn keep(&self, temporary: Temporary, sha256: &str) -> Result<(), Problem> {
        let place = place_of(sha256)?;
        let arrived = self.store.head(&temporary.place).await.map_err(|e| Problem::storage(&e))?;
        if self.store.head(&place).await.is_ok_and(|kept| kept.size == arrived.size) {
            return Ok(());
        }
        self.store.rename(&temporary.place, &place).await.map_err(|e| Problem::storage(&e))
    }

    /// The bytes of a range of a kept file.
    pub async fn stream(
        &self,
        sha256: &str,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, object_store::Result<Bytes>>, Problem> {
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let found = self.store.get_opts(&place_of(sha256)?, options).await.map_err(|e| Problem::storage(&e))?;
        Ok(found.into_stream())
    }

    /// The path of a kept file, for work on a thread of its own.
    pub fn path(&self, sha256: &str) -> Result<PathBuf, Problem> {
        self.store.path_to_filesystem(&place_of(sha256)?).map_err(|e| Problem::internal(&e))
    }
}

/// `ab/cd/<sha256>`.
fn place_of(sha256: &str) -> Result<Place, Problem> {
    match (sha256.get(..2), sha256.get(2..4)) {
        (Some(first), Some(second)) if sha256.len() == 64 => Ok(Place::from(format!("{first}/{second}/{sha256}"))),
        _ => Err(Problem::internal(&"a file without its hash")),
    }
}

/// Size and SHA-256 of a file.
pub fn hash_of(path: &Path) -> io::Result<(u64, String)> {
    let mut file = BufReader::new(File::open(path)?);
    let (mut hasher, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        size += u64::try_from(read).unwrap_or_default();
    }
    Ok((size, hex::encode(hasher.finalize())))
}

/// The 413 of a file that is too large.
pub fn too_large(limit: u64) -> Problem {
    Problem::new(
        Code::PayloadTooLarge,
        format!("A file may hold at most {limit} bytes."),
        format!("文件不得超過 {limit} 字節。"),
    )
}

/// A place in the store that vanishes unless it is kept.
#[derive(Debug)]
pub struct Temporary {
    place: Place,
    /// Where it is on disk.
    pub path: PathBuf,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Gone already where the file was kept.
        drop(std::fs::remove_file(&self.path));
    }
}

/// A file while its bytes arrive.
pub struct Receiving {
    upload: WriteMultipart,
    temporary: Temporary,
    hasher: Sha256,
    size: u64,
    head: Vec<u8>,
    limit: u64,
}

/// A file that has arrived, synced to disk, still in its temporary place.
#[derive(Debug)]
pub struct Received {
    /// Where it is.
    pub temporary: Temporary,
    /// Its hash.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// Its first bytes.
    pub head: Vec<u8>,
}

impl Receiving {
    /// Takes the next bytes; 413 above the limit.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Problem> {
        self.size += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.size > self.limit {
            return Err(too_large(self.limit));
        }
        self.hasher.update(&bytes);
        let wanted = HEAD.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(wanted));
        self.upload.wait_for_capacity(4).await.map_err(|e| Problem::storage(&e))?;
        self.upload.put(bytes);
        Ok(())
    }

    /// Ends the file and syncs it.
    pub async fn finish(self) -> Result<Received, Problem> {
        self.upload.finish().await.map_err(|e| Problem::storage(&e))?;
        Ok(Received {
            temporary: self.temporary,
            sha256: hex::encode(self.hasher.finalize()),
            size: self.size,
            head: self.head,
        })
    }
}
