//! A model on a server as the products see it: prompts become requests, chunks become text.
//!
//! What is sent is decided here: nothing of a document that holds secrets. The crate `remote` knows
//! how servers are spoken to, and `context` how each model family lays out a prompt.

use crate::settings::EngineSettings;
use context::{Answer, BegunReply, Budget, ChatTurns, FimFormat, GenerateError, PendingText};
use context::{Prompt, ROLES, Segment, Snapshot, SourceWeights, Stats, TurnSpelling, Writer};
use engine::Cancel;
use next_edit::EditFormat;
use remote::{
    AnswerEnd, AnswerEvent, ChatRole, Conversation, Dialect, EngineAddress, EngineStatus,
    ModelServer, PendingAnswer, PromptPart, RemoteEngine, RemoteLimits, RemoteOptions,
    RemoteRequest,
};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use workspace::secrets;

/// The variable that holds the token, if no file does.
const TOKEN: &str = "NIGH_ENGINE_TOKEN";
/// Tokens of a prompt, as the embedded model counts them. A GPU reads these in a few tens of
/// milliseconds, and a server keeps what it has read.
const PROMPT_TOKENS: usize = 2048;
/// Tokens of the context kept for the answer.
const ANSWER_TOKENS: usize = 256;
/// Parameters that a model on a server is taken to have: enough for all sources of context.
const PARAMETERS: u64 = 1_000_000_000;
/// How often a wait looks whether it is still wanted.
const POLL: Duration = Duration::from_millis(5);
/// How long no edit is asked for after one that took too long: completions wait for it.
const LATE_PAUSE: Duration = Duration::from_secs(20);
/// By how much the engine's own limits may be exceeded before it is no longer waited for.
const GRACE: Duration = Duration::from_millis(100);

/// The turns that [`ROLES`] spells.
const CHAT_ROLES: [ChatRole; 3] = [ChatRole::System, ChatRole::User, ChatRole::Assistant];
/// Parts of the names of models that make vectors or ranks of texts rather than text.
const NO_TEXT: [&str; 3] = ["embed", "rerank", "bge-"];

/// A model on a server.
pub struct RemoteWriter {
    engine: RemoteEngine,
    family: Option<&'static FimFormat>,
    /// What is asked now.
    current: Option<(Arc<ModelServer>, FimFormat)>,
    cancel: Cancel,
    /// Until when no edit is asked for, as the last one took too long.
    edits_after: Arc<Mutex<Option<Instant>>>,
}

impl RemoteWriter {
    /// The engine of the settings; `None` if there is none. The error says which setting is wrong.
    pub fn open(settings: &EngineSettings, limits: RemoteLimits) -> Result<Option<Self>, String> {
        let Some(url) = &settings.url else {
            return Ok(None);
        };
        let family = settings.family()?;
        let options = RemoteOptions {
            address: EngineAddress::parse(url)?,
            token: token(settings)?,
            dialect: settings.kind.dialect(),
            model: settings.model.clone(),
            markers: markers(),
            conversations: ChatTurns::conversations().map(conversation).to_vec(),
            accept: Box::new(move |server| format(server, family).map(drop)),
            limits,
        };
        Ok(Some(Self {
            engine: RemoteEngine::start(options)?,
            family,
            current: None,
            cancel: Cancel::new(),
            edits_after: Arc::default(),
        }))
    }

    /// The state of the engine, now and later.
    pub fn status(&self) -> watch::Receiver<EngineStatus> {
        self.engine.status()
    }

    /// Waits until the server is met, at most this long.
    pub fn wait(&self, limit: Duration) {
        self.engine.wait(limit);
    }

    /// The flag that stops the next answers.
    pub fn set_cancel(&mut self, cancel: Cancel) {
        self.cancel = cancel;
    }

    /// The server's model, dialect and context, and its family, if it can be asked now.
    pub fn server(&mut self) -> Option<(&ModelServer, &FimFormat)> {
        self.is_ready();
        let (server, format) = self.current.as_ref()?;
        Some((server, format))
    }

    /// Gets ready for a request; whether the server can be asked.
    pub fn is_ready(&mut self) -> bool {
        self.current = self.engine.server().and_then(|server| {
            let format = format(&server, self.family).ok()?;
            Some((server, format))
        });
        self.current.is_some()
    }

    /// Sends a prompt.
    fn send(&mut self, prompt: &Prompt, max_tokens: usize) -> Option<Box<dyn PendingText>> {
        let (server, format) = self.current.as_ref()?;
        let prompt = match server.dialect.can_require() {
            true => prompt.clone(),
            false => format.whole(prompt.clone()),
        };
        let spelling = format.chat.as_ref().map(|turns| turns.spelling);
        // Only a server that lays the turns out itself may let its model begin again.
        let is_laid_out_there = spelling == Some(TurnSpelling::Roles);
        let reply = prompt.reply.clone().filter(|_| is_laid_out_there);
        let request = request(prompt, spelling, max_tokens);
        Some(Box::new(PendingWriter {
            pending: self.engine.ask(Arc::clone(server), request),
            reply,
            cancel: self.cancel.clone(),
            by: Instant::now() + self.engine.limits().whole + GRACE,
            late: None,
        }))
    }
}

/// How the server's model fills in the middle: as the user says, as its vocabulary shows, by its
/// name, else in a conversation.
fn format(server: &ModelServer, family: Option<&'static FimFormat>) -> Result<FimFormat, String> {
    let shown = FimFormat::detect(|marker| server.has(marker));
    let known = family.or_else(|| match server.dialect {
        Dialect::LlamaServer => shown,
        Dialect::Ollama | Dialect::OpenAi => shown.or_else(|| of_name(&server.model)),
    });
    if let Some(known) = known {
        return Ok(known.clone());
    }
    let name = server.model.to_lowercase();
    if NO_TEXT.iter().any(|part| name.contains(part)) {
        return Err(format!(
            "its model `{}` writes no text; serve one that was trained for completion, such as \
             Qwen2.5-Coder, or to chat",
            server.model
        ));
    }
    let turns = match server.dialect {
        Dialect::LlamaServer => server
            .rendered
            .as_ref()
            .and_then(|rendered| ChatTurns::of_server(&rendered.text, rendered.conversation)),
        Dialect::Ollama | Dialect::OpenAi => Some(ChatTurns::of_roles()),
    };
    turns.map(FimFormat::of_chat).ok_or_else(|| {
        format!(
            "nigh knows no fill-in-the-middle markers of its model `{}`, and the server does not \
             show its chat template; serve one that was trained for completion, such as \
             Qwen2.5-Coder, or set `engine.family` to its family",
            server.model
        )
    })
}

/// How the model that is called so fills in the middle.
fn of_name(name: &str) -> Option<&'static FimFormat> {
    let edits = EditFormat::named(name).map(EditFormat::family);
    FimFormat::of_model(name).or_else(|| FimFormat::of_family(edits?))
}

/// The special tokens that are looked for in a vocabulary.
fn markers() -> Vec<String> {
    let mut markers = FimFormat::all_markers();
    markers.extend(EditFormat::all_markers());
    markers.sort();
    markers.dedup();
    markers
}

/// A conversation in the terms of the servers.
fn conversation(turns: Vec<(usize, &'static str)>) -> Conversation {
    let turns = turns.into_iter();
    turns
        .map(|(role, text)| (CHAT_ROLES[role], text.to_owned()))
        .collect()
}

/// The token, from its file or from the environment.
fn token(settings: &EngineSettings) -> Result<Option<String>, String> {
    let text = match &settings.token_file {
        Some(path) => std::fs::read_to_string(path).map_err(|error| {
            let path = path.display();
            format!("cannot read the token of the engine (`engine.tokenFile`) {path}: {error}")
        })?,
        None => std::env::var(TOKEN).unwrap_or_default(),
    };
    let token = text.trim();
    Ok((!token.is_empty()).then(|| token.to_owned()))
}

impl Writer for RemoteWriter {
    fn fim_format(&self) -> FimFormat {
        let current = self.current.as_ref();
        current.map_or_else(|| context::FORMATS[0].clone(), |(_, format)| format.clone())
    }

    fn name(&self) -> String {
        let current = self.current.as_ref();
        current.map_or_else(String::new, |(server, _)| server.model.clone())
    }

    fn markers(&self) -> Option<Vec<String>> {
        let (server, _) = self.current.as_ref()?;
        let has = |marker: &String| server.has(marker);
        server
            .shows_vocabulary
            .then(|| markers().into_iter().filter(has).collect())
    }

    fn budget(&self) -> Budget {
        let current = self.current.as_ref();
        let context = current.and_then(|(server, _)| server.context());
        // Texts have more tokens in some vocabularies than in the embedded one.
        let fits = context.map_or(usize::MAX, |context| {
            context.saturating_sub(ANSWER_TOKENS) / 2
        });
        Budget {
            tokens: PROMPT_TOKENS.min(fits),
            weights: SourceWeights::of(PARAMETERS, usize::MAX),
        }
    }

    fn start(
        &mut self,
        snapshot: &Snapshot,
        prompt: &Prompt,
        max_tokens: usize,
    ) -> Option<Box<dyn PendingText>> {
        if holds_secrets(snapshot, prompt) {
            return None;
        }
        self.send(prompt, max_tokens)
    }

    fn start_task(&mut self, prompt: &Prompt, max_tokens: usize) -> Option<Box<dyn PendingText>> {
        if secrets::in_text(&prompt.display()) {
            return None;
        }
        self.send(prompt, max_tokens)
    }

    fn start_edit(
        &mut self,
        snapshot: &Snapshot,
        prompt: &Prompt,
        marks: &[&str],
        max_tokens: usize,
    ) -> Option<Box<dyn PendingText>> {
        let (server, _) = self.current.as_ref()?;
        let after = *self
            .edits_after
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if after.is_some_and(|after| Instant::now() < after) || holds_secrets(snapshot, prompt) {
            return None;
        }
        let mut prompt = prompt.clone();
        if !server.dialect.can_require() {
            let required = std::mem::take(&mut prompt.required);
            prompt.segments.push(Segment::Text(required));
        }
        let mut request = request(prompt, None, max_tokens);
        if !server.dialect.can_require() {
            request.parts = marked(request.parts, marks);
        }
        Some(Box::new(PendingWriter {
            pending: self.engine.ask(Arc::clone(server), request),
            reply: None,
            cancel: self.cancel.clone(),
            by: Instant::now() + self.engine.limits().edit,
            late: Some(Arc::clone(&self.edits_after)),
        }))
    }
}

/// Parts of which the marks in texts are no user's text.
fn marked(parts: Vec<PromptPart>, marks: &[&str]) -> Vec<PromptPart> {
    let mut split = Vec::new();
    for part in parts {
        let PromptPart::Text(text) = part else {
            split.push(part);
            continue;
        };
        let mut rest = text.as_str();
        while let Some((at, mark)) = first_mark(rest, marks) {
            split.push(PromptPart::Text(rest[..at].to_owned()));
            split.push(PromptPart::Template(mark.to_owned()));
            rest = &rest[at + mark.len()..];
        }
        split.push(PromptPart::Text(rest.to_owned()));
    }
    split
}

/// Where the first of these marks is in a text.
fn first_mark<'m>(text: &str, marks: &[&'m str]) -> Option<(usize, &'m str)> {
    let found = marks
        .iter()
        .filter_map(|mark| Some((text.find(mark)?, *mark)));
    found.min()
}

/// Whether the document, or anything that the prompt shows, holds a secret.
fn holds_secrets(snapshot: &Snapshot, prompt: &Prompt) -> bool {
    secrets::in_path(&snapshot.path)
        || prompt
            .pieces
            .iter()
            .any(|piece| secrets::in_path(&piece.path))
        || secrets::in_text(&snapshot.rope().to_string())
        || secrets::in_text(&prompt.display())
}

fn request(prompt: Prompt, turns: Option<TurnSpelling>, max_tokens: usize) -> RemoteRequest {
    let part = |segment| match segment {
        Segment::Marker(marker) => match turns {
            Some(TurnSpelling::Roles) => role(&marker),
            Some(TurnSpelling::Template) => PromptPart::Template(marker),
            Some(TurnSpelling::Tokens) | None => PromptPart::Marker(marker),
        },
        Segment::Text(text) | Segment::Inner(text) => PromptPart::Text(text),
    };
    let mut stops = prompt.stops;
    stops.extend(prompt.reply.map(|reply| format!("\n{}", reply.fence)));
    RemoteRequest {
        parts: prompt.segments.into_iter().map(part).collect(),
        max_tokens: max_tokens + prompt.required.len(),
        required: prompt.required,
        stops,
    }
}

/// The turn that a marker begins.
fn role(marker: &str) -> PromptPart {
    let at = ROLES.iter().position(|role| *role == marker);
    PromptPart::Role(CHAT_ROLES[at.unwrap_or(1)])
}

/// An answer of the server that is on its way.
struct PendingWriter {
    pending: PendingAnswer,
    /// The beginning of the answer, which the model may write again.
    reply: Option<BegunReply>,
    cancel: Cancel,
    by: Instant,
    /// Where to note that the time ran out.
    late: Option<Arc<Mutex<Option<Instant>>>>,
}

impl PendingText for PendingWriter {
    fn read(
        self: Box<Self>,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Option<Answer>, GenerateError> {
        let (mut arrived, mut answer) = (String::new(), Answer::default());
        while Instant::now() < self.by {
            if self.cancel.is_cancelled() {
                return Err(GenerateError::Cancelled);
            }
            match self.pending.next(POLL) {
                None => {}
                Some(AnswerEvent::Failed) => return Ok(None),
                Some(AnswerEvent::End(end)) => {
                    self.continue_reply(&arrived, &mut answer, true);
                    return Ok(Some(ended(answer, end)));
                }
                Some(AnswerEvent::Chunk(chunk)) => {
                    arrived += &chunk.text;
                    self.continue_reply(&arrived, &mut answer, false);
                    let end = answer.text.len();
                    answer
                        .tokens
                        .extend(chunk.logprobs.into_iter().map(|one| (end, one)));
                    if on_text(&answer.text).is_break() {
                        self.pending.enough();
                        return Ok(Some(answer));
                    }
                }
            }
        }
        if let Some(late) = &self.late {
            let after = Instant::now() + LATE_PAUSE;
            *late.lock().unwrap_or_else(PoisonError::into_inner) = Some(after);
        }
        Ok(None)
    }
}

impl PendingWriter {
    /// Sets the text of an answer to what has arrived of it, without the beginning if the model
    /// wrote that again.
    fn continue_reply(&self, arrived: &str, answer: &mut Answer, has_ended: bool) {
        let continued = match &self.reply {
            Some(reply) => reply.continued(arrived, has_ended),
            None => Some(arrived),
        };
        answer.text = continued.unwrap_or_default().to_owned();
    }
}

/// A whole answer.
fn ended(mut answer: Answer, end: AnswerEnd) -> Answer {
    answer.cut_short = end.cut_short;
    answer.stats = Stats {
        prompt_tokens: end.prompt_tokens,
        reused_tokens: end.reused_tokens,
        generated_tokens: answer.tokens.len(),
        ..Stats::default()
    };
    answer
}
