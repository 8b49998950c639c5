//! Questions about the project in one folder: the index as the disk is now, and what was found in
//! it to answer questions. For commands and agents; open documents are not looked at.
//!
//! Nothing is read before the first question. Later ones read only files that changed. Answers and
//! the texts that they quote are of the same moment.

use crate::settings::IndexSettings;
use ask::{Answer, AnswerLevel, AskIndex};
use index::Index;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Duration;
use workspace::{FolderIndex, Store};

/// How often someone who waits for another one's question looks whether it is answered.
const LOOK: Duration = Duration::from_millis(2);

/// What answers questions about a folder.
pub struct AskedFolder {
    known: Mutex<Known>,
}

struct Known {
    folder: FolderIndex,
    library: AskIndex,
}

/// Answers, and what they rest on.
#[derive(Default)]
pub struct Asked {
    /// One for each question; none if it ended before anything was read.
    pub answers: Vec<Answer>,
    /// The texts of the moment. The lines of quotes are lines of these.
    pub index: Index,
    /// Whether all files were read; if not, more may be found later.
    pub is_complete: bool,
}

impl AskedFolder {
    /// Of this folder, whose index is kept in the store.
    pub fn new(root: &Path, store: Store) -> Self {
        let folder = FolderIndex::new(root, IndexSettings::default().max_bytes(), store);
        Self {
            known: Mutex::new(Known {
                folder,
                library: AskIndex::default(),
            }),
        }
    }

    /// Reads what changed, while `goes_on`, and answers questions. Blocks.
    pub fn ask(&self, questions: &[String], goes_on: &mut dyn FnMut() -> bool) -> Asked {
        let Some(mut known) = self.wait(goes_on) else {
            return Asked::default();
        };
        let Known { folder, library } = &mut *known;
        let has_files = folder.refresh(&mut || !goes_on());
        let index = folder.index().clone();
        let is_complete = library.update(&index, goes_on) && has_files;
        let answers = questions
            .iter()
            .map(|question| library.answer(&index, question))
            .collect();
        Asked {
            answers,
            index,
            is_complete,
        }
    }

    /// How many files were read; `None` while they are read.
    pub fn files(&self) -> Option<usize> {
        let known = self.known()?;
        Some(known.folder.index().files().count())
    }

    /// Waits for other questions to be answered, while `goes_on`.
    fn wait(&self, goes_on: &mut dyn FnMut() -> bool) -> Option<MutexGuard<'_, Known>> {
        loop {
            if let Some(known) = self.known() {
                return Some(known);
            }
            if !goes_on() {
                return None;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// What is known, unless another question is being answered. What a panic left half done is
    /// thrown away.
    fn known(&self) -> Option<MutexGuard<'_, Known>> {
        match self.known.try_lock() {
            Ok(known) => Some(known),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Poisoned(poisoned)) => {
                self.known.clear_poison();
                let mut known = poisoned.into_inner();
                known.library = AskIndex::default();
                Some(known)
            }
        }
    }
}

/// The word for programs of how much an answer claims.
pub fn level_name(level: AnswerLevel) -> &'static str {
    match level {
        AnswerLevel::Exact => "exact",
        AnswerLevel::Answer => "answer",
        AnswerLevel::Related => "related",
        AnswerLevel::NotFound => "notFound",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_question_is_answered_from_the_disk_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let write = |text: &str| std::fs::write(folder.path().join("a.py"), text).unwrap();
        let asked = AskedFolder::new(folder.path(), Store::default());
        let texts = |text: &str| {
            write(text);
            let found = asked.ask(&["where is one defined?".into()], &mut || true);
            assert!(found.is_complete && found.answers.len() == 1);
            found.index.text("a.py").map(str::to_owned)
        };
        for text in ["def one(): pass\n", "def one(two): pass\n"] {
            assert_eq!(texts(text).as_deref(), Some(text));
        }
        let stopped = asked.ask(&["what is this?".into()], &mut || false);
        assert!(!stopped.is_complete);
    }
}
