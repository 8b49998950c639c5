//! A remote engine: meets its server, asks it, and pauses after failures.
//!
//! One thread serves all requests of an engine. Callers never wait on it: they get a
//! [`PendingAnswer`], take what has arrived, and drop it when they have seen enough. Dropping it
//! closes the connection, by which servers know that they may stop.

use crate::address::EngineAddress;
use crate::answer::answer;
use crate::client::Client;
use crate::dialects::Dialect;
use crate::error::RemoteError;
use crate::limits::RemoteLimits;
use crate::prompt::{AnswerEvent, Conversation, RemoteRequest};
use crate::server::{ModelServer, Wanted};
use crate::shared::{Accept, Chosen, Shared};
use crate::status::{EnginePhase, EngineStatus};
use crate::tls::Tls;
use hyper::header::HeaderValue;
use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// Look-ups of names that may run at once; the system's own look-up cannot be stopped.
const LOOK_UPS: usize = 2;

/// How an engine is set up.
pub struct RemoteOptions {
    /// Where the server is.
    pub address: EngineAddress,
    /// What it asks for as `Authorization: Bearer`.
    pub token: Option<String>,
    /// What it speaks; found out if absent.
    pub dialect: Option<Dialect>,
    /// The model to ask; the only one if absent.
    pub model: Option<String>,
    /// The markers that the caller may use in prompts.
    pub markers: Vec<String>,
    /// Conversations of placeholders, one of which llama-server is to render with its template: the
    /// first that comes back whole. None if the caller does not chat.
    pub conversations: Vec<Conversation>,
    /// Whether the caller can use the server.
    pub accept: Accept,
    /// How long everything may take.
    pub limits: RemoteLimits,
}

/// A model on a server.
pub struct RemoteEngine {
    shared: Arc<Shared>,
    /// Absent only while it is dropped.
    runtime: Option<Runtime>,
}

/// An answer that is on its way. Dropping it closes the connection.
pub struct PendingAnswer {
    events: Receiver<AnswerEvent>,
    task: Option<AbortHandle>,
    shared: Arc<Shared>,
}

impl Drop for PendingAnswer {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl PendingAnswer {
    /// Says that the text so far is the answer: the rest is not needed, and the server did well.
    pub fn enough(&self) {
        self.shared.answered();
    }

    /// What has arrived, waiting at most this long; `None` if nothing has.
    pub fn next(&self, wait: Duration) -> Option<AnswerEvent> {
        match self.events.recv_timeout(wait) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(AnswerEvent::Failed),
        }
    }
}

impl RemoteEngine {
    /// Starts the engine's thread, which meets the server. The error says what is wrong with the
    /// options.
    pub fn start(options: RemoteOptions) -> Result<Self, String> {
        let token = options.token.as_deref().map(bearer).transpose()?;
        let runtime = runtime().map_err(|error| format!("no thread for the engine: {error}"))?;
        let status = EngineStatus {
            url: options.address.to_string(),
            ..EngineStatus::default()
        };
        let shared = Arc::new(Shared {
            client: Client {
                address: options.address,
                token,
                limits: options.limits,
                tls: Tls::default(),
            },
            chosen: Chosen {
                dialect: options.dialect,
                model: options.model,
                markers: options.markers,
                conversations: options.conversations,
                accept: options.accept,
            },
            state: Mutex::default(),
            status: watch::Sender::new(status),
        });
        runtime.spawn(meet(Arc::clone(&shared)));
        Ok(Self {
            shared,
            runtime: Some(runtime),
        })
    }

    /// The state, now and later.
    pub fn status(&self) -> watch::Receiver<EngineStatus> {
        self.shared.status.subscribe()
    }

    /// How long things may take.
    pub fn limits(&self) -> RemoteLimits {
        self.shared.client.limits
    }

    /// Waits until the server is met, or is not to be met, at most this long. Not for a thread that
    /// runs tasks.
    pub fn wait(&self, limit: Duration) {
        let mut status = self.status();
        let met = async move {
            let known = |status: &EngineStatus| status.phase != EnginePhase::Connecting;
            let _ = timeout(limit, status.wait_for(known)).await;
        };
        if let Some(runtime) = &self.runtime {
            runtime.block_on(met);
        }
    }

    /// The server, if it can be asked now. After a pause it is met again, which no one waits for.
    pub fn server(&self) -> Option<Arc<ModelServer>> {
        let mut state = self.shared.lock();
        if state.server.is_none() && state.retry_at.is_some_and(|at| Instant::now() >= at) {
            state.retry_at = None;
            self.spawn(meet(Arc::clone(&self.shared)));
        }
        state.server.clone()
    }

    /// Asks the server.
    pub fn ask(&self, server: Arc<ModelServer>, request: RemoteRequest) -> PendingAnswer {
        let (sender, events) = mpsc::channel();
        let shared = Arc::clone(&self.shared);
        let task = self.spawn(async move {
            let event = match answer(&shared, &server, &request, &sender).await {
                Ok(completed) => AnswerEvent::End(completed),
                Err(error) => {
                    if let Some(tokens) = error.context() {
                        server.learn_context(tokens);
                    }
                    shared.failed(&error);
                    AnswerEvent::Failed
                }
            };
            // No one listens where the caller has seen enough.
            let _ = sender.send(event);
        });
        PendingAnswer {
            events,
            task,
            shared: Arc::clone(&self.shared),
        }
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> Option<AbortHandle> {
        let runtime = self.runtime.as_ref()?;
        Some(runtime.spawn(work).abort_handle())
    }
}

impl Drop for RemoteEngine {
    fn drop(&mut self) {
        // Nothing waits for a look-up that cannot be stopped.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Asks the server who it is.
async fn meet(shared: Arc<Shared>) {
    let Chosen {
        dialect,
        model,
        markers,
        conversations,
        accept,
    } = &shared.chosen;
    let wanted = Wanted {
        dialect: *dialect,
        model: model.as_deref(),
        markers,
        conversations,
    };
    let met = ModelServer::meet(&shared.client, &wanted).await;
    let accepted = met.and_then(|server| match accept(&server) {
        Ok(()) => Ok(server),
        Err(why) => Err(RemoteError::Unusable(why)),
    });
    match accepted {
        Ok(server) => shared.met(server),
        Err(error) => shared.failed(&error),
    }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(LOOK_UPS)
        .thread_name("engine")
        .enable_io()
        .enable_time()
        .build()
}

/// The header that holds a token; it is kept out of logs.
fn bearer(token: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
        "the token of the engine has characters that a token cannot have; set \
             `engine.tokenFile` or NIGH_ENGINE_TOKEN to the right one"
            .to_owned()
    })?;
    value.set_sensitive(true);
    Ok(value)
}
