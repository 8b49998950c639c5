//! Files read together and put into the index at once, so that what is read early is of use early.

use super::dependencies;
use super::read::{self, Unread};
use super::walk::Found;
use index::{Index, IndexSegment, SourceFile};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The most files and bytes of a batch in the server: what is worked on without a look at what
/// happens in the editor.
const SMALL_BATCH: (usize, usize) = (256, 4 << 20);
/// The most files and bytes if no one waits for the first files.
const LARGE_BATCH: (usize, usize) = (4096, 16 << 20);

/// The bytes of text from which on a second thread pays.
const WORTH_A_THREAD: usize = 200 << 10;

/// Files with their texts, and those that are not to be shown.
pub struct Batch {
    most: (usize, usize),
    texts: Vec<(Found, String)>,
    refused: Vec<Found>,
    bytes: usize,
}

/// What became of a batch.
pub struct BatchResult {
    /// The files that were looked at, and their states.
    pub states: Vec<(String, u64)>,
    /// Whether the index has any of these files.
    pub any_indexed: bool,
}

impl Batch {
    /// A batch that is soon full.
    pub fn small() -> Self {
        Self {
            most: SMALL_BATCH,
            texts: Vec::new(),
            refused: Vec::new(),
            bytes: 0,
        }
    }

    /// A batch that is best where all files must be read before any is of use.
    pub fn large() -> Self {
        Self {
            most: LARGE_BATCH,
            ..Self::small()
        }
    }

    /// Reads a file.
    pub fn add(&mut self, file: Found) {
        match read::text(&file.path) {
            Ok(text) => {
                self.bytes += text.len();
                self.texts.push((file, text));
            }
            Err(why) => {
                if why == Unread::Secret {
                    tracing::info!(file = file.name, "a file holds a secret and is left out");
                }
                self.refused.push(file);
            }
        }
    }

    /// Whether it is time to put it into the index.
    pub fn is_full(&self) -> bool {
        self.texts.len() + self.refused.len() >= self.most.0 || self.bytes >= self.most.1
    }

    /// Puts the texts into the index and takes the refused files out of it.
    pub fn put_into(self, index: &mut Index) -> BatchResult {
        let sources = self.texts.iter().map(|(file, text)| SourceFile {
            path: &file.name,
            text,
            grammar: read::grammar(&file.name, text),
            stamp: file.stamp,
            signatures_only: file.name.starts_with(dependencies::PREFIX),
        });
        index.add(built(&sources.collect::<Vec<_>>()));
        index.remove(
            &self
                .refused
                .iter()
                .map(|file| file.name.as_str())
                .collect::<Vec<_>>(),
        );
        let any_indexed = !self.texts.is_empty();
        let files = self
            .texts
            .into_iter()
            .map(|(file, _)| file)
            .chain(self.refused);
        BatchResult {
            states: files.map(|file| (file.name, file.stamp)).collect(),
            any_indexed,
        }
    }
}

/// The sources as segments, without those that cannot be taken in: a fault of ours must not cost
/// the others.
pub fn built(sources: &[SourceFile]) -> Vec<IndexSegment> {
    let whole = |sources: &[SourceFile]| catch_unwind(AssertUnwindSafe(|| build(sources))).ok();
    whole(sources).unwrap_or_else(|| {
        let single = |source: &SourceFile| {
            let segments = whole(std::slice::from_ref(source));
            if segments.is_none() {
                tracing::error!(
                    file = source.path,
                    "a file makes the index fail and is left out"
                );
            }
            segments.unwrap_or_default()
        };
        sources.iter().flat_map(single).collect()
    })
}

/// Builds on two threads where there are two processors: parsing takes most of the time. A thread
/// inherits its maker's priority.
fn build(sources: &[SourceFile]) -> Vec<IndexSegment> {
    let has_one_processor = std::thread::available_parallelism().map_or(1, NonZero::get) < 2;
    let bytes: usize = sources.iter().map(|source| source.text.len()).sum();
    if has_one_processor || bytes < WORTH_A_THREAD {
        return IndexSegment::build(sources);
    }
    let mut left = bytes / 2;
    let half = sources.iter().take_while(|source| {
        let fits = source.text.len() <= left;
        left = left.saturating_sub(source.text.len());
        fits
    });
    let (first, second) = sources.split_at(half.count());
    std::thread::scope(|scope| {
        let other = scope.spawn(|| IndexSegment::build(second));
        let mut built = IndexSegment::build(first);
        // A panic there is the panic it would have been here.
        built.extend(
            other
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        );
        built
    })
}
