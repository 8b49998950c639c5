//! Learning on this machine: suggestions that were shown are watched through the edits that follow,
//! and what became of them is counted and used at once, for the threshold of their language and
//! kind of place and for ranking.
//!
//! The server calls [`Learning::shown`] and [`Learning::edited`]; both are quick and touch no disk.
//! Counts go to the one file of `file.rs` when fates are settled, and when the server ends. No text
//! is kept longer than its suggestion is watched. Nothing here knows the protocol, and nothing
//! leaves the machine.

pub mod file;
mod phrases;
pub mod table;

use crate::history::Step;
use crate::workspace::secrets;
use completion::{Outcome, SuggestionOutcome, Watch};
use context::Snapshot;
use phrases::Phrases;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use table::{Counts, Kind, Source, Table};

/// How long after the first edit a suggestion's fate is told.
pub const WAIT: Duration = Duration::from_secs(15);
/// Suggestions watched per document.
const WATCHED: usize = 8;
/// A threshold is never shifted below or above these.
const THRESHOLDS: (f32, f32) = (0.02, 0.98);

/// Where learning keeps its file, and how long it waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The file; without one everything is forgotten at the end.
    pub file: Option<PathBuf>,
    /// How long after the first edit a suggestion's fate is told.
    pub wait: Duration,
}

impl Default for Options {
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
    options: Options,
    start: Instant,
    state: Mutex<State>,
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
    timer: bool,
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
    /// Where it stands.
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
    pub fn new(options: Options) -> Self {
        Self {
            options,
            start: Instant::now(),
            state: Mutex::default(),
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

    /// Watches the last suggestion, or what is left of it, once more where it is shown again and
    /// its fate was told.
    pub fn shown_again(&self, uri: &str, snapshot: &Snapshot, offset: usize, text: &str) {
        let about = self.state().last.get(uri).cloned();
        if let Some(about) = about {
            self.shown(uri, snapshot, offset, text, about);
        }
    }

    /// Follows the changes of a document. Whether a timer must be started that sleeps for
    /// [`Learning::tick`], then calls [`Learning::settle`].
    #[must_use]
    pub fn edited(&self, uri: &str, steps: &[Step]) -> bool {
        let now = self.now();
        let mut state = self.state();
        let Some(open) = state.watched.get_mut(uri) else {
            return false;
        };
        for watched in open.iter_mut() {
            steps
                .iter()
                .for_each(|step| watched.watch.edited(&step.change, &step.after, now));
        }
        let start = !open.is_empty() && !state.timer;
        state.timer |= start;
        start
    }

    /// Tells the fates of a document that is closed.
    pub fn closed(&self, uri: &str) {
        let mut state = self.state();
        state.last.remove(uri);
        for watched in state.watched.remove(uri).into_iter().flatten() {
            state.count(&watched, watched.watch.outcome());
        }
    }

    /// Tells the fates that are due.
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

    /// How long to sleep until the next fate is due; `None` when none is open and the timer ends.
    pub fn tick(&self) -> Option<Duration> {
        let (now, wait) = (self.now(), milliseconds(self.options.wait));
        let mut state = self.state();
        let next = state
            .watched
            .values()
            .flatten()
            .filter_map(|watched| watched.watch.due(wait))
            .min();
        state.timer = next.is_some();
        next.map(|at| Duration::from_millis(at.saturating_sub(now).max(1)))
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

    /// Tells all fates as they stand, and writes them. Waits for the disk.
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

/// Tells the fates of suggestions when they are due, and ends when none is open.
pub async fn tell_fates(learning: Arc<Learning>) {
    let _timer = Timer(Arc::clone(&learning));
    while let Some(wait) = learning.tick() {
        tokio::time::sleep(wait).await;
        let learning = Arc::clone(&learning);
        let settled = tokio::task::spawn_blocking(move || {
            learning.settle();
            learning.save();
        });
        if let Err(error) = settled.await {
            // What was due is lost; the next edit begins anew.
            tracing::error!(%error, "what became of some suggestions is not learned");
            return;
        }
    }
}

/// That a timer runs, for as long as it does: however it ends, the next one may begin.
struct Timer(Arc<Learning>);

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.state().timer = false;
    }
}
