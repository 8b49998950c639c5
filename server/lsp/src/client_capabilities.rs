//! What the editor at the other end can do, as far as answers depend on it.
//!
//! `server` reads it once from the capabilities that `initialize` brings; handlers find it in their
//! context.

use crate::convert::encoding_named;
use assistant::uri::file_path;
use std::path::PathBuf;
use text::Encoding;
use tower_lsp::ls_types::{self as lsp, InitializeParams, InsertTextMode};

/// What `initialize` said of the editor.
#[derive(Clone, Copy, Default)]
pub struct ClientCapabilities {
    /// What columns count.
    pub encoding: Encoding,
    /// Whether it shows inline completions.
    pub inline: bool,
    /// How it treats the indentation of a menu item of several lines.
    pub indentation: Indentation,
    /// Whether it shows progress that the server begins.
    pub work_done_progress: bool,
    /// Whether it shows a page when it is asked to.
    pub shows_documents: bool,
    /// Whether it can be asked to report changed files.
    pub watches_files: bool,
    /// Whether it takes code actions as objects, rather than commands only.
    pub code_actions: bool,
    /// Whether it marks one of the code actions as preferred.
    pub is_preferred: bool,
    /// Whether it shows code actions that cannot be chosen, with the reason.
    pub disabled_actions: bool,
    /// Whether it asks for the edit of a code action when the user chooses it.
    pub resolves_edits: bool,
    /// Whether an edit may name the versions of the documents it is for.
    pub document_changes: bool,
    /// Whether it asks for diagnostics itself.
    pub pull_diagnostics: bool,
    /// Whether the server can make it ask for diagnostics again.
    pub refresh_diagnostics: bool,
    /// Whether a diagnostic may point to other places.
    pub related_information: bool,
    /// Whether published diagnostics may name the version they are for.
    pub diagnostic_versions: bool,
    /// Whether notebooks are served. An editor that is sent diagnostics unasked is not served so:
    /// those would not be in the lines of cells.
    pub notebooks: bool,
}

/// What happens to the indentation of a menu item of several lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Indentation {
    /// It stays as it is written.
    #[default]
    Stays,
    /// It stays where the item asks for that.
    StaysIfAsked,
    /// The editor adds that of the cursor's line to each line.
    IsAdded,
}

impl Indentation {
    fn of(completion: &lsp::CompletionClientCapabilities) -> Self {
        let usual = completion.insert_text_mode;
        let item = completion.completion_item.as_ref();
        let modes = item.and_then(|item| item.insert_text_mode_support.as_ref());
        match modes.map(|modes| modes.value_set.as_slice()) {
            Some(modes) if modes.contains(&InsertTextMode::AS_IS) => Self::StaysIfAsked,
            Some([InsertTextMode::ADJUST_INDENTATION]) => Self::IsAdded,
            _ if usual == Some(InsertTextMode::ADJUST_INDENTATION) => Self::IsAdded,
            _ => Self::Stays,
        }
    }
}

impl ClientCapabilities {
    /// From what the client says of itself. `encoding` is used whatever the client offers.
    pub fn new(client: &lsp::ClientCapabilities, encoding: Option<Encoding>) -> Self {
        let mut known = Self {
            encoding: encoding.unwrap_or_else(|| negotiated_encoding(client)),
            ..Self::default()
        };
        if let Some(window) = &client.window {
            known.work_done_progress = window.work_done_progress.unwrap_or_default();
            known.shows_documents = window
                .show_document
                .as_ref()
                .is_some_and(|shown| shown.support);
        }
        if let Some(workspace) = &client.workspace {
            known.read_workspace(workspace);
        }
        if let Some(document) = &client.text_document {
            known.read_text_document(document);
        }
        known.notebooks = client.notebook_document.is_some() && known.pull_diagnostics;
        known
    }

    fn read_workspace(&mut self, workspace: &lsp::WorkspaceClientCapabilities) {
        let watched = workspace.did_change_watched_files.as_ref();
        let registers = watched.and_then(|watched| watched.dynamic_registration);
        self.watches_files = registers.unwrap_or_default();
        let edits = workspace.workspace_edit.as_ref();
        let versioned = edits.and_then(|edits| edits.document_changes);
        self.document_changes = versioned.unwrap_or_default();
        let diagnostics = workspace.diagnostics.as_ref();
        let refresh = diagnostics.and_then(|diagnostics| diagnostics.refresh_support);
        self.refresh_diagnostics = refresh.unwrap_or_default();
    }

    fn read_text_document(&mut self, document: &lsp::TextDocumentClientCapabilities) {
        self.inline = document.inline_completion.is_some();
        if let Some(completion) = &document.completion {
            self.indentation = Indentation::of(completion);
        }
        if let Some(actions) = &document.code_action {
            self.read_code_action(actions);
        }
        self.pull_diagnostics = document.diagnostic.is_some();
        let pulled = document.diagnostic.as_ref();
        let published = document.publish_diagnostics.as_ref();
        let related = published.and_then(|published| published.related_information);
        let related = related.or(pulled.and_then(|pulled| pulled.related_information));
        self.related_information = related.unwrap_or_default();
        let versions = published.and_then(|published| published.version_support);
        self.diagnostic_versions = versions.unwrap_or_default();
    }

    fn read_code_action(&mut self, actions: &lsp::CodeActionClientCapabilities) {
        self.code_actions = actions.code_action_literal_support.is_some();
        self.is_preferred = actions.is_preferred_support.unwrap_or_default();
        self.disabled_actions = actions.disabled_support.unwrap_or_default();
        let resolved = actions.resolve_support.as_ref();
        let names_edit = |resolved: &lsp::CodeActionCapabilityResolveSupport| {
            resolved
                .properties
                .iter()
                .any(|property| property == "edit")
        };
        let keeps_data = actions.data_support.unwrap_or_default();
        self.resolves_edits = keeps_data && resolved.is_some_and(names_edit);
    }
}

/// The encoding to use with a client: the first it offers that is not the protocol's own UTF-16,
/// which is only the fallback. Clients name the one they count in first, and some know the others
/// badly.
fn negotiated_encoding(client: &lsp::ClientCapabilities) -> Encoding {
    let general = client.general.as_ref();
    let offered = general.and_then(|general| general.position_encodings.as_deref());
    let offered = offered.unwrap_or_default().iter();
    let mut known = offered.filter_map(|kind| encoding_named(kind.as_str()).ok());
    let other = known.find(|encoding| *encoding != Encoding::Utf16);
    other.unwrap_or_default()
}

/// The paths of the workspace's folders.
#[expect(deprecated, reason = "older clients send only `rootUri`")]
pub fn workspace_folders(params: &InitializeParams) -> Vec<PathBuf> {
    let folders = params.workspace_folders.iter().flatten();
    let folders = folders.map(|folder| folder.uri.as_str());
    let root = params.root_uri.as_ref().map(|uri| uri.as_str());
    folders.chain(root).filter_map(file_path).collect()
}
