//! A model on a server as the products see it: prompts become requests, chunks become text.
//!
//! What is sent is decided here: nothing of a document that holds secrets. The crate `remote` knows
//! how servers are spoken to, and `context` how each model family lays out a prompt.

use crate::settings::EngineSettings;
use context::{Answer, Budget, FimFormat, GenerateError, PendingText, Prompt, Segment, Snapshot};
use context::{SourceWeights, Stats, Writer};
use engine::Cancel;
use remote::{
    AnswerEvent, Dialect, EngineAddress, EngineStatus, ModelServer, PendingAnswer, PromptPart,
    RemoteEngine, RemoteLimits, RemoteOptions, RemoteRequest,
};
use std::ops::ControlFlow;
use std::sync::Arc;
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
/// By how much the engine's own limits may be exceeded before it is no longer waited for.
const GRACE: Duration = Duration::from_millis(100);

/// A model on a server.
pub struct RemoteWriter {
    engine: RemoteEngine,
    family: Option<&'static FimFormat>,
    /// What is asked now.
    current: Option<(Arc<ModelServer>, &'static FimFormat)>,
    cancel: Cancel,
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
            markers: FimFormat::all_markers(),
            accept: Box::new(move |server| format(server, family).map(drop)),
            limits,
        };
        Ok(Some(Self {
            engine: RemoteEngine::start(options)?,
            family,
            current: None,
            cancel: Cancel::new(),
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
    pub fn server(&mut self) -> Option<(&ModelServer, &'static FimFormat)> {
        self.is_ready();
        let (server, format) = self.current.as_ref()?;
        Some((server, *format))
    }

    /// Gets ready for a request; whether the server can be asked.
    pub fn is_ready(&mut self) -> bool {
        self.current = self.engine.server().and_then(|server| {
            let format = format(&server, self.family).ok()?;
            Some((server, format))
        });
        self.current.is_some()
    }
}

/// How the server's model fills in the middle: as the user says, as its vocabulary shows, else by
/// its name.
fn format(
    server: &ModelServer,
    family: Option<&'static FimFormat>,
) -> Result<&'static FimFormat, String> {
    let known = family.or_else(|| match server.dialect {
        Dialect::LlamaServer => FimFormat::detect(|marker| server.has(marker)),
        Dialect::Ollama | Dialect::OpenAi => FimFormat::of_model(&server.model),
    });
    known.ok_or_else(|| {
        format!(
            "nigh knows no fill-in-the-middle markers of its model `{}`; serve one that was \
             trained for completion, such as Qwen2.5-Coder, or set `engine.family` to its family",
            server.model
        )
    })
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
        current.map_or_else(
            || context::FORMATS[0].clone(),
            |(_, format)| (*format).clone(),
        )
    }

    fn budget(&self) -> Budget {
        let current = self.current.as_ref();
        let context = current.and_then(|(server, _)| server.context);
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
        let (server, format) = self.current.as_ref()?;
        if holds_secrets(snapshot, prompt) {
            return None;
        }
        let request = if server.dialect.can_require() {
            request(prompt.clone(), max_tokens)
        } else {
            request(format.whole(prompt.clone()), max_tokens)
        };
        Some(Box::new(PendingWriter {
            pending: self.engine.ask(Arc::clone(server), request),
            cancel: self.cancel.clone(),
            by: Instant::now() + self.engine.limits().whole + GRACE,
        }))
    }
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

fn request(prompt: Prompt, max_tokens: usize) -> RemoteRequest {
    let part = |segment| match segment {
        Segment::Marker(marker) => PromptPart::Marker(marker),
        Segment::Text(text) | Segment::Inner(text) => PromptPart::Text(text),
    };
    RemoteRequest {
        parts: prompt.segments.into_iter().map(part).collect(),
        max_tokens: max_tokens + prompt.required.len(),
        required: prompt.required,
        stops: prompt.stops,
    }
}

/// An answer of the server that is on its way.
struct PendingWriter {
    pending: PendingAnswer,
    cancel: Cancel,
    by: Instant,
}

impl PendingText for PendingWriter {
    fn read(
        self: Box<Self>,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Option<Answer>, GenerateError> {
        let mut answer = Answer::default();
        while Instant::now() < self.by {
            if self.cancel.is_cancelled() {
                return Err(GenerateError::Cancelled);
            }
            match self.pending.next(POLL) {
                None => {}
                Some(AnswerEvent::Failed) => return Ok(None),
                Some(AnswerEvent::End(end)) => {
                    answer.cut_short = end.cut_short;
                    answer.stats = Stats {
                        prompt_tokens: end.prompt_tokens,
                        reused_tokens: end.reused_tokens,
                        generated_tokens: answer.tokens.len(),
                        ..Stats::default()
                    };
                    return Ok(Some(answer));
                }
                Some(AnswerEvent::Chunk(chunk)) => {
                    answer.text += &chunk.text;
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
        Ok(None)
    }
}
