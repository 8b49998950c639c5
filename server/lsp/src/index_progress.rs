//! What the index needs of the editor: to show progress where reading takes long, and to report
//! changed files.

use assistant::indexing::{Phase, Progress};
use std::time::Duration;
use tokio::sync::watch;
use tower_lsp::Client;
use tower_lsp::ls_types::{
    DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, ProgressToken,
    Registration,
};

/// Indexing that is done sooner than this shows no progress.
const SOON: Duration = Duration::from_millis(500);
/// The least time between two reports of progress.
const OFTEN: Duration = Duration::from_millis(250);

/// Follows the index until the server ends. `shows`: the editor shows progress that a server
/// begins.
pub async fn follow(client: Client, mut progress: watch::Receiver<Progress>, shows: bool) {
    while shows
        && progress
            .wait_for(|progress| !is_at_rest(progress))
            .await
            .is_ok()
    {
        let soon = tokio::time::timeout(SOON, progress.wait_for(is_at_rest))
            .await
            .map(|found| found.is_ok());
        match soon {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => show(&client, &mut progress).await,
        }
    }
}

fn is_at_rest(progress: &Progress) -> bool {
    matches!(progress.phase, Phase::Off | Phase::Ready)
}

/// Shows progress until the index is at rest.
async fn show(client: &Client, progress: &mut watch::Receiver<Progress>) {
    let token = ProgressToken::String("nigh/indexing".into());
    if client
        .create_work_done_progress(token.clone())
        .await
        .is_err()
    {
        let _ = progress.wait_for(is_at_rest).await;
        return;
    }
    let shown = client
        .progress(token, "nigh: indexing")
        .with_percentage(0)
        .begin()
        .await;
    loop {
        let now = *progress.borrow_and_update();
        if is_at_rest(&now) {
            break;
        }
        let percentage = 100 * now.done / now.total.max(1);
        shown
            .report_with_message(
                format!("{} of {} files", now.done, now.total),
                percentage as u32,
            )
            .await;
        tokio::time::sleep(OFTEN).await;
        if progress.changed().await.is_err() {
            break;
        }
    }
    shown.finish().await;
}

/// Asks the editor to tell of all changed files; what is of no interest is sorted out by the walk.
pub async fn watch_files(client: Client) {
    let watcher = FileSystemWatcher {
        glob_pattern: GlobPattern::String("**/*".into()),
        kind: None,
    };
    let options = DidChangeWatchedFilesRegistrationOptions {
        watchers: vec![watcher],
    };
    let registration = Registration {
        id: "nigh/files".into(),
        method: "workspace/didChangeWatchedFiles".into(),
        register_options: serde_json::to_value(options).ok(),
    };
    if let Err(error) = client.register_capability(vec![registration]).await {
        tracing::info!(%error, "the editor does not tell of changed files; they are looked for every ten minutes");
    }
}
