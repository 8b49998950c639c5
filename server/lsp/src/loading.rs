//! Tells the user how loading the model goes: progress where it takes long, a message where it fails.

use crate::worker::Readiness;
use std::time::Duration;
use tokio::sync::watch;
use tower_lsp::Client;
use tower_lsp::ls_types::{MessageType, ProgressToken};

/// Loading that is done sooner than this shows no progress.
const SOON: Duration = Duration::from_millis(300);

/// Follows the loading to its end. `progress`: the editor shows progress that a server begins.
pub async fn follow(client: Client, mut readiness: watch::Receiver<Readiness>, progress: bool) {
    let soon = tokio::time::timeout(SOON, loaded(&mut readiness)).await;
    let why = match soon {
        Ok(why) => why,
        Err(_) if progress => with_progress(&client, &mut readiness).await,
        Err(_) => loaded(&mut readiness).await,
    };
    if let Some(why) = why {
        let message = format!("nigh cannot complete anything: {why}. Run `nigh doctor` for what to do.");
        tracing::error!("{message}");
        client.show_message(MessageType::ERROR, message).await;
    }
}

async fn with_progress(client: &Client, readiness: &mut watch::Receiver<Readiness>) -> Option<String> {
    let token = ProgressToken::String("nigh/loading".into());
    if client.create_work_done_progress(token.clone()).await.is_err() {
        return loaded(readiness).await;
    }
    let progress = client.progress(token, "nigh: loading the model").begin().await;
    let why = loaded(readiness).await;
    progress.finish().await;
    why
}

/// Waits until the model is there, or gives back why it is not.
async fn loaded(readiness: &mut watch::Receiver<Readiness>) -> Option<String> {
    match readiness.wait_for(|readiness| *readiness != Readiness::Loading).await.as_deref() {
        Ok(Readiness::Failed(why)) => Some(why.clone()),
        _ => None,
    }
}
