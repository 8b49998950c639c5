//! Serves one client: reads its messages, calls the service, writes answers and our own requests,
//! and says how the session ended.
//!
//! Each message is handled before the next one is read, up to its handler's first `await`. So
//! changes of state happen in the order in which the client sent them. What a handler does after
//! that runs as a task of its own. One writer sends everything: it takes finished answers from one
//! queue, and our requests and notifications from the library's.

use super::catch_panic::CatchPanic;
use super::frames::{Frame, FrameReader};
use super::uris;
use super::validate::{Validation, error, request, validate};
use futures_util::{SinkExt, Stream, StreamExt};
use serde::Serialize;
use std::fmt::Display;
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tower_lsp::jsonrpc::{ErrorCode, Id, Request, Response};
use tower_lsp::{ClientSocket, Loopback};
use tower_service::Service;

/// How many requests may be open: received, and not yet answered on the output. The next one waits
/// on the input. Notifications, and so cancellations, do not count.
const MAX_OPEN_REQUESTS: usize = 256;
/// How long open requests may take to be answered after the session has ended.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);
/// How many bytes are read at once, at most.
const READ_SIZE: usize = 1 << 16;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// `exit`, or the input closed, after `shutdown`: exit code 0.
    Orderly,
    /// The same without `shutdown`: exit code 1.
    Abrupt,
}

impl Ended {
    /// The exit code the protocol asks for.
    pub fn code(self) -> i32 {
        match self {
            Self::Orderly => 0,
            Self::Abrupt => 1,
        }
    }
}

/// Serves one client until `exit`, the end of the input, or the end of the output. `socket` is the
/// client's end of the service.
pub async fn serve<R, W, S>(input: R, output: W, service: S, socket: ClientSocket) -> Ended
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Display + Send + 'static,
{
    let (requests, responses) = socket.split();
    let (answers, finished) = mpsc::channel(MAX_OPEN_REQUESTS);
    let (reading, stopped_reading) = oneshot::channel::<()>();
    let mut tasks = JoinSet::new();
    let requests = requests.take_until(stopped_reading);
    tasks.spawn(write(output, finished, requests));
    let mut connection = Connection {
        service: CatchPanic(service),
        responses,
        answers,
        tasks,
        ended: Ended::Abrupt,
    };
    connection.read(input).await;
    drop(reading);
    let ended = connection.ended;
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, connection.finish()).await;
    ended
}

/// The reading half of a session.
struct Connection<S> {
    service: CatchPanic<S>,
    /// Takes the client's answers to our requests.
    responses: <ClientSocket as Loopback>::ResponseSink,
    /// Leads to the writer. An open request holds a place in this queue, so that its answer never
    /// waits for one.
    answers: mpsc::Sender<Response>,
    /// The writer, and the requests that wait for something.
    tasks: JoinSet<()>,
    /// How the session ends if it does now.
    ended: Ended,
}

/// The place of an answer in the writer's queue.
type AnswerSlot = OwnedPermit<Response>;

impl<S> Connection<S>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Display + Send + 'static,
{
    async fn read(&mut self, mut input: impl AsyncRead + Unpin) {
        let (mut reader, mut frames) = (FrameReader::default(), Vec::new());
        let mut buffer = vec![0; READ_SIZE];
        while let Ok(length @ 1..) = input.read(&mut buffer).await {
            reader.push(&buffer[..length], &mut frames);
            for frame in frames.drain(..) {
                if self.receive(frame).await.is_break() {
                    return;
                }
            }
        }
    }

    /// Handles one frame; breaks where the session ends.
    async fn receive(&mut self, frame: Frame) -> ControlFlow<()> {
        let validation = match frame {
            Frame::Body(body) => validate(&body),
            Frame::Bad(why) => Validation::Invalid(error(Id::Null, ErrorCode::ParseError, why)),
        };
        match validation {
            Validation::Request(request) => self.call(request).await,
            Validation::Response(response) => match self.responses.send(response).await {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            },
            Validation::Invalid(error) => self.refuse(error).await,
            Validation::InvalidChange(error, notification) => {
                self.refuse(error).await?;
                self.call(notification).await
            }
            Validation::Ignored => ControlFlow::Continue(()),
        }
    }

    /// Calls the handler of a request or notification, and lets it run to its first `await`.
    async fn call(&mut self, request: Request) -> ControlFlow<()> {
        match request.method() {
            "exit" => return ControlFlow::Break(()),
            "shutdown" if request.id().is_some() => self.ended = Ended::Orderly,
            _ => {}
        }
        let slot = match request.id() {
            Some(_) => Some(self.slot().await?),
            None => None,
        };
        if let Err(error) = poll_fn(|context| self.service.poll_ready(context)).await {
            tracing::error!(%error, "the service is not ready");
            return ControlFlow::Break(());
        }
        let mut handler = self.service.call(request);
        match poll_fn(|context| Poll::Ready(Pin::new(&mut handler).poll(context))).await {
            Poll::Ready(answer) => deliver(answer, slot),
            Poll::Pending => {
                while self.tasks.try_join_next().is_some() {}
                self.tasks
                    .spawn(async move { deliver(handler.await, slot) });
            }
        }
        ControlFlow::Continue(())
    }

    async fn refuse(&self, error: Response) -> ControlFlow<()> {
        self.slot().await?.send(error);
        ControlFlow::Continue(())
    }

    /// A place in the writer's queue; breaks if there is no writer any more.
    async fn slot(&self) -> ControlFlow<(), AnswerSlot> {
        match self.answers.clone().reserve_owned().await {
            Ok(slot) => ControlFlow::Continue(slot),
            Err(_) => ControlFlow::Break(()),
        }
    }

    /// Waits until all open requests are answered and written.
    async fn finish(self) {
        let Self {
            answers, mut tasks, ..
        } = self;
        drop(answers);
        while tasks.join_next().await.is_some() {}
    }
}

/// Hands a handler's answer to the writer; a notification has none.
fn deliver<E: Display>(answer: Result<Option<Response>, E>, slot: Option<AnswerSlot>) {
    match (answer, slot) {
        (Ok(Some(response)), Some(slot)) => drop(slot.send(response)),
        (Err(error), _) => tracing::error!(%error, "the service has ended"),
        _ => {}
    }
}

/// Writes answers and our own requests until the output closes, or until all requests are answered
/// and no more can come.
async fn write(
    mut output: impl AsyncWrite + Unpin,
    mut answers: mpsc::Receiver<Response>,
    requests: impl Stream<Item = Request>,
) {
    let mut requests = pin!(requests);
    loop {
        let written = tokio::select! {
            answer = answers.recv() => match answer {
                Some(answer) => write_frame(&mut output, &answer_for_client(answer)).await,
                None => return,
            },
            Some(request) = requests.next() => {
                write_frame(&mut output, &request_for_client(request)).await
            }
        };
        if written.is_err() {
            return;
        }
    }
}

/// An answer with URIs in the client's spelling.
fn answer_for_client(response: Response) -> Response {
    let (id, mut result) = response.into_parts();
    match &mut result {
        Ok(value) => uris::restore(value),
        Err(error) => error.data.iter_mut().for_each(uris::restore),
    }
    Response::from_parts(id, result)
}

/// A request with URIs in the client's spelling. The library makes the parameters of a method
/// without any null, where the protocol wants them left out.
fn request_for_client(message: Request) -> Request {
    let (method, id, params) = message.into_parts();
    let mut params = params.filter(|params| !params.is_null());
    params.iter_mut().for_each(uris::restore);
    request(method, id, params)
}

async fn write_frame(
    output: &mut (impl AsyncWrite + Unpin),
    message: &impl Serialize,
) -> std::io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(&body);
    output.write_all(&frame).await?;
    output.flush().await
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn null_parameters_are_left_out_and_nothing_else_is() {
        let requests = [
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"m","params":null}"#,
                json!({"jsonrpc": "2.0", "id": 1, "method": "m"}),
            ),
            (
                r#"{"jsonrpc":"2.0","method":"m","params":{"params":null}}"#,
                json!({"jsonrpc": "2.0", "method": "m", "params": {"params": null}}),
            ),
        ];
        for (before, after) in requests {
            let request = request_for_client(serde_json::from_str(before).unwrap());
            assert_eq!(serde_json::to_value(&request).unwrap(), after);
        }
        for result in [Value::Null, json!({"a": "\"params\":null"})] {
            let response = answer_for_client(Response::from_ok(Id::Number(1), result.clone()));
            assert_eq!(
                serde_json::to_value(&response).unwrap(),
                json!({"jsonrpc": "2.0", "id": 1, "result": result})
            );
        }
    }

    #[test]
    fn uris_leave_in_the_client_s_spelling() {
        let mut params = json!({"uri": "file:///a b"});
        uris::admit(&mut params);
        let request = request_for_client(request("m", None, Some(params.clone())));
        assert_eq!(request.params().unwrap()["uri"], "file:///a b");
        let response = answer_for_client(Response::from_ok(Id::Null, params));
        assert_eq!(response.result().unwrap()["uri"], "file:///a b");
    }
}
