//! Sends the editor news about bugs: publishes diagnostics, or has an editor that asks for them ask
//! again.

use crate::context::RequestContext;
use crate::convert;
use assistant::diagnostics::{DiagnosticsUpdate, DocumentDiagnostics};
use std::collections::HashSet;
use tokio::sync::mpsc::UnboundedReceiver;
use tower_lsp::ls_types::{Diagnostic, Uri};

/// Follows the updates until the session ends.
pub async fn follow(context: RequestContext, mut updates: UnboundedReceiver<DiagnosticsUpdate>) {
    let mut publisher = Publisher {
        context,
        published: HashSet::new(),
    };
    while let Some(update) = updates.recv().await {
        publisher.send(update).await;
    }
}

struct Publisher {
    context: RequestContext,
    /// The documents with published diagnostics.
    published: HashSet<String>,
}

impl Publisher {
    async fn send(&mut self, update: DiagnosticsUpdate) {
        let pulls = self.context.capabilities.pull_diagnostics;
        match update {
            DiagnosticsUpdate::Found(_) if pulls => {}
            DiagnosticsUpdate::Revised(_) if pulls => refresh(&self.context),
            DiagnosticsUpdate::Found(found) | DiagnosticsUpdate::Revised(found) => {
                self.publish_bugs(&found).await;
            }
            DiagnosticsUpdate::Closed(uri) => self.publish(&uri, Vec::new(), None).await,
        }
    }

    /// Publishes the bugs of a document, unless it has changed since.
    async fn publish_bugs(&mut self, found: &DocumentDiagnostics) {
        let document = &found.document;
        let revision = self.context.assistant.documents.revision(&document.uri);
        if revision != Some(document.revision) {
            return;
        }
        let capabilities = self.context.capabilities;
        let shown = convert::diagnostics(capabilities, found);
        let version = capabilities.diagnostic_versions.then(|| document.version());
        self.publish(&document.uri, shown, version).await;
    }

    /// Sends nothing where there is nothing and was nothing.
    async fn publish(&mut self, uri: &str, shown: Vec<Diagnostic>, version: Option<i32>) {
        let is_shown = !shown.is_empty();
        let was_shown = if is_shown {
            !self.published.insert(uri.to_owned())
        } else {
            self.published.remove(uri)
        };
        if let Ok(uri) = uri.parse::<Uri>()
            && (is_shown || was_shown)
        {
            self.context
                .client
                .publish_diagnostics(uri, shown, version)
                .await;
        }
    }
}

/// Has an editor that asks for diagnostics ask again, if it can. Does not wait for its answer.
pub fn refresh(context: &RequestContext) {
    let capabilities = context.capabilities;
    if !capabilities.pull_diagnostics || !capabilities.refresh_diagnostics {
        return;
    }
    let client = context.client.clone();
    tokio::spawn(async move {
        if let Err(error) = client.workspace_diagnostic_refresh().await {
            tracing::debug!(%error, "the editor does not ask for diagnostics again");
        }
    });
}
