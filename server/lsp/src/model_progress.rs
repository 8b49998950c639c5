//! Shows the user how loading the model goes: progress if it takes long, a message if it fails or
//! if another model runs instead of the chosen one. The first failure of a remote engine is shown
//! too, and no other one.

use assistant::model::Description;
use assistant::worker::{Readiness, Worker};
use assistant::{EnginePhase, EngineStatus};
use std::time::Duration;
use tokio::sync::watch;
use tower_lsp::Client;
use tower_lsp::ls_types::{MessageType, ProgressToken};

/// Loading that is done sooner than this shows no progress.
const SOON: Duration = Duration::from_millis(300);

/// Follows the loading to its end, then the engine. `progress`: the editor shows progress that a
/// server begins.
pub async fn follow(client: Client, worker: Worker, progress: bool) {
    follow_loading(&client, worker.readiness(), progress).await;
    if let Some(engine) = worker.engine() {
        follow_engine(&client, engine).await;
    }
}

/// Waits for the first failure of the engine, and shows it.
async fn follow_engine(client: &Client, mut engine: watch::Receiver<EngineStatus>) {
    let failed =
        |status: &EngineStatus| matches!(status.phase, EnginePhase::Paused | EnginePhase::Unusable);
    let message = match engine.wait_for(failed).await {
        Ok(status) => format!(
            "nigh uses only the embedded model, as the engine {} cannot be used: {}",
            status.url,
            status.why.as_deref().unwrap_or("no reason is known")
        ),
        Err(_) => return,
    };
    tracing::warn!("{message}");
    client.show_message(MessageType::WARNING, message).await;
}

async fn follow_loading(
    client: &Client,
    mut readiness: watch::Receiver<Readiness>,
    progress: bool,
) {
    let soon = tokio::time::timeout(SOON, loaded(&mut readiness)).await;
    let end = match soon {
        Ok(end) => end,
        Err(_) if progress => with_progress(client, &mut readiness).await,
        Err(_) => loaded(&mut readiness).await,
    };
    match end {
        Readiness::Failed(why) => {
            let message = format!("nigh cannot complete: {why}. Run `nigh doctor` for help.");
            tracing::error!("{message}");
            client.show_message(MessageType::ERROR, message).await;
        }
        Readiness::Ready(Description {
            instead: Some(why), ..
        }) => {
            let message = format!("nigh uses the embedded model instead: {why}");
            client.show_message(MessageType::WARNING, message).await;
        }
        _ => {}
    }
}

async fn with_progress(client: &Client, readiness: &mut watch::Receiver<Readiness>) -> Readiness {
    let token = ProgressToken::String("nigh/loading".into());
    if client
        .create_work_done_progress(token.clone())
        .await
        .is_err()
    {
        return loaded(readiness).await;
    }
    let progress = client
        .progress(token, "nigh: loading the model")
        .begin()
        .await;
    let end = loaded(readiness).await;
    progress.finish().await;
    end
}

/// Waits until the model is there, or will not be.
async fn loaded(readiness: &mut watch::Receiver<Readiness>) -> Readiness {
    let end = readiness
        .wait_for(|readiness| *readiness != Readiness::Loading)
        .await;
    end.map_or(Readiness::Loading, |end| end.clone())
}
