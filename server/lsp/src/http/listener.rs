//! The socket: takes connections, as many as are allowed, and stops in good order.

use super::ask::Site;
use super::{Access, Options, router};
use crate::documents::Documents;
use crate::worker::{Readiness, Worker};
use crate::workspace::{Event, Indexer, Roots, Setup};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many connections are served at once; others wait.
const CONNECTIONS: usize = 128;
/// How long a connection may be silent, and how long the head of a request may take.
const SILENCE: Duration = Duration::from_secs(60);
/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 64 << 10;
/// How long open requests may take to end when the server stops.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long the index may be stored at the end.
const STORING: Duration = Duration::from_secs(3);
/// How long to wait where the system has no more sockets.
const REST: Duration = Duration::from_millis(100);

/// Why nothing is listened to.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there.
    #[error(
        "{0} is taken by another program, maybe another nigh; choose another port, or 0 for a free one"
    )]
    Taken(SocketAddr),
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
    gate: completion::gate::Gate,
    options: Options,
}

/// Binds the socket.
pub async fn bind(options: Options) -> Result<Bound, BindError> {
    let gate = options.settings.model.gate().map_err(BindError::Gate)?;
    let wanted = options.address;
    let told = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AddrInUse => BindError::Taken(wanted),
        std::io::ErrorKind::PermissionDenied => BindError::Forbidden(wanted),
        _ => BindError::Other(wanted, error),
    };
    let socket = TcpListener::bind(wanted).await.map_err(told)?;
    let address = socket.local_addr().map_err(told)?;
    Ok(Bound {
        socket,
        address,
        gate,
        options,
    })
}

impl Bound {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` comes, or there is no model; then lets open requests end and has the
    /// index stored.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self {
            socket,
            gate,
            options,
            ..
        } = self;
        let access = Arc::new(options.access.clone());
        let documents = Arc::new(Documents::default());
        let worker = Worker::start(Arc::clone(&documents), (options.model)(&options.settings))?;
        let mut readiness = worker.readiness();
        let (indexer, roots) = start_index(&options, &documents, &worker)?;
        let completion = options.settings.completion.clone();
        let site = Arc::new(Site::new(
            documents,
            (worker, indexer, roots),
            (completion, options.show, gate),
        ));
        let open = GracefulShutdown::new();
        let failed = async {
            let failed = |readiness: &Readiness| matches!(readiness, Readiness::Failed(_));
            let why = match readiness.wait_for(failed).await.as_deref() {
                Ok(Readiness::Failed(why)) => Some(why.clone()),
                _ => None,
            };
            match why {
                Some(why) => ServeError::NoModel(why),
                None => std::future::pending().await,
            }
        };
        let result = tokio::select! {
            () = stop => Ok(()),
            error = failed => Err(error),
            () = take_all(&socket, &site, &access, &open) => Ok(()),
        };
        drop(socket);
        if tokio::time::timeout(LAST_WORDS, open.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("some requests were given up");
        }
        site.store(STORING).await;
        result
    }
}

/// Starts the index of the workspace, if there is one.
fn start_index(
    options: &Options,
    documents: &Arc<Documents>,
    worker: &Worker,
) -> std::io::Result<(Option<Indexer>, Roots)> {
    let Some(folder) = &options.workspace else {
        return Ok((None, Roots::default()));
    };
    let setup = Setup {
        documents: Arc::clone(documents),
        busy: worker.busy(),
        settings: options.settings.index.clone(),
        store: options.store.clone(),
    };
    let indexer = Indexer::start(setup)?;
    let roots = documents.change_roots(vec![folder.clone()], &[]);
    indexer.tell(Event::Folders(roots.clone()));
    Ok((Some(indexer), roots))
}

/// Takes connections for ever.
async fn take_all(
    socket: &TcpListener,
    site: &Arc<Site>,
    access: &Arc<Access>,
    open: &GracefulShutdown,
) {
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&free).acquire_owned().await else {
            return;
        };
        match socket.accept().await {
            Ok((stream, _)) => {
                serve_connection(stream, place, Arc::clone(site), Arc::clone(access), open)
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not taken");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// Serves a connection by a task of its own. A client that hangs up ends the request that it waits
/// for.
fn serve_connection(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    site: Arc<Site>,
    access: Arc<Access>,
    open: &GracefulShutdown,
) {
    // Answers are small; waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request| {
        let (site, access) = (Arc::clone(&site), Arc::clone(&access));
        async move { Ok::<_, Infallible>(router::answer(&site, &access, request).await) }
    });
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(SILENCE)
        .max_buf_size(MAX_HEAD);
    let connection = open.watch(protocol.serve_connection(TokioIo::new(stream), answer));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended");
        }
        drop(place);
    });
}
