//! HTTP over one connection: opened with a time limit, closed when it is dropped.
//!
//! There is no pool, no proxy and no redirect: a connection leads to the address that the user
//! named, or there is none. hyper speaks HTTP/1.1 on it.

use crate::address::EngineAddress;
use crate::error::RemoteError;
use crate::limits::{MAX_BODY, RemoteLimits};
use crate::tls::Tls;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::rt::{Read, Write};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::timeout;

const AGENT: &str = concat!("nigh/", env!("CARGO_PKG_VERSION"));

/// How to reach the server.
pub(crate) struct Client {
    pub(crate) address: EngineAddress,
    /// What the requests authorise themselves with.
    pub(crate) token: Option<HeaderValue>,
    pub(crate) limits: RemoteLimits,
    pub(crate) tls: Tls,
}

/// An open connection. Dropping it closes the socket.
pub(crate) struct Connection<'c> {
    client: &'c Client,
    sender: SendRequest<Full<Bytes>>,
    driver: AbortHandle,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// A body that is read frame by frame.
pub(crate) struct Frames(Incoming);

impl Client {
    /// Opens a connection.
    pub(crate) async fn connect(&self) -> Result<Connection<'_>, RemoteError> {
        let place = (self.address.host.as_str(), self.address.port);
        let limit = self.limits.connect;
        let stream = match timeout(limit, TcpStream::connect(place)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(RemoteError::Unreachable(error.to_string())),
            Err(_) => return Err(slow("connecting", limit)),
        };
        // Small requests follow each other; none must wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        if !self.address.is_https {
            return self.speak(TokioIo::new(stream)).await;
        }
        let encrypted = timeout(
            self.limits.first_token,
            self.tls.encrypt(&self.address.host, stream),
        );
        match encrypted.await {
            Ok(stream) => self.speak(TokioIo::new(stream?)).await,
            Err(_) => Err(slow("encrypting the connection", self.limits.first_token)),
        }
    }

    async fn speak<T>(&self, stream: T) -> Result<Connection<'_>, RemoteError>
    where
        T: Read + Write + Unpin + Send + 'static,
    {
        let (sender, connection) = handshake(stream).await.map_err(broken)?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the engine ended");
            }
        });
        Ok(Connection {
            client: self,
            sender,
            driver: driver.abort_handle(),
        })
    }
}

impl Connection<'_> {
    /// The JSON at a path.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Value, RemoteError> {
        let response = self.send(Method::GET, path, Bytes::new()).await?;
        json(response).await
    }

    /// The JSON that is answered to `body`.
    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Result<Value, RemoteError> {
        let response = self
            .send(Method::POST, path, body.to_string().into())
            .await?;
        json(response).await
    }

    /// The body that is answered to `body`, as it comes.
    pub(crate) async fn stream(&mut self, path: &str, body: &Value) -> Result<Frames, RemoteError> {
        let response = self
            .send(Method::POST, path, body.to_string().into())
            .await?;
        Ok(Frames(successful(response).await?.into_body()))
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>, RemoteError> {
        let EngineAddress { base, .. } = &self.client.address;
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{base}{path}"))
            .header(HOST, self.client.address.authority())
            .header(USER_AGENT, AGENT)
            .header(
                ACCEPT,
                "application/json, text/event-stream, application/x-ndjson",
            )
            .header(CONTENT_TYPE, "application/json");
        if let Some(token) = &self.client.token {
            request = request.header(AUTHORIZATION, token);
        }
        let request = request
            .body(Full::new(body))
            .map_err(|error| RemoteError::Malformed(error.to_string()))?;
        // A server, or a proxy before it, may close the connection after each answer.
        if self.sender.ready().await.is_err() {
            *self = self.client.connect().await?;
            self.sender.ready().await.map_err(broken)?;
        }
        self.sender.send_request(request).await.map_err(broken)
    }
}

impl Frames {
    /// The next bytes; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, RemoteError> {
        loop {
            let Some(frame) = self.0.frame().await else {
                return Ok(None);
            };
            if let Ok(data) = frame.map_err(broken)?.into_data() {
                return Ok(Some(data));
            }
        }
    }
}

async fn json(response: Response<Incoming>) -> Result<Value, RemoteError> {
    let body = whole(successful(response).await?).await?;
    serde_json::from_slice(&body).map_err(|error| RemoteError::Malformed(error.to_string()))
}

/// A response, if its status is success; the error has its message.
async fn successful(response: Response<Incoming>) -> Result<Response<Incoming>, RemoteError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body = whole(response).await.unwrap_or_default();
    Err(RemoteError::of_status(status, &body))
}

async fn whole(response: Response<Incoming>) -> Result<Vec<u8>, RemoteError> {
    let mut frames = Frames(response.into_body());
    let mut all = Vec::new();
    while let Some(bytes) = frames.next().await? {
        all.extend_from_slice(&bytes);
        if all.len() > MAX_BODY {
            return Err(RemoteError::TooLong);
        }
    }
    Ok(all)
}

pub(crate) fn slow(what: &'static str, limit: std::time::Duration) -> RemoteError {
    RemoteError::Slow { what, limit }
}

fn broken(error: hyper::Error) -> RemoteError {
    RemoteError::Broken(error.to_string())
}
