//! Learning on this machine: suggestions that were shown are watched through the edits that follow.
//! Their outcomes are counted and used at once, for ranking and for the threshold of a language and
//! kind of place.
//!
//! The server calls [`Learning::shown`] and [`Learning::edited`]; both are quick and touch no disk.
//! Counts go to the one file of `file.rs` when outcomes are settled, and when the server ends. No
//! text is kept longer than its suggestion is watched. Nothing here knows the protocol, and nothing
//! leaves the machine.

pub mod file;
mod phrases;
pub mod table;

use crate::documents::{DocumentEvent, DocumentListener};
use crate::history::Step;
use completion::{Outcome, SuggestionOutcome, Watch};
use context::Snapshot;
use phrases::Phrases;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use table::{Counts, Kind, Source, Table};
use tokio::sync::Notify;
use workspace::secrets;

/// How long after the first edit the outcome of a suggestion is settled.
pub const WAIT: Duration = Duration::from_secs(15);
/// Suggestions watched per document.
const WATCHED: usize = 8;
/// A threshold is never shifted below or above these.
const THRESHOLDS: (f32, f32) = (0.02, 0.98);

/// Where learning keeps its file, and how long it waits.
#[derive(Clone, Debug, PartialEq)]
pub struct LearningOptions {
    /// The file; without one everything is forgotten at the end.
    pub file: Option<PathBuf>,
    /// How long after the first edit the outcome of a suggestion is settled.
    pub wait: Duration,
}

impl Default for LearningOptions {
    /// Nothing is kept.
    fn default() -> Self {
        Self {
            file: None,
            wait: WAIT,
        }
    }
}

/// What a server has learned and is learning.
pub struct Learning {
    options: LearningOptions,
    start: Instant,
    state: Mutex<State>,
    /// Wakes [`Learning::follow`].
    edited: Notify,
}

#[derive(Default)]
struct State {
    /// What the settings say.
    enabled: bool,
    /// What the file says: `nigh learning off`.
    off: bool,
    loaded: bool,
    salt: u64,
    counts: Table,
    phrases: Phrases,
    /// What the file does not have yet.
    newer: (Table, Phrases),
    watched: HashMap<String, VecDeque<Watched>>,
    /// What is known of the last suggestion of each document, which may be shown again.
    last: HashMap<String, About>,
}

struct Watched {
    watch: Watch,
    about: About,
}

/// What is known of a suggestion when it is shown.
#[derive(Clone)]
pub struct About {
    /// The language id.
    pub language: Arc<str>,
    /// The kind of place it is at.
    pub kind: Kind,
    /// Where it comes from.
    pub source: Source,
    /// How likely it was to be taken.
    pub confidence: f32,
}

impl About {
    /// What is known of the completion that `outcome` shows at byte `offset`; `None` if it shows
    /// none.
    pub fn of(outcome: &Outcome, snapshot: &Snapshot, kind: Kind) -> Option<Self> {
        let shown = outcome.completion.as_ref()?;
        let candidate = outcome
            .candidates
            .iter()
            .find(|judged| judged.candidate.text == shown.text);
        let source = match candidate.map(|judged| &judged.candidate) {
            Some(found)
                if found.generated && (found.copied.is_some() || found.adapted.is_some()) =>
            {
                Source::Both
            }
            Some(found) if !found.generated => Source::Copy,
            _ => Source::Model,
        };
        Some(Self {
            language: Arc::clone(&snapshot.language),
            kind,
            source,
            confidence: shown.confidence,
        })
    }
}

impl Learning {
    /// Learns nothing until [`Learning::set_enabled`].
    pub fn new(options: LearningOptions) -> Self {
        Self {
            options,
            start: Instant::now(),
            state: Mutex::default(),
            edited: Notify::new(),
        }
    }

    /// Follows the setting `learning.enabled`; reads the file when it is first on.
    pub fn set_enabled(&self, enabled: bool) {
        let mut state = self.state();
        state.enabled = enabled;
        if !enabled {
            state.watched.clear();
        } else if !state.loaded {
            state.loaded = true;
            match self
                .options
                .file
                .as_deref()
                .map(file::read_or_set_aside)
                .transpose()
            {
                Ok(learned) => state.take(learned.unwrap_or_default()),
                Err(error) => {
                    tracing::warn!(%error, "nothing is learned");
                    state.off = true;
                }
            }
        }
    }

    /// Watches a suggestion from now on.
    pub fn shown(&self, uri: &str, snapshot: &Snapshot, offset: usize, text: &str, about: About) {
        let now = self.now();
        let mut state = self.state();
        if !state.active() || secrets::in_path(&snapshot.path) {
            return;
        }
        let mut open = state.watched.remove(uri).unwrap_or_default();
        let again = open.iter().any(|old| old.watch.goes_on(offset, text));
        let mut kept = VecDeque::new();
        for old in open.drain(..) {
            match old.watch.replaced(now).filter(|_| !again) {
                Some(fate) => state.count(&old, fate),
                None => kept.push_back(old),
            }
        }
        state.last.insert(uri.to_owned(), about.clone());
        if !again {
            let watch = Watch::new(snapshot.rope().clone(), offset, text.to_owned(), now);
            kept.push_back(Watched { watch, about });
        }
        if kept.len() > WATCHED
            && let Some(oldest) = kept.pop_front()
        {
            state.count(&oldest, oldest.watch.outcome());
        }
        state.watched.insert(uri.to_owned(), kept);
    }

    /// Watches the last suggestion, or what is left of it, once more if it is shown again after its
    /// outcome was settled.
    pub fn shown_again(&self, uri: &str, snapshot: &Snapshot, offset: usize, text: &str) {
        let about = self.state().last.get(uri).cloned();
        if let Some(about) = about {
            self.shown(uri, snapshot, offset, text, about);
        }
    }

    /// Follows the changes of a document.
    pub fn edited(&self, uri: &str, steps: &[Step]) {
        let now = self.now();
        let mut state = self.state();
        let Some(open) = state.watched.get_mut(uri) else {
            return;
        };
        for watched in open.iter_mut() {
            for step in steps {
                watched.watch.edited(&step.change, &step.after, now);
            }
        }
        if !open.is_empty() {
            self.edited.notify_one();
        }
    }

    /// Settles the outcomes of a document that is closed.
    pub fn closed(&self, uri: &str) {
        let mut state = self.state();
        state.last.remove(uri);
        for watched in state.watched.remove(uri).into_iter().flatten() {
            state.count(&watched, watched.watch.outcome());
        }
    }

    /// Settles the outcomes that are due.
    pub fn settle(&self) {
        let (now, wait) = (self.now(), milliseconds(self.options.wait));
        let mut state = self.state();
        let mut due = Vec::new();
        for open in state.watched.values_mut() {
            for watched in std::mem::take(open) {
                match watched.watch.due(wait) {
                    Some(at) if at <= now => due.push(watched),
                    _ => open.push_back(watched),
                }
            }
        }
        due.iter()
            .for_each(|watched| state.count(watched, watched.watch.outcome()));
    }

    /// How long until the next outcome is due; `None` when no suggestion waits for one.
    pub fn next_due(&self) -> Option<Duration> {
        let (now, wait) = (self.now(), milliseconds(self.options.wait));
        let state = self.state();
        let watched = state.watched.values().flatten();
        let next = watched.filter_map(|watched| watched.watch.due(wait)).min();
        next.map(|at| Duration::from_millis(at.saturating_sub(now).max(1)))
    }

    /// Settles outcomes when they are due, for as long as the server lives.
    pub async fn follow(self: Arc<Self>) {
        loop {
            self.edited.notified().await;
            // A task of its own: a failure costs these outcomes and no later ones.
            if let Err(error) = tokio::spawn(Arc::clone(&self).settle_all()).await {
                tracing::error!(%error, "the outcome of some suggestions is not learned");
            }
        }
    }

    /// Settles outcomes until no suggestion waits for one.
    async fn settle_all(self: Arc<Self>) {
        while let Some(wait) = self.next_due() {
            tokio::time::sleep(wait).await;
            let learning = Arc::clone(&self);
            let settle = move || {
                learning.settle();
                learning.save();
            };
            if let Err(error) = tokio::task::spawn_blocking(settle).await {
                tracing::error!(%error, "the outcome of some suggestions is not learned");
                return;
            }
        }
    }

    /// Writes what is new to the file, and takes over what other servers wrote. Waits for the disk.
    pub fn save(&self) {
        let Some(path) = &self.options.file else {
            return;
        };
        let (counts, phrases) = {
            let mut state = self.state();
            if !state.active() || state.newer == Default::default() {
                return;
            }
            std::mem::take(&mut state.newer)
        };
        let updated = file::update(path, |learned| {
            if learned.enabled {
                learned.counts.absorb(&counts);
                learned.phrases.absorb(&phrases);
            }
            learned.enabled
        });
        let mut state = self.state();
        match updated {
            Ok(learned) => state.take(learned),
            Err(error) => {
                tracing::warn!(%error, "what was learned is not written; this is tried again");
                let since = std::mem::replace(&mut state.newer, (counts, phrases));
                state.newer.0.absorb(&since.0);
                state.newer.1.absorb(&since.1);
            }
        }
    }

    /// Settles all outcomes as they are now, and writes them. Waits for the disk.
    pub fn close(&self) {
        let open: Vec<_> = self.state().watched.keys().cloned().collect();
        open.iter().for_each(|uri| self.closed(uri));
        self.save();
    }

    /// A threshold for such a place, from what was learned; one of 0 stays, for what is asked for
    /// by hand.
    pub fn threshold(&self, usual: f32, language: &str, kind: Kind) -> f32 {
        let state = self.state();
        if usual == 0.0 || !state.active() {
            return usual;
        }
        (usual + state.counts.shift(language, kind))
            .clamp(THRESHOLDS.0.min(usual), THRESHOLDS.1.max(usual))
    }

    /// How much the user took what this text says so far, -1 to 1; 0 where nothing is known.
    pub fn familiarity(&self, text: &str) -> f32 {
        let state = self.state();
        if state.active() {
            state.phrases.familiarity(state.salt, text)
        } else {
            0.0
        }
    }

    /// Whether anything is learned, and the sum of all counts.
    pub fn totals(&self) -> (bool, Counts) {
        let state = self.state();
        (state.active(), state.counts.total())
    }

    fn now(&self) -> u64 {
        milliseconds(self.start.elapsed())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DocumentListener for Learning {
    fn document_changed(&self, uri: &str, event: &DocumentEvent<'_>) {
        match event {
            DocumentEvent::Edited(steps) => self.edited(uri, steps),
            DocumentEvent::Closed => self.closed(uri),
            DocumentEvent::Opened | DocumentEvent::OutOfSync => {}
        }
    }
}

impl State {
    fn active(&self) -> bool {
        self.enabled && !self.off
    }

    /// Takes over what the file holds, and adds what it does not have yet.
    fn take(&mut self, learned: file::Learned) {
        if self.salt != learned.salt {
            self.newer.1 = Phrases::default();
        }
        self.off = !learned.enabled;
        (self.salt, self.counts, self.phrases) = (learned.salt, learned.counts, learned.phrases);
        if self.off {
            self.newer = Default::default();
            self.watched.clear();
        }
        self.counts.absorb(&self.newer.0);
        self.phrases.absorb(&self.newer.1);
    }

    fn count(&mut self, watched: &Watched, fate: SuggestionOutcome) {
        if fate == SuggestionOutcome::Unseen {
            return;
        }
        let About {
            language,
            kind,
            source,
            confidence,
        } = &watched.about;
        let (mut counts, mut phrases) = (Table::default(), Phrases::default());
        counts.count(language, *kind, *source, *confidence, fate);
        let taken = !matches!(
            fate,
            SuggestionOutcome::Ignored | SuggestionOutcome::Reverted
        );
        phrases.count(self.salt, watched.watch.text(), taken);
        self.counts.absorb(&counts);
        self.phrases.absorb(&phrases);
        self.newer.0.absorb(&counts);
        self.newer.1.absorb(&phrases);
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
