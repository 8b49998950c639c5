//! The work of the thread "index": keeps the index equal to the files on disk and the texts of open
//! documents.
//!
//! It takes events, then does the most urgent work: texts of edited documents, a walk, a batch of
//! files, and, when nothing else is left, merging and storing. The walk decides which names may be
//! in the index at all; a name that is not in `states` was not seen by it. While a document is
//! open, its text counts (`open`), otherwise the file's.

use super::{Event, Phase, Progress, Setup};
use crate::debounce::Debounce;
use crate::documents::Documents;
use crate::memory;
use crate::settings::IndexSettings;
use crate::uri::file_path;
use index::{Index, SourceFile};
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use workspace::Roots;
use workspace::Store;
use workspace::batch::{Batch, built};
use workspace::dependencies::{self, Dependencies};
use workspace::git::GitRepositories;
use workspace::git_heads::Heads;
use workspace::read;
use workspace::secrets;
use workspace::stable_hash;
use workspace::walk::{self, ASSISTANT_FILES, Found};

/// How long nothing must be typed in a document before its text is indexed.
const EDIT_DELAY: Duration = Duration::from_millis(300);
/// How long a text waits to be indexed while typing goes on.
const MAX_EDIT_WAIT: Duration = Duration::from_secs(2);
/// How often the folders are walked again, for changes that were not reported.
const WALK_AGAIN: Duration = Duration::from_secs(600);
/// How long a walk waits for more files to change, as they do when a branch is switched.
const SETTLE: Duration = Duration::from_millis(250);
/// How long after a walk the next one begins at the soonest.
const WALK_REST: Duration = Duration::from_secs(2);
/// More files than this at once are looked for by a walk.
const MANY: usize = 200;
/// How often the index is stored at most while files change.
const STORE_AGAIN: Duration = Duration::from_secs(300);
/// How long after a document was closed memory is given back, unless more are closed.
const TRIM: Duration = Duration::from_secs(3);
/// How long a file waits for a completion to end, and how often it looks.
const GIVE_WAY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(5));
/// Files whose lines say what is ignored, besides those for assistants.
const IGNORE_FILES: &[&str] = &[".gitignore", ".ignore"];

/// The state of the thread.
pub struct IndexThread {
    pub(super) documents: Arc<Documents>,
    pub(super) busy: Arc<AtomicBool>,
    pub(super) inbox: Receiver<Event>,
    /// Events that came while something was merged.
    pub(super) early: VecDeque<Event>,
    progress: watch::Sender<Progress>,
    pub(super) settings: IndexSettings,
    pub(super) store: Store,
    pub(super) roots: Roots,
    heads: Heads,
    git: GitRepositories,
    pub(super) index: Index,
    /// The state of each file when it was taken in or refused, see [`read::stamp`].
    pub(super) states: HashMap<String, u64>,
    /// The files whose open document differs from the disk.
    open: HashSet<String>,
    /// Open documents whose text waits to be indexed.
    pub(super) edited: Debounce<String>,
    /// Files to read.
    pub(super) pending: VecDeque<Found>,
    pub(super) dependencies: Dependencies,
    /// When the folders were walked last, and when they will be.
    walked_at: Option<Instant>,
    walk_at: Option<Instant>,
    /// Whether the index differs from what is stored, and when it was stored last.
    pub(super) unstored: bool,
    pub(super) stored_at: Option<Instant>,
    /// Whether the index may be made smaller.
    pub(super) unmerged: bool,
    /// When memory is given back to the system.
    trim_at: Option<Instant>,
}

impl IndexThread {
    /// A thread with an empty index.
    pub fn new(setup: Setup, inbox: Receiver<Event>, progress: watch::Sender<Progress>) -> Self {
        let Setup {
            documents,
            busy,
            settings,
            store,
        } = setup;
        Self {
            documents,
            busy,
            inbox,
            early: VecDeque::new(),
            progress,
            settings,
            store,
            roots: Roots::default(),
            heads: Heads::default(),
            git: GitRepositories::default(),
            index: Index::default(),
            states: HashMap::new(),
            open: HashSet::new(),
            edited: edited(),
            pending: VecDeque::new(),
            dependencies: Dependencies::default(),
            walked_at: None,
            walk_at: None,
            unstored: false,
            stored_at: None,
            unmerged: false,
            trim_at: None,
        }
    }

    /// Works until the server has no more to say.
    pub fn run(&mut self) {
        self.store.clean();
        loop {
            match self.next_event() {
                Ok(event) => self.handle(event),
                Err(RecvTimeoutError::Timeout) => self.work(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// The next event; a timeout when there is work to do first.
    fn next_event(&mut self) -> Result<Event, RecvTimeoutError> {
        if let Some(event) = self.early.pop_front() {
            return Ok(event);
        }
        let now = Instant::now();
        let idle = self.pending.is_empty() && !self.unmerged;
        let store_at = self
            .unstored
            .then(|| self.stored_at.map_or(now, |at| at + STORE_AGAIN));
        // A merge that an edit would stop is not begun.
        let can_work = !self.pending.is_empty() || self.unmerged && self.edited.next().is_none();
        let due = [
            self.edited.next(),
            self.walk_at,
            self.trim_at,
            store_at.filter(|_| idle),
            can_work.then_some(now),
        ];
        match due.into_iter().flatten().min() {
            Some(due) => self.inbox.recv_timeout(due.saturating_duration_since(now)),
            None => self
                .inbox
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Folders(roots) => self.begin(roots, self.settings.clone()),
            Event::Settings(settings) if settings != self.settings => {
                self.begin(self.roots.clone(), settings)
            }
            Event::Settings(_) => {}
            Event::Opened(uri) => {
                self.update_privacy(&uri);
                self.edited.touch(uri, Instant::now());
            }
            Event::Edited(uri) => self.edited.touch(uri, Instant::now()),
            Event::Closed(uri) => {
                self.edited.forget(uri.as_str());
                self.trim_at = Some(Instant::now() + TRIM);
                let path = file_path(&uri);
                if let Some(path) = path.filter(|path| self.close(path)) {
                    self.touched(&[path]);
                }
            }
            Event::Touched(paths) => self.touched(&paths),
            Event::LookAgain if self.settings.enabled => self.walk_soon(),
            Event::LookAgain => {}
            Event::Store(done) => {
                self.save();
                // Whoever asked may have given up waiting.
                let _ = done.send(());
            }
            #[cfg(test)]
            Event::Fail => panic!("on purpose"),
        }
        if self.settings.enabled && self.heads.have_moved() {
            self.walk_soon();
        }
    }

    /// Does one piece of the most urgent work.
    fn work(&mut self) {
        let now = Instant::now();
        let edited = self.edited.take_due(now);
        if !edited.is_empty() {
            edited.iter().for_each(|uri| self.index_document(uri));
            self.publish();
        } else if self.walk_at.is_some_and(|at| at <= now) {
            self.walk();
        } else if self.trim_at.is_some_and(|at| at <= now) {
            self.trim_at = None;
            wait_while(&self.busy);
            memory::give_back();
        } else if !self.pending.is_empty() {
            self.read_some();
        } else if self.unmerged {
            self.merge();
        } else if self.unstored {
            self.save();
        }
    }

    /// Starts over with other folders or settings: the stored index serves at once, and a walk
    /// follows.
    fn begin(&mut self, roots: Roots, settings: IndexSettings) {
        self.save();
        (self.roots, self.settings) = (roots, settings);
        self.forget_all();
        if self.settings.enabled {
            self.load();
        }
        self.look();
    }

    /// Starts over after a failure, whatever state it left. Nothing stored is used: it may be the
    /// cause.
    pub fn restart(&mut self) {
        self.unstored = false;
        self.forget_all();
        self.look();
    }

    fn forget_all(&mut self) {
        (self.index, self.states) = (Index::default(), HashMap::new());
        self.open.clear();
        self.pending.clear();
        self.walk_at = None;
        self.dependencies = Dependencies::default();
        self.heads = Heads::default();
        self.edited = edited();
        self.unmerged = false;
    }

    /// Plans a walk of the folders and a look at all open documents.
    fn look(&mut self) {
        if self.settings.enabled {
            self.heads = Heads::of(self.roots.folders());
            self.walk_at = Some(Instant::now());
            self.tell(Phase::Walking, 0);
            self.documents
                .uris()
                .into_iter()
                .for_each(|uri| self.edited.touch(uri, Instant::now()));
        } else {
            self.tell(Phase::Off, 0);
        }
        self.publish();
    }

    /// Plans a walk, unless one is planned for as soon.
    fn walk_soon(&mut self) {
        let rested = self.walked_at.map(|at| at + WALK_REST);
        let soon = rested
            .into_iter()
            .fold(Instant::now() + SETTLE, Instant::max);
        self.walk_at = Some(self.walk_at.map_or(soon, |at| at.min(soon)));
    }

    /// Compares the files on disk with those in the index.
    fn walk(&mut self) {
        let busy = Arc::clone(&self.busy);
        let mut give_way = || {
            wait_while(&busy);
            false
        };
        let walked = walk::walk(
            &self.roots,
            &self.git,
            self.settings.max_bytes(),
            &mut give_way,
        );
        let now = Instant::now();
        (self.walked_at, self.walk_at) = (Some(now), Some(now + WALK_AGAIN));
        let names: HashSet<&str> = walked.files.iter().map(|file| file.name.as_str()).collect();
        let is_walked = |name: &str| !name.starts_with(dependencies::PREFIX);
        let gone = self
            .states
            .keys()
            .filter(|name| is_walked(name) && !names.contains(name.as_str()));
        let gone: Vec<String> = gone.cloned().collect();
        self.forget(&gone);
        let is_new = |file: &Found| {
            self.states.get(&file.name) != Some(&file.stamp) && !self.open.contains(&file.name)
        };
        let new: Vec<Found> = walked.files.into_iter().filter(is_new).collect();
        self.pending.retain(|file| !is_walked(&file.name));
        self.pending.extend(new);
        let phase = if self.pending.is_empty() {
            Phase::Ready
        } else {
            Phase::Indexing
        };
        self.tell(phase, self.pending.len());
        if !gone.is_empty() {
            self.publish();
        }
    }

    /// Looks at files of which something was heard.
    fn touched(&mut self, paths: &[PathBuf]) {
        if !self.settings.enabled {
            return;
        }
        let is_name = |path: &Path, names: &[&str]| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| names.contains(&name))
        };
        let of_many = |path: &PathBuf| {
            is_name(path, IGNORE_FILES)
                || is_name(path, ASSISTANT_FILES)
                || walk::enters(&self.roots, path)
        };
        if paths.len() > MANY || paths.iter().any(of_many) {
            return self.walk_soon();
        }
        let before = self.pending.len();
        for path in paths {
            match walk::look_at(&self.roots, &self.git, path) {
                Some(file) if self.open.contains(&file.name) => {}
                Some(file) if self.states.get(&file.name) == Some(&file.stamp) => {}
                Some(file) => self.pending.push_back(file),
                None => self.lost(path),
            }
        }
        self.tell_more(self.pending.len() - before);
    }

    /// Forgets a file that is gone or ignored now, or all files of such a folder.
    fn lost(&mut self, path: &Path) {
        let Some(name) = self.roots.name(path) else {
            return;
        };
        let folder = format!("{name}/");
        let gone = self
            .states
            .keys()
            .filter(|known| **known == name || known.starts_with(&folder));
        let gone: Vec<String> = gone.cloned().collect();
        if !gone.is_empty() {
            self.forget(&gone);
            self.publish();
        }
    }

    pub(super) fn forget(&mut self, names: &[String]) {
        self.index
            .remove(&names.iter().map(String::as_str).collect::<Vec<_>>());
        for name in names {
            self.states.remove(name);
            self.open.remove(name);
        }
        self.changed(!names.is_empty());
    }

    /// Reads and indexes a batch of the pending files.
    fn read_some(&mut self) {
        let mut batch = Batch::small();
        while !batch.is_full() {
            let Some(file) = self.pending.pop_front() else {
                break;
            };
            if !self.open.contains(&file.name) {
                wait_while(&self.busy);
                batch.add(file);
            }
        }
        let added = batch.put_into(&mut self.index);
        self.changed(!added.states.is_empty());
        self.states.extend(added.states);
        self.publish();
        if self.pending.is_empty() {
            self.tell(Phase::Ready, 0);
        } else {
            let total = self.progress.borrow().total;
            self.tell(Phase::Indexing, total);
        }
    }

    /// Finds out whether an open document may be shown to other files, and says so.
    fn update_privacy(&self, uri: &str) -> bool {
        let Some(path) = file_path(uri) else {
            return false;
        };
        let Some(name) = self.roots.name(&path) else {
            return false;
        };
        let may_be_shown = self.states.contains_key(&name)
            || walk::look_at(&self.roots, &self.git, &path).is_some();
        self.documents.set_private(uri, !may_be_shown);
        may_be_shown
    }

    /// Takes in the text of an open document, unless it is the file's.
    fn index_document(&mut self, uri: &str) {
        let path = file_path(uri);
        let name = path.as_ref().and_then(|path| self.roots.name(path));
        let (Some(path), Some(document)) = (path, self.documents.snapshot(uri)) else {
            return;
        };
        self.follow_imports(&path, &document);
        let Some(name) = name.filter(|_| self.update_privacy(uri) && self.settings.enabled) else {
            return;
        };
        let text = document.snapshot.rope().to_string();
        let stamp = stamp_of(&text);
        if self.states.get(&name) == Some(&stamp) {
            return;
        }
        let may_be_shown = text.len() as u64 <= read::MAX_FILE && !secrets::in_text(&text);
        if !self.open.contains(&name) && may_be_shown && read::text(&path).as_ref() == Ok(&text) {
            return;
        }
        self.index.remove(&[&name]);
        if may_be_shown {
            let grammar = document.grammar;
            let source = SourceFile {
                path: &name,
                text: &text,
                grammar,
                stamp,
                signatures_only: false,
            };
            self.index.add(built(&[source]));
        }
        self.states.insert(name.clone(), stamp);
        self.open.insert(name);
        self.changed(true);
    }

    /// Goes back from a document's text to the file's; whether there is something to go back from.
    fn close(&mut self, path: &Path) -> bool {
        let name = self.roots.name(path);
        name.is_some_and(|name| self.open.remove(&name))
    }

    pub(super) fn changed(&mut self, changed: bool) {
        self.unstored |= changed;
        self.unmerged |= changed;
    }

    /// Lets the products see the index as it is now.
    pub(super) fn publish(&self) {
        self.documents.publish(self.index.clone());
    }

    /// Reports that this many more files are to be read.
    pub(super) fn tell_more(&self, more: usize) {
        if more > 0 {
            let total = self.progress.borrow().total + more;
            self.tell(Phase::Indexing, total);
        }
    }

    /// Reports the progress; `total` files were to be read in this round.
    fn tell(&self, phase: Phase, total: usize) {
        self.progress.send_replace(Progress {
            phase,
            done: total.saturating_sub(self.pending.len()),
            total,
        });
    }
}

/// Documents that were edited, which are due after a pause.
fn edited() -> Debounce<String> {
    Debounce::new(EDIT_DELAY, Some(MAX_EDIT_WAIT))
}

/// Waits for a completion to end, but not for ever: an editor may ask for one after the other.
pub(super) fn wait_while(busy: &AtomicBool) {
    let until = Instant::now() + GIVE_WAY.0;
    while busy.load(Ordering::Relaxed) && Instant::now() < until {
        std::thread::sleep(GIVE_WAY.1);
    }
}

/// Names a text that is only in the editor.
fn stamp_of(text: &str) -> u64 {
    stable_hash(&[b"open", text.as_bytes()])
}
