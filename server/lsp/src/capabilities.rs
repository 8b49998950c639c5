//! What the server says it can do, as far as the editor can use it.
//!
//! `server` sends it once, in the answer to `initialize`. A new request has its entry here.

use crate::client_capabilities::ClientCapabilities;
use crate::convert;
use crate::requests::{code_action, diagnostic, execute_command};
use tower_lsp::ls_types::*;

/// All cells of notebooks of all kinds.
fn all_notebooks() -> NotebookDocumentSyncOptions {
    let all = NotebookSelector::ByNotebook {
        notebook: Notebook::String("*".into()),
        cells: None,
    };
    NotebookDocumentSyncOptions {
        notebook_selector: vec![all],
        save: None,
    }
}

/// For this client.
pub fn of(client: ClientCapabilities) -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        // The text corrects a document that is out of sync.
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions {
            include_text: Some(true),
        })),
        ..TextDocumentSyncOptions::default()
    };
    let completion = CompletionOptions {
        resolve_provider: Some(false),
        // After these a column is named: `users.`, `df["`.
        trigger_characters: Some(vec![".".into(), "\"".into(), "'".into()]),
        ..CompletionOptions::default()
    };
    let actions = CodeActionProviderCapability::Options(CodeActionOptions {
        code_action_kinds: Some(code_action::kinds()),
        resolve_provider: Some(client.resolves_edits),
        ..CodeActionOptions::default()
    });
    let folders = WorkspaceFoldersServerCapabilities {
        supported: Some(true),
        change_notifications: Some(OneOf::Left(true)),
    };
    let workspace = WorkspaceServerCapabilities {
        workspace_folders: Some(folders),
        ..WorkspaceServerCapabilities::default()
    };
    ServerCapabilities {
        workspace: Some(workspace),
        position_encoding: Some(convert::encoding_kind(client.encoding)),
        notebook_document_sync: client.notebooks.then(|| OneOf::Left(all_notebooks())),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        inline_completion_provider: client.inline.then_some(OneOf::Left(true)),
        completion_provider: Some(completion),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        diagnostic_provider: client
            .pull_diagnostics
            .then(|| diagnostic::capability(client.notebooks)),
        execute_command_provider: client.code_actions.then(|| ExecuteCommandOptions {
            commands: execute_command::commands(),
            ..ExecuteCommandOptions::default()
        }),
        code_action_provider: client.code_actions.then_some(actions),
        ..ServerCapabilities::default()
    }
}
