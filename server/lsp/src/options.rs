//! How a server is started: what the command line decides, and tests.

use crate::learning;
use crate::settings::Settings;
use crate::worker::Load;
use crate::workspace::Store;
use std::path::PathBuf;

/// Makes the function that loads the model, from the settings of `initialize`.
pub type ChooseModel = Box<dyn Fn(&Settings) -> Load + Send + Sync>;

/// How a server is started.
pub struct Options {
    /// Settings before the client sends any: those of the command line.
    pub settings: Settings,
    /// Whether `debug/text`, `debug/index` and `debug/prompt` are answered.
    pub debug_requests: bool,
    /// What columns count, whatever the client offers.
    pub encoding: Option<text::Encoding>,
    /// Loads the model.
    pub model: ChooseModel,
    /// Whether to end this process when the client's `processId` ends.
    pub watch_parent: bool,
    /// Where the index is kept between sessions.
    pub store: Store,
    /// Where learning keeps its file.
    pub learning: learning::Options,
    /// Where copies of workspaces are kept for checkers; without it they are made anew each time.
    pub checks: Option<PathBuf>,
    /// The file of what the user said is no bug.
    pub dismissed: Option<PathBuf>,
}
