//! What the editor at the other end can do, as far as answers depend on it.
//!
//! `server` reads it once from the capabilities that `initialize` brings; requests look it up.

use crate::convert;
use crate::file_path::file_path;
use std::path::PathBuf;
use text::Encoding;
use tower_lsp::ls_types::{ClientCapabilities, InitializeParams, InsertTextMode};

/// What `initialize` said of the editor.
#[derive(Clone, Copy, Default)]
pub(crate) struct Editor {
    /// What columns count.
    pub encoding: Encoding,
    /// Whether it shows inline completions.
    pub inline: bool,
    /// How it treats the indentation of a menu's entry of several lines.
    pub indentation: Indentation,
    /// Whether it shows progress that the server begins.
    pub progress: bool,
    /// Whether it can be asked to tell of changed files.
    pub watches: bool,
    /// Whether it takes code actions as objects, rather than commands only.
    pub code_actions: bool,
    /// Whether it looks at which of the code actions is the one to prefer.
    pub prefers: bool,
    /// Whether it asks for the edit of a code action when the user chooses it.
    pub resolves_edits: bool,
    /// Whether an edit may name the versions of the documents it is for.
    pub document_changes: bool,
    /// Whether it asks for diagnostics itself.
    pub pulls: bool,
    /// Whether it can be told to ask for diagnostics again.
    pub refreshes: bool,
    /// Whether a diagnostic may point to other places.
    pub related: bool,
    /// Whether published diagnostics may name the version they are for.
    pub versions: bool,
    /// Whether it tells of notebooks. One that is sent diagnostics unasked is not served so: nobody
    /// would tell those in the lines of cells.
    pub notebooks: bool,
}

/// What becomes of the indentation of a menu's entry of several lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Indentation {
    /// It stays as it is written.
    #[default]
    Stays,
    /// It stays where the entry says that it is to.
    StaysIfSaid,
    /// The editor puts that of the cursor's line in front of each line.
    IsAdded,
}

impl Indentation {
    fn of(client: &ClientCapabilities) -> Self {
        let completion = client
            .text_document
            .as_ref()
            .and_then(|document| document.completion.as_ref());
        let modes = completion.and_then(|completion| {
            completion
                .completion_item
                .as_ref()?
                .insert_text_mode_support
                .as_ref()
        });
        let usual = completion.and_then(|completion| completion.insert_text_mode);
        match modes.map(|modes| modes.value_set.as_slice()) {
            Some(modes) if modes.contains(&InsertTextMode::AS_IS) => Self::StaysIfSaid,
            Some([InsertTextMode::ADJUST_INDENTATION]) => Self::IsAdded,
            _ if usual == Some(InsertTextMode::ADJUST_INDENTATION) => Self::IsAdded,
            _ => Self::Stays,
        }
    }
}

impl Editor {
    /// From the client's capabilities; with an encoding, that one is used.
    pub fn describe(client: &ClientCapabilities, encoding: Option<Encoding>) -> Self {
        let inline = client
            .text_document
            .as_ref()
            .is_some_and(|document| document.inline_completion.is_some());
        let progress = client
            .window
            .as_ref()
            .and_then(|window| window.work_done_progress)
            .unwrap_or_default();
        let watched = client
            .workspace
            .as_ref()
            .and_then(|workspace| workspace.did_change_watched_files.as_ref());
        let watches = watched
            .and_then(|watched| watched.dynamic_registration)
            .unwrap_or_default();
        let actions = client
            .text_document
            .as_ref()
            .and_then(|document| document.code_action.as_ref());
        let resolved = actions.and_then(|actions| actions.resolve_support.as_ref());
        let with_data = actions
            .and_then(|actions| actions.data_support)
            .unwrap_or_default();
        let edits = client
            .workspace
            .as_ref()
            .and_then(|workspace| workspace.workspace_edit.as_ref());
        let document = client.text_document.as_ref();
        let pulls = document.and_then(|document| document.diagnostic.as_ref());
        let asks_again = client
            .workspace
            .as_ref()
            .and_then(|workspace| workspace.diagnostics.as_ref());
        let published = document.and_then(|document| document.publish_diagnostics.as_ref());
        let pulled = pulls.and_then(|pulls| pulls.related_information);
        Self {
            pulls: pulls.is_some(),
            notebooks: client.notebook_document.is_some() && pulls.is_some(),
            refreshes: asks_again
                .and_then(|diagnostics| diagnostics.refresh_support)
                .unwrap_or_default(),
            related: published
                .and_then(|published| published.related_information)
                .or(pulled)
                .unwrap_or_default(),
            versions: published
                .and_then(|published| published.version_support)
                .unwrap_or_default(),
            encoding: encoding.unwrap_or_else(|| convert::negotiate(client)),
            inline,
            indentation: Indentation::of(client),
            progress,
            watches,
            prefers: actions
                .and_then(|actions| actions.is_preferred_support)
                .unwrap_or_default(),
            code_actions: actions
                .is_some_and(|actions| actions.code_action_literal_support.is_some()),
            resolves_edits: with_data
                && resolved.is_some_and(|support| support.properties.iter().any(|p| p == "edit")),
            document_changes: edits
                .and_then(|edits| edits.document_changes)
                .unwrap_or_default(),
        }
    }
}

/// The paths of the workspace's folders.
#[expect(deprecated, reason = "older clients send `rootUri` alone")]
pub(crate) fn roots(params: &InitializeParams) -> Vec<PathBuf> {
    let folders = params
        .workspace_folders
        .iter()
        .flatten()
        .map(|folder| folder.uri.as_str());
    folders
        .chain(params.root_uri.as_ref().map(|uri| uri.as_str()))
        .filter_map(file_path)
        .collect()
}
