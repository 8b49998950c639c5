//! One answer of a server, from the connection to the last line, within its limits.

use crate::client::{Client, Connection, Frames, slow};
use crate::dialects::openai::LastTurn;
use crate::dialects::{Dialect, Line, llama_server, ollama, openai};
use crate::error::RemoteError;
use crate::limits::MAX_TEXT;
use crate::lines::Lines;
use crate::prompt::{AnswerChunk, AnswerEnd, AnswerEvent, RemoteRequest};
use crate::server::ModelServer;
use crate::shared::Shared;
use crate::text_markers::first_stop;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use tokio::time::{Instant, timeout_at};

/// Asks `server`, sends what it says, and returns how it ended.
pub(crate) async fn answer(
    shared: &Shared,
    server: &ModelServer,
    request: &RemoteRequest,
    sender: &Sender<AnswerEvent>,
) -> Result<AnswerEnd, RemoteError> {
    let (start, limits) = (Instant::now(), shared.client.limits);
    let by = start + limits.first_token;
    let too_slow = || slow("the first text", limits.first_token);
    let opened = timeout_at(by, open(&shared.client, server, request)).await;
    // The connection closes when it is dropped.
    let (_connection, mut frames) = opened.map_err(|_| too_slow())??;
    let mut reader = Reader::new(server, request, sender);
    let (end, mut has_begun) = (start + limits.whole, false);
    let completed = loop {
        let by = match has_begun {
            true => end.min(Instant::now() + limits.first_token),
            false => by,
        };
        let bytes = match timeout_at(by, frames.next()).await {
            Ok(bytes) => bytes?,
            Err(_) if !has_begun => return Err(too_slow()),
            Err(_) if by < end => return Err(slow("more of an answer", limits.first_token)),
            Err(_) if reader.has_line => break AnswerEnd::cut(),
            Err(_) => return Err(slow("the first line", limits.whole)),
        };
        let completed = match bytes {
            Some(bytes) => reader.push(&bytes)?,
            None => Some(reader.finish()?),
        };
        if !has_begun && (reader.sent > 0 || completed.is_some()) {
            has_begun = true;
            shared.began(start.elapsed());
        }
        if let Some(completed) = completed {
            break completed;
        }
    };
    shared.answered();
    Ok(completed)
}

async fn open<'c>(
    client: &'c Client,
    server: &ModelServer,
    request: &RemoteRequest,
) -> Result<(Connection<'c>, Frames), RemoteError> {
    // A prompt that must not be sent opens no connection.
    let ready = match server.dialect {
        Dialect::LlamaServer => None,
        Dialect::Ollama if request.is_chat() => Some(ollama::chat_body(&server.model, request)?),
        Dialect::Ollama => Some(ollama::body(&server.model, request)?),
        Dialect::OpenAi if request.is_chat() => return open_chat(client, server, request).await,
        Dialect::OpenAi => Some(openai::body(&server.model, server.vllm_ids(), request)?),
    };
    let mut connection = client.connect().await?;
    let body = match ready {
        Some(body) => body,
        None => {
            let (vocabulary, model) = (&server.vocabulary, &server.model);
            let limits = &client.limits;
            llama_server::body(&mut connection, vocabulary, model, request, limits).await?
        }
    };
    let path = server.dialect.path(request.is_chat());
    let frames = connection.stream(path, &body).await?;
    Ok((connection, frames))
}

/// Asks in a conversation whose last turn is to be continued. A server that refuses to be asked so
/// gets a plain conversation from then on, whose last turn many servers continue anyway.
async fn open_chat<'c>(
    client: &'c Client,
    server: &ModelServer,
    request: &RemoteRequest,
) -> Result<(Connection<'c>, Frames), RemoteError> {
    let path = server.dialect.path(true);
    if !server.chats_plainly.load(Ordering::Relaxed) {
        let body = openai::chat_body(&server.model, request, LastTurn::Continued)?;
        let mut connection = client.connect().await?;
        match connection.stream(path, &body).await {
            Err(RemoteError::Refused {
                status: 400 | 422, ..
            }) => server.chats_plainly.store(true, Ordering::Relaxed),
            frames => return Ok((connection, frames?)),
        }
    }
    let body = openai::chat_body(&server.model, request, LastTurn::Plain)?;
    let mut connection = client.connect().await?;
    let frames = connection.stream(path, &body).await?;
    Ok((connection, frames))
}

/// Makes events of the lines of a stream.
struct Reader<'r> {
    dialect: Dialect,
    stops: &'r [String],
    /// Ids of tokens that end the answer, where the server gives ids.
    stop_ids: Vec<u64>,
    sender: &'r Sender<AnswerEvent>,
    lines: Lines,
    /// What the answer must still begin with.
    required: &'r str,
    /// Bytes of text that were sent.
    sent: usize,
    /// Whether a line of these has ended.
    has_line: bool,
}

impl<'r> Reader<'r> {
    fn new(
        server: &ModelServer,
        request: &'r RemoteRequest,
        sender: &'r Sender<AnswerEvent>,
    ) -> Self {
        let id = |stop: &String| server.vocabulary.markers.get(stop).copied();
        Self {
            dialect: server.dialect,
            stops: &request.stops,
            stop_ids: request.stops.iter().filter_map(id).collect(),
            sender,
            lines: Lines::default(),
            required: &request.required,
            sent: 0,
            has_line: false,
        }
    }

    /// Takes what has arrived; gives back the end once it is there.
    fn push(&mut self, bytes: &[u8]) -> Result<Option<AnswerEnd>, RemoteError> {
        for line in self.lines.push(bytes)? {
            let line = self.dialect.line(&line)?;
            if let Some(completed) = self.take(line)? {
                return Ok(Some(completed));
            }
        }
        Ok(None)
    }

    /// The end of a stream, whose last line may have no line break.
    fn finish(&mut self) -> Result<AnswerEnd, RemoteError> {
        let rest = std::mem::take(&mut self.lines).end();
        let line = self.dialect.line(&rest)?;
        let completed = self.take(line)?;
        completed.ok_or_else(|| RemoteError::Broken("the answer has no end".into()))
    }

    fn take(&mut self, line: Line) -> Result<Option<AnswerEnd>, RemoteError> {
        let Line {
            mut chunk,
            ids,
            completed,
        } = line;
        chunk.text = self.after_required(chunk.text)?;
        // llama-server leaves special tokens out of the text, and goes on after them.
        if ids.iter().any(|id| self.stop_ids.contains(id)) {
            return Ok(Some(AnswerEnd::default()));
        }
        if let Some(end) = first_stop(&chunk.text, self.stops) {
            let text = chunk.text[..end].to_owned();
            self.send(AnswerChunk { text, ..chunk })?;
            return Ok(Some(AnswerEnd::default()));
        }
        self.send(chunk)?;
        Ok(completed)
    }

    /// The part of a text that comes after what is required.
    fn after_required(&mut self, text: String) -> Result<String, RemoteError> {
        let length = text.len().min(self.required.len());
        if text.as_bytes()[..length] != self.required.as_bytes()[..length] {
            return Err(RemoteError::Malformed(
                "it does not begin as required".into(),
            ));
        }
        self.required = &self.required[length..];
        Ok(text[length..].to_owned())
    }

    fn send(&mut self, chunk: AnswerChunk) -> Result<(), RemoteError> {
        if chunk == AnswerChunk::default() {
            return Ok(());
        }
        self.sent += chunk.text.len();
        self.has_line |= chunk.text.contains('\n');
        if self.sent > MAX_TEXT {
            return Err(RemoteError::TooLong);
        }
        // No one listens where the caller has seen enough; then this task ends at its next wait.
        let _ = self.sender.send(AnswerEvent::Chunk(chunk));
        Ok(())
    }
}

impl AnswerEnd {
    /// The end of an answer that ran out of time.
    fn cut() -> Self {
        Self {
            cut_short: true,
            ..Self::default()
        }
    }
}
