//! The socket: takes connections, as many as are allowed, and stops in good order.

use super::service::CompletionService;
use super::{Access, HttpOptions, Showing, router};
use assistant::Assistant;
use assistant::worker::Readiness;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use workspace::Roots;

/// How many connections are served at once; others wait.
const MAX_CONNECTIONS: usize = 128;
/// How long a connection may be silent, and how long the head of a request may take.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 64 << 10;
/// How long open requests may take to end when the server stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// How long the index may be stored at the end.
const INDEX_SAVE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long to wait where the system has no more sockets.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Why nothing is listened to.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there.
    #[error("{0} is in use, perhaps by another nigh; choose another port, or 0 for a free one")]
    AddressInUse(SocketAddr),
    /// The port needs rights.
    #[error("this user may not listen on {0}; choose a port above 1023")]
    Forbidden(SocketAddr),
    /// Something else.
    #[error("cannot listen on {0}: {1}")]
    Other(SocketAddr, std::io::Error),
    /// The gate that was named cannot be read.
    #[error("{0}")]
    Gate(String),
}

/// Why serving ended before it was to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// There is no model.
    #[error("nothing can be completed: {0}. Run `nigh doctor` for what to do.")]
    NoModel(String),
    /// A thread could not be started.
    #[error("a thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// A socket that is bound and not yet served.
pub struct Bound {
    socket: TcpListener,
    address: SocketAddr,
    assistant: Arc<Assistant>,
    access: Arc<Access>,
    show: Showing,
    workspace: Option<PathBuf>,
}

/// Binds the socket.
pub async fn bind(options: HttpOptions) -> Result<Bound, BindError> {
    let assistant = Assistant::new(options.assistant);
    assistant.load_gate().map_err(BindError::Gate)?;
    let wanted = options.address;
    let socket = TcpListener::bind(wanted).await;
    let socket = socket.map_err(|error| bind_error(wanted, error))?;
    let address = socket
        .local_addr()
        .map_err(|error| bind_error(wanted, error))?;
    Ok(Bound {
        socket,
        address,
        assistant: Arc::new(assistant),
        access: Arc::new(options.access),
        show: options.show,
        workspace: options.workspace,
    })
}

fn bind_error(address: SocketAddr, error: io::Error) -> BindError {
    match error.kind() {
        io::ErrorKind::AddrInUse => BindError::AddressInUse(address),
        io::ErrorKind::PermissionDenied => BindError::Forbidden(address),
        _ => BindError::Other(address, error),
    }
}

impl Bound {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` comes, or there is no model; then lets open requests end and has the
    /// index stored.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let assistant = &self.assistant;
        assistant.start_worker()?;
        let roots = match self.workspace {
            Some(folder) => {
                let roots = assistant.change_folders(vec![folder], &[]);
                assistant.start_indexer()?;
                roots
            }
            None => Roots::default(),
        };
        let service = CompletionService::new(Arc::clone(assistant), roots, self.show);
        let service = Arc::new(service);
        let open = GracefulShutdown::new();
        let result = tokio::select! {
            () = stop => Ok(()),
            why = no_model(assistant) => Err(ServeError::NoModel(why)),
            () = take_all(&self.socket, &service, &self.access, &open) => Ok(()),
        };
        drop(self.socket);
        if tokio::time::timeout(SHUTDOWN_GRACE, open.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("some requests were given up");
        }
        assistant.store_index(INDEX_SAVE_TIMEOUT).await;
        result
    }
}

/// Comes with the reason when the model cannot be loaded.
async fn no_model(assistant: &Assistant) -> String {
    if let Some(worker) = assistant.worker() {
        let mut readiness = worker.readiness();
        let failed = |readiness: &Readiness| matches!(readiness, Readiness::Failed(_));
        if let Ok(Readiness::Failed(why)) = readiness.wait_for(failed).await.as_deref() {
            return why.clone();
        }
    }
    std::future::pending().await
}

/// Takes connections for ever.
async fn take_all(
    socket: &TcpListener,
    service: &Arc<CompletionService>,
    access: &Arc<Access>,
    open: &GracefulShutdown,
) {
    let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&free).acquire_owned().await else {
            return;
        };
        match socket.accept().await {
            Ok((stream, _)) => {
                serve_connection(stream, place, Arc::clone(service), Arc::clone(access), open)
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not taken");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// Serves a connection by a task of its own. A client that hangs up ends the request that it waits
/// for.
fn serve_connection(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    service: Arc<CompletionService>,
    access: Arc<Access>,
    open: &GracefulShutdown,
) {
    // Answers are small; waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request| {
        let (service, access) = (Arc::clone(&service), Arc::clone(&access));
        async move { Ok::<_, Infallible>(router::answer(&service, &access, request).await) }
    });
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .max_buf_size(MAX_HEAD);
    let connection = open.watch(protocol.serve_connection(TokioIo::new(stream), answer));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended");
        }
        drop(place);
    });
}
