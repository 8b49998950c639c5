//! The language server: what the protocol's messages do. Handlers change state or take their
//! snapshot before the first `await`; what takes time happens on the worker's thread.
//!
//! A new request is a file in `requests/`, a method here or a line in [`connect`], and an entry in
//! `capabilities.rs`.

use crate::bugs::{Idle, LastBugs, Seeker};
use crate::checks::Checks;
use crate::dismissed::Dismissed;
use crate::documents::Documents;
use crate::editor::{self, Editor};
use crate::file_path::file_path;
use crate::indexing;
use crate::learning::{self, Learning};
use crate::notebooks::Notebooks;
pub use crate::options::{ChooseModel, Options};
use crate::requests::{
    code_action, completion, debug, diagnostic, dismiss, explain, inline_completion, read_ahead,
    status,
};
use crate::settings::{ModelSettings, Settings};
use crate::status::Counters;
use crate::wire;
use crate::worker::Worker;
use crate::workspace::{Event, Indexer, Setup};
use crate::{capabilities, convert, loading};
use ::completion::gate::Gate;
use serde_json::Value;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::*;
use tower_lsp::{Client, LanguageServer, LspService};

/// How many requests may be open at once; fewer would keep cancels from being seen behind waiting
/// requests.
const OPEN_REQUESTS: usize = 256;
/// How long the last answers may take to leave after `exit`.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long the index may be stored at the end.
const STORING: Duration = Duration::from_secs(3);

/// The server's state, shared by all handlers.
pub struct Server {
    client: Client,
    pub(crate) documents: Arc<Documents>,
    pub(crate) counters: Counters,
    pub(crate) last_search: code_action::LastSearch,
    pub(crate) ahead: read_ahead::ReadAhead,
    last_bugs: Arc<LastBugs>,
    idle: Arc<Idle>,
    checks: OnceLock<Arc<Checks>>,
    dismissed: Arc<Dismissed>,
    pub(crate) learning: Arc<Learning>,
    options: Options,
    settings: Mutex<Settings>,
    editor: OnceLock<Editor>,
    worker: OnceLock<Worker>,
    indexer: OnceLock<Indexer>,
    gate: OnceLock<Arc<Gate>>,
}

/// Serves one client until its life ends: reads messages from `input`, writes to `output`.
pub async fn serve<R, W>(input: R, output: W, options: Options) -> wire::Ended
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (pipes, life) = wire::connect(input, output);
    let debug = options.debug_requests;
    let learning = Arc::new(Learning::new(options.learning.clone()));
    let learns = Arc::clone(&learning);
    let mut builder = LspService::build(|client| Server::new(client, options, learns))
        .custom_method("textDocument/inlineCompletion", Server::inline_completion)
        .custom_method("nigh/status", Server::status)
        .custom_method("nigh/explain", Server::explain)
        .custom_method("window/workDoneProgress/cancel", Server::progress_cancelled)
        .custom_method(wire::UNREAD, Server::unread);
    if debug {
        builder = builder
            .custom_method("debug/text", Server::debug_text)
            .custom_method("debug/index", Server::debug_index)
            .custom_method("debug/prompt", Server::explain);
    }
    let (service, socket) = builder.finish();
    let library =
        tower_lsp::Server::new(pipes.input, pipes.output, socket).concurrency_level(OPEN_REQUESTS);
    let library = tokio::spawn(library.serve(wire::Guarded(Notebooks::new(service))));
    let ended = life.await;
    let _ = tokio::time::timeout(LAST_WORDS, async { (library.await, pipes.sent.await) }).await;
    let _ = tokio::task::spawn_blocking(move || learning.close()).await;
    ended
}

impl Server {
    fn new(client: Client, options: Options, learning: Arc<Learning>) -> Self {
        Self {
            client,
            documents: Arc::default(),
            counters: Counters::default(),
            last_search: code_action::LastSearch::default(),
            ahead: read_ahead::ReadAhead::default(),
            last_bugs: Arc::default(),
            idle: Arc::default(),
            checks: OnceLock::new(),
            dismissed: Arc::new(Dismissed::new(options.dismissed.clone())),
            learning,
            settings: Mutex::new(options.settings.clone()),
            options,
            editor: OnceLock::new(),
            worker: OnceLock::new(),
            indexer: OnceLock::new(),
            gate: OnceLock::new(),
        }
    }

    /// The settings as they are now.
    pub(crate) fn settings(&self) -> Settings {
        self.settings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What is known of the editor.
    pub(crate) fn editor(&self) -> Editor {
        self.editor.get().copied().unwrap_or_default()
    }

    /// The gate named at the start, or the program's.
    pub(crate) fn gate(&self) -> Arc<Gate> {
        let read = || {
            self.settings().model.gate().unwrap_or_else(|why| {
                tracing::warn!("{why}");
                self.tell(MessageType::WARNING, why);
                Gate::default()
            })
        };
        Arc::clone(self.gate.get_or_init(|| Arc::new(read())))
    }

    /// What looks for bugs, with the settings as they are now.
    pub(crate) fn seeker(&self) -> Seeker {
        Seeker {
            documents: Arc::clone(&self.documents),
            last: Arc::clone(&self.last_bugs),
            settings: self.settings().diagnostics,
            editor: self.editor(),
            client: self.client.clone(),
            checks: self.checks.get().cloned(),
            dismissed: Arc::clone(&self.dismissed),
            model: self.worker().cloned().zip(self.settings().model.bug_margin),
        }
    }

    /// Makes checkers ready, if the user trusts the workspace.
    fn start_checks(&self) {
        if self.settings().checks.enabled {
            match Checks::new(self.options.checks.clone()) {
                Ok(checks) => drop(self.checks.set(Arc::new(checks))),
                Err(error) => self.tell(
                    MessageType::WARNING,
                    format!("fixes are not checked by programs: {error:#}"),
                ),
            }
        }
    }

    /// The worker; absent before `initialize`.
    pub(crate) fn worker(&self) -> Option<&Worker> {
        self.worker.get()
    }

    /// Starts the worker, and a task that tells the user how loading goes.
    fn start_worker(&self) {
        let load = (self.options.model)(&self.settings());
        match Worker::start(Arc::clone(&self.documents), load) {
            Ok(worker) => {
                tokio::spawn(loading::follow(
                    self.client.clone(),
                    worker.readiness(),
                    self.editor().progress,
                ));
                let _ = self.worker.set(worker);
            }
            Err(error) => tracing::error!(%error, "the worker's thread could not be started"),
        }
    }

    /// The thread of the index; absent before `initialized`.
    pub(crate) fn indexer(&self) -> Option<&Indexer> {
        self.indexer.get()
    }

    /// Starts the thread of the index, and a task that tells the user how far it is.
    fn start_indexer(&self) {
        let setup = Setup {
            documents: Arc::clone(&self.documents),
            busy: self.worker().map(Worker::busy).unwrap_or_default(),
            settings: self.settings().index,
            store: self.options.store.clone(),
        };
        match Indexer::start(setup) {
            Ok(indexer) => {
                indexer.tell(Event::Folders(self.documents.change_roots(Vec::new(), &[])));
                tokio::spawn(indexing::follow(
                    self.client.clone(),
                    indexer.progress(),
                    self.editor().progress,
                ));
                let _ = self.indexer.set(indexer);
            }
            Err(error) => tracing::error!(%error, "the thread of the index could not be started"),
        }
        if self.editor().watches {
            tokio::spawn(indexing::watch_files(self.client.clone()));
        }
    }

    /// Tells the thread of the index what happened.
    fn happened(&self, event: Event) {
        if let Some(indexer) = self.indexer() {
            indexer.tell(event);
        }
    }

    /// Tells the user something, without waiting for it to be sent.
    pub(crate) fn tell(&self, kind: MessageType, message: String) {
        let client = self.client.clone();
        tokio::spawn(async move { client.show_message(kind, message).await });
    }

    async fn inline_completion(
        &self,
        params: InlineCompletionParams,
    ) -> Result<InlineCompletionList> {
        inline_completion::answer(self, params).await
    }

    async fn status(&self, _params: Value) -> Result<Value> {
        Ok(status::answer(self))
    }

    async fn debug_text(&self, params: debug::TextParams) -> Result<Value> {
        debug::text(self, &params)
    }

    async fn debug_index(&self, params: debug::NameParams) -> Result<Value> {
        Ok(debug::index(self, &params))
    }

    async fn explain(&self, params: TextDocumentPositionParams) -> Result<Value> {
        explain::answer(self, params).await
    }

    async fn progress_cancelled(&self, _params: WorkDoneProgressCancelParams) {}

    /// A text came that could not be read.
    async fn unread(&self, params: Value) {
        tracing::warn!("a change could not be read; completions wait for the whole text");
        let uri = params["uri"].as_str();
        self.documents.doubt(uri);
        self.documents
            .uris()
            .iter()
            .filter(|open| uri.is_none_or(|uri| uri == **open))
            .for_each(|uri| self.changed(uri));
    }
}

impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let editor = *self
            .editor
            .get_or_init(|| Editor::describe(&params.capabilities, self.options.encoding));
        self.documents.change_roots(editor::roots(&params), &[]);
        if let Some(options) = &params.initialization_options {
            self.take_settings(options, true);
        }
        if self.options.watch_parent
            && let Some(id) = params.process_id
        {
            wire::exit_with(id);
        }
        Ok(InitializeResult {
            capabilities: capabilities::of(editor),
            server_info: Some(ServerInfo {
                name: "nigh".into(),
                version: Some(env!("CARGO_PKG_VERSION").into()),
            }),
            offset_encoding: None,
        })
    }

    async fn initialized(&self, _params: InitializedParams) {
        self.gate();
        self.learning.set_enabled(self.settings().learning.enabled);
        self.start_worker();
        self.start_indexer();
        self.start_checks();
        tokio::spawn(Arc::clone(&self.idle).follow());
    }

    async fn shutdown(&self) -> Result<()> {
        let (done, stored) = tokio::sync::oneshot::channel();
        self.happened(Event::Store(done));
        // What was not stored by then is made again the next time.
        let _ = tokio::time::timeout(STORING, stored).await;
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let uri = document.uri.as_str();
        if let Err(error) =
            self.documents
                .open(uri, &document.language_id, document.version, &document.text)
        {
            tracing::warn!(%error, "a document was not opened");
            self.tell(
                MessageType::WARNING,
                format!("nigh does not follow this file: {error}"),
            );
        }
        self.changed(uri);
        self.happened(Event::Opened(uri.to_owned()));
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let DidChangeTextDocumentParams {
            text_document,
            content_changes,
        } = params;
        let changes: Vec<_> = content_changes
            .into_iter()
            .map(convert::content_change)
            .collect();
        let uri = text_document.uri.as_str();
        let changed =
            self.documents
                .change(uri, text_document.version, &changes, self.editor().encoding);
        match &changed {
            Ok(Some(_)) => {}
            Ok(None) => tracing::warn!("a change of a document that is not open was ignored"),
            Err(error) => {
                tracing::warn!(%error, "a change was refused; completions wait for the whole text")
            }
        }
        let steps = changed.ok().flatten().unwrap_or_default();
        if self.learning.edited(uri, &steps) {
            tokio::spawn(learning::tell_fates(Arc::clone(&self.learning)));
        }
        self.changed(uri);
        if let [step] = &*steps {
            read_ahead::start(self, uri, step.change.new_end_byte);
        }
        self.happened(Event::Edited(uri.to_owned()));
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        let uri = params.text_document.uri.as_str();
        if let Some(text) = params.text.filter(|_| self.documents.is_doubtful(uri)) {
            let whole = text::ContentChange { range: None, text };
            // One too large leaves the text in doubt.
            let _ = self
                .documents
                .change(uri, wire::NO_VERSION, &[whole], self.editor().encoding);
            self.changed(uri);
        }
        self.happened(Event::Touched(file_path(uri).into_iter().collect()));
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        let paths = params
            .changes
            .iter()
            .filter_map(|change| file_path(change.uri.as_str()));
        self.happened(Event::Touched(paths.collect()));
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        let uri = params.text_document.uri.as_str();
        self.documents.close(uri);
        self.learning.closed(uri);
        self.changed(uri);
        tokio::spawn(self.seeker().withdraw(uri.to_owned()));
        self.happened(Event::Closed(uri.to_owned()));
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        self.take_settings(&params.settings, false);
        self.happened(Event::Settings(self.settings().index));
        self.documents
            .uris()
            .iter()
            .for_each(|uri| self.idle.touched(uri, self.seeker()));
        if self.editor().pulls && self.editor().refreshes {
            let client = self.client.clone();
            tokio::spawn(async move { client.workspace_diagnostic_refresh().await });
        }
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let paths = |folders: Vec<WorkspaceFolder>| {
            folders
                .iter()
                .filter_map(|folder| file_path(folder.uri.as_str()))
                .collect::<Vec<_>>()
        };
        let roots = self
            .documents
            .change_roots(paths(params.event.added), &paths(params.event.removed));
        self.happened(Event::Folders(roots));
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        completion::answer(self, params).await.map(Some)
    }

    async fn diagnostic(
        &self,
        params: DocumentDiagnosticParams,
    ) -> Result<DocumentDiagnosticReportResult> {
        diagnostic::answer(self, params).await
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        code_action::answer(self, params).await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<LSPAny>> {
        dismiss::run(self, params).await.map(|()| None)
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        code_action::resolve(self, action).await
    }
}

impl Server {
    fn changed(&self, uri: &str) {
        if let Some(worker) = self.worker() {
            worker.changed(uri);
        }
        self.idle.touched(uri, self.seeker());
    }

    /// Takes over settings from the client. Those of the model and of checks only at the start:
    /// later ones may be a workspace's.
    fn take_settings(&self, value: &Value, at_start: bool) {
        let mut new = match Settings::from_json(value) {
            Ok(new) => new,
            Err(why) => {
                tracing::warn!("{why}");
                return self.tell(MessageType::WARNING, why);
            }
        };
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        if at_start {
            let ModelSettings {
                path,
                gate,
                bug_margin,
                ..
            } = &self.options.settings.model;
            new.model.path = path.clone().or(new.model.path);
            new.model.gate = gate.clone().or(new.model.gate);
            new.model.bug_margin = bug_margin.or(new.model.bug_margin);
        } else {
            new.model = settings.model.clone();
            new.checks = settings.checks;
        }
        *settings = new;
        if !at_start {
            self.learning.set_enabled(settings.learning.enabled);
        }
    }
}
