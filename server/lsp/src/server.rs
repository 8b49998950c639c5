//! The language server: what the protocol's messages do. Handlers change state or take their snapshot before the first
//! `await`; what takes time happens on the worker's thread.
//!
//! A new request is a file in `requests/`, a method here or a line in [`connect`], and an entry in `capabilities`.

use crate::documents::{Documents, file_path};
use crate::requests::{code_action, completion, debug, inline_completion, status};
use crate::settings::Settings;
use crate::status::Counters;
use crate::wire;
use crate::worker::{Load, Worker};
use crate::{convert, loading};
use features::gate::Gate;
use serde_json::Value;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use text::Encoding;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::*;
use tower_lsp::{Client, LanguageServer, LspService};

/// How many requests may be open at once; fewer would keep cancels from being seen behind waiting requests.
const OPEN_REQUESTS: usize = 256;
/// How long the last answers may take to leave after `exit`.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Makes the function that loads the model, from the settings of `initialize`.
pub type ChooseModel = Box<dyn Fn(&Settings) -> Load + Send + Sync>;

/// How a server is started.
pub struct Options {
    /// Settings before the client sends any: those of the command line.
    pub settings: Settings,
    /// Whether `debug/text` and `debug/prompt` are answered.
    pub debug_requests: bool,
    /// Loads the model.
    pub model: ChooseModel,
    /// Whether to end this process when the client's `processId` ends.
    pub watch_parent: bool,
}

/// The server's state, shared by all handlers.
pub struct Server {
    client: Client,
    pub(crate) documents: Arc<Documents>,
    pub(crate) counters: Counters,
    pub(crate) last_search: code_action::LastSearch,
    options: Options,
    settings: Mutex<Settings>,
    editor: OnceLock<Editor>,
    worker: OnceLock<Worker>,
    gate: OnceLock<Arc<Gate>>,
}

/// What `initialize` said of the editor.
#[derive(Clone, Copy, Default)]
pub(crate) struct Editor {
    /// The negotiated encoding.
    pub encoding: Encoding,
    /// Whether it shows inline completions.
    pub inline: bool,
    /// Whether it shows progress that the server begins.
    pub progress: bool,
    /// Whether it takes code actions as objects, rather than commands only.
    pub code_actions: bool,
    /// Whether it asks for the edit of a code action when the user chooses it.
    pub resolves_edits: bool,
    /// Whether an edit may name the versions of the documents it is for.
    pub document_changes: bool,
    /// Whether edits may be annotated, so that it shows them before they are made.
    pub annotations: bool,
}

/// Serves one client until its life ends: reads messages from `input`, writes to `output`.
pub async fn serve<R, W>(input: R, output: W, options: Options) -> wire::Ended
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (pipes, life) = wire::connect(input, output);
    let debug = options.debug_requests;
    let mut builder = LspService::build(|client| Server::new(client, options))
        .custom_method("textDocument/inlineCompletion", Server::inline_completion)
        .custom_method("nigh/status", Server::status)
        .custom_method("window/workDoneProgress/cancel", Server::progress_cancelled);
    if debug {
        builder =
            builder.custom_method("debug/text", Server::debug_text).custom_method("debug/prompt", Server::debug_prompt);
    }
    let (service, socket) = builder.finish();
    let library = tower_lsp::Server::new(pipes.input, pipes.output, socket).concurrency_level(OPEN_REQUESTS);
    let library = tokio::spawn(library.serve(service));
    let ended = life.await;
    let _ = tokio::time::timeout(LAST_WORDS, library).await;
    ended
}

impl Server {
    fn new(client: Client, options: Options) -> Self {
        let settings = Mutex::new(options.settings.clone());
        Self {
            client,
            documents: Arc::default(),
            counters: Counters::default(),
            last_search: code_action::LastSearch::default(),
            options,
            settings,
            editor: OnceLock::new(),
            worker: OnceLock::new(),
            gate: OnceLock::new(),
        }
    }

    /// The settings as they are now.
    pub(crate) fn settings(&self) -> Settings {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

    /// The worker; absent before `initialize`.
    pub(crate) fn worker(&self) -> Option<&Worker> {
        self.worker.get()
    }

    /// Starts the worker, and a task that tells the user how loading goes.
    fn start_worker(&self) {
        let load = (self.options.model)(&self.settings());
        match Worker::start(Arc::clone(&self.documents), load) {
            Ok(worker) => {
                tokio::spawn(loading::follow(self.client.clone(), worker.readiness(), self.editor().progress));
                let _ = self.worker.set(worker);
            }
            Err(error) => tracing::error!(%error, "the worker's thread could not be started"),
        }
    }

    /// Tells the user something, without waiting for it to be sent.
    fn tell(&self, kind: MessageType, message: String) {
        let client = self.client.clone();
        tokio::spawn(async move { client.show_message(kind, message).await });
    }

    async fn inline_completion(&self, params: InlineCompletionParams) -> Result<InlineCompletionList> {
        inline_completion::answer(self, params).await
    }

    async fn status(&self, _params: Value) -> Result<Value> {
        Ok(status::answer(self))
    }

    async fn debug_text(&self, params: debug::TextParams) -> Result<Value> {
        debug::text(self, &params)
    }

    async fn debug_prompt(&self, params: TextDocumentPositionParams) -> Result<Value> {
        debug::prompt(self, params).await
    }

    async fn progress_cancelled(&self, _params: WorkDoneProgressCancelParams) {}
}

impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let editor = *self.editor.get_or_init(|| describe(&params.capabilities));
        self.documents.change_roots(roots(&params), &[]);
        if let Some(options) = &params.initialization_options {
            self.take_settings(options, true);
        }
        if self.options.watch_parent
            && let Some(id) = params.process_id
        {
            wire::exit_with(id);
        }
        Ok(InitializeResult {
            capabilities: capabilities(editor),
            server_info: Some(ServerInfo { name: "nigh".into(), version: Some(env!("CARGO_PKG_VERSION").into()) }),
            offset_encoding: None,
        })
    }

    async fn initialized(&self, _params: InitializedParams) {
        self.gate();
        self.start_worker();
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let uri = document.uri.as_str();
        if let Err(error) = self.documents.open(uri, &document.language_id, document.version, &document.text) {
            tracing::warn!(%error, "a document was not opened");
            self.tell(MessageType::WARNING, format!("nigh does not follow this file: {error}"));
        }
        self.changed(uri);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let DidChangeTextDocumentParams { text_document, content_changes } = params;
        let changes: Vec<_> = content_changes.into_iter().map(convert::content_change).collect();
        let uri = text_document.uri.as_str();
        match self.documents.change(uri, text_document.version, &changes, self.editor().encoding) {
            Ok(true) => {}
            Ok(false) => tracing::warn!("a change of a document that is not open was ignored"),
            Err(error) => {
                tracing::warn!(%error, "a change was refused; completions wait for the whole text");
            }
        }
        self.changed(uri);
    }

    async fn did_save(&self, _params: DidSaveTextDocumentParams) {}

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        let uri = params.text_document.uri.as_str();
        self.documents.close(uri);
        self.changed(uri);
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        self.take_settings(&params.settings, false);
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let paths = |folders: Vec<WorkspaceFolder>| {
            folders.iter().filter_map(|folder| file_path(folder.uri.as_str())).collect::<Vec<_>>()
        };
        self.documents.change_roots(paths(params.event.added), &paths(params.event.removed));
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        completion::answer(self, params).await.map(Some)
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        code_action::answer(self, params).await
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
    }

    /// Takes over settings from the client. Those of the model only at the start: later ones may be a workspace's.
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
            if self.options.settings.model.path.is_some() {
                new.model.path.clone_from(&self.options.settings.model.path);
            }
        } else {
            new.model = settings.model.clone();
        }
        *settings = new;
    }
}

fn describe(client: &ClientCapabilities) -> Editor {
    let inline = client.text_document.as_ref().is_some_and(|document| document.inline_completion.is_some());
    let progress = client.window.as_ref().and_then(|window| window.work_done_progress).unwrap_or_default();
    let actions = client.text_document.as_ref().and_then(|document| document.code_action.as_ref());
    let resolved = actions.and_then(|actions| actions.resolve_support.as_ref());
    let with_data = actions.and_then(|actions| actions.data_support).unwrap_or_default();
    let edits = client.workspace.as_ref().and_then(|workspace| workspace.workspace_edit.as_ref());
    Editor {
        encoding: convert::negotiate(client),
        inline,
        progress,
        code_actions: actions.is_some_and(|actions| actions.code_action_literal_support.is_some()),
        resolves_edits: with_data && resolved.is_some_and(|support| support.properties.iter().any(|p| p == "edit")),
        document_changes: edits.and_then(|edits| edits.document_changes).unwrap_or_default(),
        annotations: edits.is_some_and(|edits| edits.change_annotation_support.is_some()),
    }
}

fn capabilities(editor: Editor) -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::Supported(true)),
        ..TextDocumentSyncOptions::default()
    };
    let completion = CompletionOptions { resolve_provider: Some(false), ..CompletionOptions::default() };
    let actions = CodeActionProviderCapability::Options(CodeActionOptions {
        code_action_kinds: Some(vec![CodeActionKind::REFACTOR_REWRITE]),
        resolve_provider: Some(editor.resolves_edits),
        ..CodeActionOptions::default()
    });
    let folders =
        WorkspaceFoldersServerCapabilities { supported: Some(true), change_notifications: Some(OneOf::Left(true)) };
    let workspace =
        WorkspaceServerCapabilities { workspace_folders: Some(folders), ..WorkspaceServerCapabilities::default() };
    ServerCapabilities {
        workspace: Some(workspace),
        position_encoding: Some(convert::encoding_kind(editor.encoding)),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        inline_completion_provider: editor.inline.then_some(OneOf::Left(true)),
        completion_provider: (!editor.inline).then_some(completion),
        code_action_provider: editor.code_actions.then_some(actions),
        ..ServerCapabilities::default()
    }
}

/// The paths of the workspace's folders.
#[expect(deprecated, reason = "older clients send `rootUri` alone")]
fn roots(params: &InitializeParams) -> Vec<String> {
    let folders = params.workspace_folders.iter().flatten().map(|folder| folder.uri.as_str());
    folders.chain(params.root_uri.as_ref().map(|uri| uri.as_str())).filter_map(file_path).collect()
}
