//! The language server: which message leads where.
//!
//! Notifications change the application's state; requests are answered by the functions of
//! `requests/`. A new request is a file there, a method here or a line in [`serve`], and an entry
//! in `capabilities.rs`.

use crate::client_capabilities::{self, ClientCapabilities};
use crate::context::RequestContext;
use crate::notebooks::{CELL_CODE_ACTION, Notebooks};
use crate::requests::{
    code_action, completion, debug, definition, diagnostic, execute_command, explain, hover,
    inline_completion, status,
};
use crate::{capabilities, convert, index_progress, model_progress, publish, wire};
use assistant::Assistant;
use assistant::uri::file_path;
use assistant::worker::Worker;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use text::{ContentChange, Encoding};
use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::*;
use tower_lsp::{Client, LanguageServer, LspService};

/// How long storing the index may take at the end.
const INDEX_SAVE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a loading model may take to stop at the end.
const LOAD_STOP_TIMEOUT: Duration = Duration::from_millis(200);

/// How a server is started: what the command line decides, and tests.
pub struct ServerOptions {
    /// The options of the application.
    pub assistant: assistant::AssistantOptions,
    /// Whether `debug/text`, `debug/index` and `debug/prompt` are answered.
    pub debug_requests: bool,
    /// What columns count, whatever the client offers.
    pub encoding: Option<Encoding>,
    /// Whether to end this process when the client's `processId` ends.
    pub watch_parent: bool,
}

/// What the library calls, for one editor.
pub struct Server {
    assistant: Arc<Assistant>,
    client: Client,
    capabilities: OnceLock<ClientCapabilities>,
    encoding: Option<Encoding>,
    watch_parent: bool,
}

/// Serves one client until its life ends: reads messages from `input`, writes to `output`.
pub async fn serve<R, W>(input: R, output: W, options: ServerOptions) -> wire::Ended
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let debug = options.debug_requests;
    let assistant = Arc::new(Assistant::new(options.assistant));
    let (learning, stopping) = (Arc::clone(&assistant.learning), Arc::clone(&assistant));
    let server = |client| Server {
        assistant,
        client,
        capabilities: OnceLock::new(),
        encoding: options.encoding,
        watch_parent: options.watch_parent,
    };
    let mut builder = LspService::build(server)
        .custom_method("textDocument/inlineCompletion", Server::inline_completion)
        .custom_method("nigh/status", Server::status)
        .custom_method("nigh/explain", Server::explain)
        .custom_method("window/workDoneProgress/cancel", Server::progress_cancelled)
        .custom_method(CELL_CODE_ACTION, Server::cell_code_action)
        .custom_method(wire::UNREADABLE_CHANGE, Server::unreadable_change);
    if debug {
        builder = builder
            .custom_method("debug/text", Server::debug_text)
            .custom_method("debug/index", Server::debug_index)
            .custom_method("debug/prompt", Server::explain);
    }
    let (service, socket) = builder.finish();
    let ended = wire::serve(input, output, Notebooks::new(service), socket).await;
    stopping.stop_loading(LOAD_STOP_TIMEOUT).await;
    let _ = tokio::task::spawn_blocking(move || learning.close()).await;
    ended
}

impl Server {
    /// What a request handler may use.
    fn context(&self) -> RequestContext {
        RequestContext {
            assistant: Arc::clone(&self.assistant),
            capabilities: self.capabilities(),
            client: self.client.clone(),
        }
    }

    fn capabilities(&self) -> ClientCapabilities {
        self.capabilities.get().copied().unwrap_or_default()
    }

    /// Starts the worker, and a task that shows how loading the model goes.
    fn start_worker(&self) {
        if let Err(error) = self.assistant.start_worker() {
            tracing::error!(%error, "the worker's thread could not be started");
        }
        if let Some(worker) = self.assistant.worker() {
            let shows_progress = self.capabilities().work_done_progress;
            let devices = self.assistant.devices().clone();
            let client = self.client.clone();
            let follow = model_progress::follow(client, worker.clone(), devices, shows_progress);
            tokio::spawn(follow);
        }
    }

    /// Starts the index, and a task that shows how far it is.
    fn start_indexer(&self) {
        if let Err(error) = self.assistant.start_indexer() {
            tracing::error!(%error, "the thread of the index could not be started");
        }
        let capabilities = self.capabilities();
        if let Some(indexer) = self.assistant.indexer() {
            let (client, progress) = (self.client.clone(), indexer.progress());
            let shows_progress = capabilities.work_done_progress;
            tokio::spawn(index_progress::follow(client, progress, shows_progress));
        }
        if capabilities.watches_files {
            tokio::spawn(index_progress::watch_files(self.client.clone()));
        }
    }

    /// Makes checkers ready, if the user trusts the workspace.
    fn start_checks(&self) {
        if let Err(error) = self.assistant.start_checks() {
            self.warn(format!("checkers are off: {error:#}"));
        }
    }

    /// Takes over settings; warns of those that are wrong.
    fn set_settings(&self, settings: &Value, at_start: bool) {
        let problems = self.assistant.set_settings(settings, at_start);
        if !problems.is_empty() {
            self.warn(format!("nigh's settings: {}", problems.join("; ")));
        }
    }

    /// Shows the user a warning and logs it.
    fn warn(&self, message: String) {
        tracing::warn!("{message}");
        self.context().show(MessageType::WARNING, message);
    }

    fn change(&self, uri: &str, version: i32, changes: &[ContentChange]) {
        let encoding = self.capabilities().encoding;
        let version = wire::known_version(version);
        match self
            .assistant
            .documents
            .change(uri, version, changes, encoding)
        {
            Ok(true) => {}
            Ok(false) => tracing::warn!("a change of a document that is not open was ignored"),
            Err(error) => {
                tracing::warn!(%error, "a change was refused; completions wait for the whole text");
            }
        }
    }

    async fn inline_completion(
        &self,
        params: InlineCompletionParams,
    ) -> Result<InlineCompletionList> {
        inline_completion::inline_completion(&self.context(), params).await
    }

    async fn status(&self, _params: Value) -> Result<Value> {
        Ok(status::status(&self.assistant))
    }

    async fn debug_text(&self, params: debug::TextParams) -> Result<Value> {
        debug::text(&self.context(), &params)
    }

    async fn debug_index(&self, params: debug::NameParams) -> Result<Value> {
        Ok(debug::index(&self.context(), &params))
    }

    async fn explain(&self, params: TextDocumentPositionParams) -> Result<Value> {
        explain::explain(&self.context(), params).await
    }

    async fn cell_code_action(
        &self,
        params: CodeActionParams,
    ) -> Result<Option<CodeActionResponse>> {
        let mut context = self.context();
        context.capabilities.resolves_edits = false;
        code_action::code_action(&context, params).await.map(Some)
    }

    /// Of all work that shows progress, only loading a model can be cancelled.
    async fn progress_cancelled(&self, params: WorkDoneProgressCancelParams) {
        if params.token == model_progress::token()
            && let Some(chosen) = self.assistant.worker().and_then(Worker::chosen)
        {
            chosen.cancel();
        }
    }

    /// A document differs from the editor's, as a change could not be read.
    async fn unreadable_change(&self, params: Value) {
        tracing::warn!("a change could not be read; completions wait for the whole text");
        self.assistant
            .documents
            .set_out_of_sync(params["uri"].as_str());
    }
}

impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let described = || ClientCapabilities::new(&params.capabilities, self.encoding);
        let client = *self.capabilities.get_or_init(described);
        let folders = client_capabilities::workspace_folders(&params);
        self.assistant.change_folders(folders, &[]);
        if let Some(options) = &params.initialization_options {
            self.set_settings(options, true);
        }
        if self.watch_parent
            && let Some(id) = params.process_id
        {
            wire::exit_with_process(id);
        }
        Ok(InitializeResult {
            capabilities: capabilities::of(client),
            server_info: Some(ServerInfo {
                name: "nigh".into(),
                version: Some(env!("CARGO_PKG_VERSION").into()),
            }),
            offset_encoding: None,
        })
    }

    async fn initialized(&self, _params: InitializedParams) {
        if let Err(why) = self.assistant.load_gate() {
            self.warn(why);
        }
        self.start_worker();
        self.start_indexer();
        self.start_checks();
        self.assistant.start_following();
        if let Some(updates) = self.assistant.diagnostics_updates() {
            tokio::spawn(publish::follow(self.context(), updates));
        }
    }

    async fn shutdown(&self) -> Result<()> {
        self.assistant.store_index(INDEX_SAVE_TIMEOUT).await;
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let TextDocumentItem {
            uri,
            language_id,
            version,
            text,
        } = params.text_document;
        let version = wire::known_version(version);
        let documents = &self.assistant.documents;
        if let Err(error) = documents.open(uri.as_str(), &language_id, version, &text) {
            self.warn(format!("nigh ignores this file: {error}"));
        }
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let changes = params.content_changes.into_iter();
        let changes: Vec<_> = changes.map(convert::content_change).collect();
        let document = params.text_document;
        self.change(document.uri.as_str(), document.version, &changes);
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        let uri = params.text_document.uri.as_str();
        if let Some(text) = params.text
            && self.assistant.documents.is_out_of_sync(uri)
        {
            let whole = ContentChange { range: None, text };
            self.change(uri, wire::NO_VERSION, &[whole]);
        }
        self.assistant
            .files_changed(file_path(uri).into_iter().collect());
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        let changes = params.changes.iter();
        let paths = changes.filter_map(|change| file_path(change.uri.as_str()));
        self.assistant.files_changed(paths.collect());
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.assistant
            .documents
            .close(params.text_document.uri.as_str());
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        self.set_settings(&params.settings, false);
        publish::refresh(&self.context());
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let WorkspaceFoldersChangeEvent { added, removed } = params.event;
        self.assistant
            .change_folders(paths(&added), &paths(&removed));
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        completion::completion(&self.context(), params)
            .await
            .map(Some)
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        hover::hover(&self.context(), params).await
    }

    async fn goto_definition(
        &self,
        params: GotoDefinitionParams,
    ) -> Result<Option<GotoDefinitionResponse>> {
        definition::definition(&self.context(), params).await
    }

    async fn diagnostic(
        &self,
        params: DocumentDiagnosticParams,
    ) -> Result<DocumentDiagnosticReportResult> {
        diagnostic::diagnostic(&self.context(), params).await
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        code_action::code_action(&self.context(), params)
            .await
            .map(Some)
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        code_action::code_action_resolve(&self.context(), action).await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<LSPAny>> {
        execute_command::execute_command(&self.context(), params)
            .await
            .map(|()| None)
    }
}

fn paths(folders: &[WorkspaceFolder]) -> Vec<PathBuf> {
    let uris = folders.iter().map(|folder| folder.uri.as_str());
    uris.filter_map(file_path).collect()
}
