//! Shows the user how loading the model goes: progress if it takes long, a message if it fails or
//! if another model runs instead of the chosen one. The first failure of a remote engine is shown
//! too, and no other one. Messages about a GPU that fails again and again come one by one.
//!
//! While the chosen model is loaded the embedded one answers, so its progress can be cancelled.

use assistant::device::Devices;
use assistant::model::{ChosenHandle, ChosenPhase, ChosenStatus, Description};
use assistant::worker::{Readiness, Worker};
use assistant::{EnginePhase, EngineStatus};
use std::time::Duration;
use tokio::sync::watch;
use tower_lsp::Client;
use tower_lsp::ls_types::{MessageType, ProgressToken};

/// If a model answers sooner than this, its loading shows no progress. It is longer than it takes
/// to open the embedded model in the place of the chosen one.
const FIRST_MODEL: Duration = Duration::from_secs(1);
/// A chosen model that is loaded sooner than this, after another one answers, shows no progress.
const SOON: Duration = Duration::from_millis(300);
/// The least time between two reports of progress.
const OFTEN: Duration = Duration::from_millis(250);

/// What names the progress of loading.
pub fn token() -> ProgressToken {
    ProgressToken::String("nigh/loading".into())
}

/// Follows the loading to its end, then the chosen model and the engine. `progress`: the editor
/// shows progress that a server begins.
pub async fn follow(client: Client, worker: Worker, devices: Devices, progress: bool) {
    let end = follow_loading(&client, worker.readiness(), progress).await;
    let chosen = async {
        match worker.chosen() {
            Some(chosen) => follow_chosen(&client, chosen, progress).await,
            None => show_end(&client, end).await,
        }
    };
    let engine = async {
        if let Some(engine) = worker.engine() {
            follow_engine(&client, engine).await;
        }
    };
    tokio::join!(chosen, engine, follow_devices(&client, &devices));
}

/// Shows each message about a GPU, until the server ends.
async fn follow_devices(client: &Client, devices: &Devices) {
    let Some(mut notices) = devices.notices() else {
        return;
    };
    while notices.changed().await.is_ok() {
        let notice = notices.borrow_and_update().clone();
        if let Some(message) = notice {
            client.show_message(MessageType::WARNING, message).await;
        }
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
) -> Readiness {
    let soon = tokio::time::timeout(FIRST_MODEL, loaded(&mut readiness)).await;
    match soon {
        Ok(end) => end,
        Err(_) if progress => with_progress(client, &mut readiness).await,
        Err(_) => loaded(&mut readiness).await,
    }
}

/// Shows why there is no model, or why another one answers.
async fn show_end(client: &Client, end: Readiness) {
    match end {
        Readiness::Failed(why) => {
            let message = format!("nigh cannot complete: {why}. Run `nigh doctor` for help.");
            tracing::error!("{message}");
            client.show_message(MessageType::ERROR, message).await;
        }
        Readiness::Ready(Description {
            instead: Some(why), ..
        }) => show_instead(client, &why).await,
        _ => {}
    }
}

async fn show_instead(client: &Client, why: &str) {
    let message = format!("nigh uses the embedded model instead: {why}");
    client.show_message(MessageType::WARNING, message).await;
}

/// Shows each time how loading the chosen model goes, until the server ends.
async fn follow_chosen(client: &Client, chosen: &ChosenHandle, progress: bool) {
    let mut status = chosen.status();
    loop {
        let is_loading = |status: &ChosenStatus| status.phase == ChosenPhase::Loading;
        if progress && !ends_within(SOON, &mut status).await {
            show_percent(client, &mut status).await;
        }
        let ended = status.wait_for(|status| !is_loading(status)).await;
        let why = ended.map_or(None, |status| status.why.clone());
        if let Some(why) = &why {
            show_instead(client, why).await;
        }
        // Loading that fails at once may be over before it is seen.
        let begins =
            |status: &ChosenStatus| is_loading(status) || status.why.is_some() && status.why != why;
        if status.wait_for(begins).await.is_err() {
            return;
        }
    }
}

/// Shows how much of the model is loaded, with a button that cancels it.
async fn show_percent(client: &Client, status: &mut watch::Receiver<ChosenStatus>) {
    if client.create_work_done_progress(token()).await.is_err() {
        return;
    }
    let name = status.borrow().name.clone();
    let percent = |status: &ChosenStatus| u32::from(status.percent.unwrap_or(0));
    let mut shown = percent(&status.borrow());
    let progress = client
        .progress(token(), format!("nigh: loading {name}"))
        .with_percentage(shown)
        .with_cancel_button()
        .begin()
        .await;
    loop {
        if ends_within(OFTEN, status).await {
            break;
        }
        let now = percent(&status.borrow());
        if now != shown {
            progress.report(now, None).await;
            shown = now;
        }
    }
    progress.finish().await;
}

/// Whether loading ends within this time.
async fn ends_within(time: Duration, status: &mut watch::Receiver<ChosenStatus>) -> bool {
    let ended = status.wait_for(|status| status.phase != ChosenPhase::Loading);
    tokio::time::timeout(time, ended).await.is_ok()
}

async fn with_progress(client: &Client, readiness: &mut watch::Receiver<Readiness>) -> Readiness {
    if client.create_work_done_progress(token()).await.is_err() {
        return loaded(readiness).await;
    }
    let progress = client
        .progress(token(), "nigh: loading the model")
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
