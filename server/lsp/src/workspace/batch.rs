//! Files read together and put into the index at once, so that what is read early is of use early.

use super::dependencies;
use super::read::{self, Unread};
use super::walk::Found;
use index::{Index, Source};

/// The most files and bytes of a batch: what is worked on without a look at what happens in the editor.
const MOST: (usize, usize) = (64, 1 << 20);

/// Files with their texts, and those that are not to be shown.
#[derive(Default)]
pub struct Batch {
    texts: Vec<(Found, String)>,
    refused: Vec<Found>,
    bytes: usize,
}

impl Batch {
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
        self.texts.len() + self.refused.len() >= MOST.0 || self.bytes >= MOST.1
    }

    /// Whether no file was added.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.refused.is_empty()
    }

    /// Puts the texts into the index and takes the refused files out of it; gives back the states that were looked at.
    pub fn put_into(self, index: &mut Index) -> Vec<(String, u64)> {
        let sources = self.texts.iter().map(|(file, text)| Source {
            path: &file.name,
            text,
            grammar: read::grammar(&file.name, text),
            stamp: file.stamp,
            signatures_only: file.name.starts_with(dependencies::PREFIX),
        });
        index.put(&sources.collect::<Vec<_>>());
        index.remove(&self.refused.iter().map(|file| file.name.as_str()).collect::<Vec<_>>());
        let files = self.texts.into_iter().map(|(file, _)| file).chain(self.refused);
        files.map(|file| (file.name, file.stamp)).collect()
    }
}
