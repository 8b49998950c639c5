//! Who answers at an address: the dialect, the model, and how much it can see.

use crate::client::{Client, Connection, slow};
use crate::dialects::llama_server::Vocabulary;
use crate::dialects::{Dialect, ollama, openai};
use crate::error::RemoteError;
use crate::prompt::Conversation;
use crate::text_markers::as_messages;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::time::timeout;

/// What vLLM calls itself.
const VLLM: &str = "vllm";
/// Names of models that an error lists.
const MAX_LISTED: usize = 8;

/// A server that can be asked.
pub struct ModelServer {
    /// What it speaks.
    pub dialect: Dialect,
    /// The model that is asked.
    pub model: String,
    /// Tokens that the model can see; 0 where that is not known.
    context: AtomicUsize,
    /// Who made the server, by its own account; empty where it does not say.
    pub(crate) maker: String,
    pub(crate) vocabulary: Vocabulary,
    /// Whether it shows which special tokens the vocabulary has.
    pub shows_vocabulary: bool,
    /// A conversation of placeholders in the model's own template, where the server shows it.
    pub rendered: Option<RenderedChat>,
    /// Whether it refused to be asked to continue the last turn, and gets plain conversations.
    pub(crate) chats_plainly: AtomicBool,
}

/// A conversation as a server's template lays it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedChat {
    /// Which one of those that were wanted.
    pub conversation: usize,
    /// The whole text, up to where the answer begins.
    pub text: String,
}

/// What the user set, and what the caller wants to know.
pub(crate) struct Wanted<'w> {
    pub(crate) dialect: Option<Dialect>,
    pub(crate) model: Option<&'w str>,
    pub(crate) markers: &'w [String],
    pub(crate) conversations: &'w [Conversation],
}

impl ModelServer {
    /// Whether the vocabulary has this special token, as far as is known: only llama-server and
    /// vLLM show their vocabulary.
    pub fn has(&self, marker: &str) -> bool {
        self.vocabulary.markers.contains_key(marker)
    }

    /// Tokens that the model can see, as far as the server has said it.
    pub fn context(&self) -> Option<usize> {
        let tokens = self.context.load(Ordering::Relaxed);
        (tokens > 0).then_some(tokens)
    }

    /// Remembers the context that the refusal of a prompt names, so that the next ones fit.
    pub(crate) fn learn_context(&self, tokens: usize) {
        self.context.store(tokens, Ordering::Relaxed);
    }

    /// The ids of the markers, if it understands what only vLLM does.
    pub(crate) fn vllm_ids(&self) -> Option<&HashMap<String, u64>> {
        (self.maker == VLLM).then_some(&self.vocabulary.markers)
    }

    /// Asks the server who it is.
    pub(crate) async fn meet(client: &Client, wanted: &Wanted<'_>) -> Result<Self, RemoteError> {
        let (mut connection, models) = within(client, list(client)).await?;
        let maker = models["data"][0]["owned_by"].as_str().unwrap_or_default();
        let dialect = match wanted.dialect {
            Some(dialect) => dialect,
            None if maker == "llamacpp" => Dialect::LlamaServer,
            None if is_ollama(client).await => Dialect::Ollama,
            None => Dialect::OpenAi,
        };
        let model = chosen_model(&models, wanted.model)?;
        let (context, vocabulary) = match dialect {
            Dialect::LlamaServer => {
                let read = read_vocabulary(&mut connection, wanted.markers);
                within(client, read).await?
            }
            Dialect::Ollama => {
                let loaded = timeout(client.limits.load, ollama::load(&mut connection, &model));
                let limit = client.limits.load;
                loaded
                    .await
                    .map_err(|_| slow("loading its model", limit))??;
                (Some(ollama::CONTEXT), Vocabulary::default())
            }
            Dialect::OpenAi => {
                let shown = match maker {
                    VLLM => shown_vocabulary(client, &model, wanted.markers).await,
                    _ => Vocabulary::default(),
                };
                (listed_context(&models, &model), shown)
            }
        };
        let rendered = match dialect {
            Dialect::LlamaServer => rendered(client, wanted.conversations).await,
            Dialect::Ollama | Dialect::OpenAi => None,
        };
        Ok(Self {
            dialect,
            model,
            context: AtomicUsize::new(context.unwrap_or_default()),
            maker: maker.to_owned(),
            shows_vocabulary: dialect == Dialect::LlamaServer || !vocabulary.markers.is_empty(),
            vocabulary,
            rendered,
            chats_plainly: AtomicBool::new(false),
        })
    }
}

/// What `work` gives, unless it takes longer than meeting a server may.
async fn within<T>(
    client: &Client,
    work: impl Future<Output = Result<T, RemoteError>>,
) -> Result<T, RemoteError> {
    let limit = client.limits.meet;
    let done = timeout(limit, work).await;
    done.map_err(|_| slow("the first conversation", limit))?
}

/// A connection, and the server's list of models.
async fn list(client: &Client) -> Result<(Connection<'_>, Value), RemoteError> {
    let mut connection = client.connect().await?;
    let models = connection.get("/v1/models").await?;
    Ok((connection, models))
}

/// What llama-server knows of its model.
async fn read_vocabulary(
    connection: &mut Connection<'_>,
    markers: &[String],
) -> Result<(Option<usize>, Vocabulary), RemoteError> {
    let context = slot_context(connection).await;
    Ok((context, Vocabulary::read(connection, markers).await?))
}

/// What vLLM shows of its vocabulary; nothing where a proxy lets only OpenAI's paths through.
async fn shown_vocabulary(client: &Client, model: &str, markers: &[String]) -> Vocabulary {
    // A server may close the connection after an unknown path, so this has one of its own.
    let shown = within(client, async {
        let mut connection = client.connect().await?;
        openai::special_tokens(&mut connection, model, markers).await
    });
    Vocabulary::of(shown.await.unwrap_or_default())
}

/// The first of these conversations that comes back from the template of llama-server with each of
/// its texts once. A template may refuse one, and an old server has no such endpoint: that is no
/// failure.
async fn rendered(client: &Client, conversations: &[Conversation]) -> Option<RenderedChat> {
    for (conversation, turns) in conversations.iter().enumerate() {
        let body = json!({
            "messages": as_messages(turns),
            "add_generation_prompt": true,
            "chat_template_kwargs": {"enable_thinking": false},
        });
        // A server may close the connection after an error, so each try has one of its own.
        let answer = within(client, async {
            client.connect().await?.post("/apply-template", &body).await
        });
        let answer = answer.await.unwrap_or_default();
        let Some(text) = answer["prompt"].as_str() else {
            continue;
        };
        if turns
            .iter()
            .all(|(_, part)| text.matches(&**part).count() == 1)
        {
            let text = text.to_owned();
            return Some(RenderedChat { conversation, text });
        }
    }
    None
}

/// Whether the server knows Ollama's own endpoint. Others answer it with an error or a page.
async fn is_ollama(client: &Client) -> bool {
    // A server may close the connection after an unknown path, so this has one of its own.
    let version = within(client, async {
        client.connect().await?.get("/api/version").await
    });
    version
        .await
        .is_ok_and(|version| version["version"].is_string())
}

/// The model that the user named, else the only one.
fn chosen_model(models: &Value, wanted: Option<&str>) -> Result<String, RemoteError> {
    let listed = models["data"].as_array();
    let listed = listed.ok_or_else(|| RemoteError::Malformed("`data` is missing".into()))?;
    let names: Vec<&str> = listed
        .iter()
        .filter_map(|model| model["id"].as_str())
        .collect();
    let all = || {
        names
            .iter()
            .take(MAX_LISTED)
            .copied()
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (wanted, &names[..]) {
        (Some(wanted), [..]) if names.contains(&wanted) => Ok(wanted.to_owned()),
        // Ollama's default tag is not part of what people write.
        (Some(wanted), _) if names.contains(&&*format!("{wanted}:latest")) => Ok(wanted.into()),
        // Some servers list only what they have in a cache.
        (Some(wanted), []) => Ok(wanted.to_owned()),
        (None, [only]) => Ok((*only).to_owned()),
        (Some(wanted), _) => Err(RemoteError::Unusable(format!(
            "it has no model `{wanted}`; set `engine.model` to one of: {}",
            all()
        ))),
        (None, []) => Err(RemoteError::Unusable(
            "it lists no model; set `engine.model` to the one that it has".into(),
        )),
        (None, _) => Err(RemoteError::Unusable(format!(
            "it has several models; set `engine.model` to one of: {}",
            all()
        ))),
    }
}

/// The context of one slot of llama-server.
async fn slot_context(connection: &mut Connection<'_>) -> Option<usize> {
    let props = connection.get("/props").await.ok()?;
    let tokens = props["default_generation_settings"]["n_ctx"].as_u64()?;
    usize::try_from(tokens).ok()
}

/// The context that vLLM lists with its models.
fn listed_context(models: &Value, name: &str) -> Option<usize> {
    let listed = models["data"].as_array()?;
    let model = listed.iter().find(|model| model["id"] == name)?;
    model["max_model_len"]
        .as_u64()
        .and_then(|tokens| usize::try_from(tokens).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn chosen(ids: &[&str], wanted: Option<&str>) -> Result<String, String> {
        let data: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        chosen_model(&json!({"data": data}), wanted).map_err(|error| error.to_string())
    }

    #[test]
    fn the_only_model_needs_no_name() {
        assert_eq!(chosen(&["a"], None), Ok("a".into()));
        assert_eq!(chosen(&["a", "b"], Some("b")), Ok("b".into()));
        assert_eq!(chosen(&["a:latest", "b"], Some("a")), Ok("a".into()));
    }

    #[test]
    fn models_that_are_not_there_are_listed() {
        assert!(
            chosen(&["a", "b"], None)
                .unwrap_err()
                .contains("one of: a, b")
        );
        assert!(
            chosen(&["a", "b"], Some("c"))
                .unwrap_err()
                .contains("no model `c`; set `engine.model` to one of: a, b")
        );
        assert!(chosen(&[], None).unwrap_err().contains("no model"));
        assert_eq!(chosen(&[], Some("a")), Ok("a".into()));
        assert!(chosen_model(&json!([]), None).is_err());
    }
}
