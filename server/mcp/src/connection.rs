//! One client: reads its lines, has them answered, and keeps a broken or hostile one from doing
//! harm.
//!
//! A line that is too long is skipped. So many requests may be open, and of one id one. All output
//! goes through one task, so that no line is ever cut, and a client that does not read its answers
//! is not read from either. A call that is cancelled stops between two pieces of its work, and is
//! not answered.

use crate::arguments::Arguments;
use crate::message::{self, Message, ProtocolError, Request, answer_line, error_line};
use crate::project::Project;
use crate::protocol::{self, Asked};
use crate::stop::Stop;
use crate::tools;
use assistant::blocking;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::AbortHandle;

/// The longest message that is read, in bytes.
const MAX_MESSAGE: usize = 4 << 20;
/// The most requests that are open at once.
const MAX_OPEN: usize = 64;
/// How many tools run at once; others wait.
const AT_ONCE: usize = 4;
/// Messages that wait to be written.
const QUEUE: usize = 32;
/// How long open calls may go on after the client has hung up.
const GRACE: Duration = Duration::from_secs(5);

/// What is at work for a client.
struct Connection {
    project: Arc<Project>,
    running: Arc<Semaphore>,
    /// The calls that are open, by their ids as JSON.
    open: Arc<Mutex<HashMap<String, AbortHandle>>>,
    output: mpsc::Sender<Vec<u8>>,
}

/// Serves a client until its input ends.
pub(crate) async fn serve<R, W>(project: Arc<Project>, input: R, output: W)
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let (sender, lines) = mpsc::channel(QUEUE);
    let writer = tokio::spawn(write_all(lines, output));
    let connection = Connection {
        project,
        running: Arc::new(Semaphore::new(AT_ONCE)),
        open: Arc::default(),
        output: sender,
    };
    let mut input = BufReader::with_capacity(1 << 16, input);
    loop {
        let line = match read_line(&mut input).await {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(error) => {
                tracing::info!(%error, "the client's pipe cannot be read");
                break;
            }
        };
        let refused = match line {
            Line::TooLong => Err((ProtocolError::too_long(MAX_MESSAGE), None)),
            Line::Whole(line) => message::read(&line),
        };
        let answer = match refused {
            Ok(Some(message)) => connection.take(message),
            Ok(None) => None,
            Err((error, id)) => Some(error_line(&error, id.as_ref())),
        };
        if let Some(line) = answer
            && connection.output.send(line).await.is_err()
        {
            break;
        }
    }
    // Calls hold the output too; when the last one is done, all is written.
    drop(connection);
    if tokio::time::timeout(GRACE, writer).await.is_err() {
        tracing::info!("calls were at work when the client hung up");
    }
}

impl Connection {
    /// What answers a message at once, if something does.
    fn take(&self, message: Message) -> Option<Vec<u8>> {
        match message {
            Message::Notification { method, params } => {
                if method == "notifications/cancelled"
                    && let Some(id) = params.get("requestId")
                    && let Some(call) = open(&self.open).remove(&id.to_string())
                {
                    call.abort();
                }
                None
            }
            Message::Request(Request { id, method, params }) => {
                let is_new = protocol::is_new(&params);
                match protocol::asked(&self.project, &method, params) {
                    Ok(Asked::Answer(answer)) => Some(answer_line(&id, Ok(answer))),
                    Ok(Asked::Call { tool, arguments }) => {
                        let error = self
                            .call(&id, tool, Arguments::new(arguments), is_new)
                            .err()?;
                        Some(error_line(&error, Some(&id)))
                    }
                    Err(error) => Some(error_line(&error, Some(&id))),
                }
            }
        }
    }

    /// Begins a call.
    fn call(
        &self,
        id: &Value,
        tool: String,
        arguments: Arguments,
        is_new: bool,
    ) -> Result<(), ProtocolError> {
        let key = id.to_string();
        let mut calls = open(&self.open);
        if calls.len() >= MAX_OPEN {
            return Err(ProtocolError::busy(MAX_OPEN));
        }
        if calls.contains_key(&key) {
            return Err(ProtocolError::repeated());
        }
        let (project, running) = (Arc::clone(&self.project), Arc::clone(&self.running));
        let (known, output) = (Arc::clone(&self.open), self.output.clone());
        let (id, own_key) = (id.clone(), key.clone());
        // The task cannot end before its handle is kept: the table is locked.
        let task = tokio::spawn(async move {
            let result = run(project, running, tool, arguments).await;
            // Whoever cancelled it has taken it from the table.
            if open(&known).remove(&own_key).is_some() {
                let line = answer_line(&id, Ok(protocol::finish(result, is_new)));
                // The client may have hung up.
                let _ = output.send(line).await;
            }
        });
        calls.insert(key, task.abort_handle());
        Ok(())
    }
}

/// The result of a tool. Dropping this stops it.
async fn run(
    project: Arc<Project>,
    running: Arc<Semaphore>,
    tool: String,
    arguments: Arguments,
) -> Value {
    let stop = Stop::new();
    let _cancels = stop.on_drop();
    let permit = running.acquire_owned().await;
    let work = move || {
        let _permit = permit;
        tools::call(&tool, &project, &arguments, &stop)
    };
    let failed = |why: &str| json!({"content": [{"type": "text", "text": why}], "isError": true});
    match blocking(work).await {
        Ok(Ok(reply)) => reply.finish(),
        Ok(Err(why)) => failed(&why),
        Err(why) => failed(&why.to_string()),
    }
}

/// A line of the input.
enum Line {
    Whole(Vec<u8>),
    TooLong,
}

/// The next line; nothing at the end of the input.
async fn read_line<R: AsyncRead + Unpin>(input: &mut BufReader<R>) -> io::Result<Option<Line>> {
    let (mut line, mut skips) = (Vec::new(), false);
    loop {
        let available = input.fill_buf().await?;
        if available.is_empty() {
            return Ok(None);
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let count = end.map_or(available.len(), |end| end + 1);
        skips |= line.len() + count > MAX_MESSAGE;
        if skips {
            line = Vec::new();
        } else {
            line.extend_from_slice(&available[..count]);
        }
        input.consume(count);
        if end.is_some() {
            return Ok(Some(if skips {
                Line::TooLong
            } else {
                Line::Whole(line)
            }));
        }
    }
}

/// Writes lines until there are no more, or no one reads them.
async fn write_all<W: AsyncWrite + Unpin>(mut lines: mpsc::Receiver<Vec<u8>>, mut output: W) {
    while let Some(line) = lines.recv().await {
        let is_last = lines.is_empty();
        let written = output.write_all(&line).await;
        if written.is_err() || is_last && output.flush().await.is_err() {
            return;
        }
    }
}

fn open(
    calls: &Mutex<HashMap<String, AbortHandle>>,
) -> MutexGuard<'_, HashMap<String, AbortHandle>> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}
