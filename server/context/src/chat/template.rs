//! Runs a chat template on a conversation of placeholders.

use super::jinja::{Value, render};
use super::placeholders::{ChatVocabulary, SYSTEM_TEXT, USER_TEXT};

/// Makes the content of a message from its text.
type ContentForm = fn(&str) -> Result<Value, String>;

/// A conversation as the template renders it, and whether the instruction has its own turn. The
/// instruction is a part of the question where the template refuses or forgets it. The error says
/// what is wrong with the template.
pub fn rendered(template: &str, vocabulary: &ChatVocabulary) -> Result<(String, bool), String> {
    // Templates of models that also see take texts as lists of parts.
    let forms: [ContentForm; 2] = [plain, in_parts];
    let mut problem = None;
    for has_system in [true, false] {
        for form in forms {
            let why = match conversation(template, vocabulary, has_system, form) {
                Ok(text) if repeats(&text, has_system) => return Ok((text, has_system)),
                Ok(_) => "it does not repeat the question exactly once".to_owned(),
                Err(why) => why,
            };
            problem.get_or_insert(why);
        }
    }
    Err(problem.unwrap_or_default())
}

/// Whether a conversation has each text exactly once.
fn repeats(text: &str, has_system: bool) -> bool {
    let once = |placeholder: &str| text.matches(placeholder).count() == 1;
    once(USER_TEXT) && once(SYSTEM_TEXT) == has_system
}

fn plain(text: &str) -> Result<Value, String> {
    Ok(Value::text(text))
}

fn in_parts(text: &str) -> Result<Value, String> {
    let part = Value::named(&[("type", Value::text("text")), ("text", Value::text(text))])?;
    Value::list(vec![part])
}

fn conversation(
    template: &str,
    vocabulary: &ChatVocabulary,
    has_system: bool,
    form: ContentForm,
) -> Result<String, String> {
    let message = |role: &str, text: &str| {
        Value::named(&[("role", Value::text(role)), ("content", form(text)?)])
    };
    let mut messages = Vec::new();
    if has_system {
        messages.push(message("system", SYSTEM_TEXT)?);
    }
    messages.push(message("user", USER_TEXT)?);
    let variables = [
        ("messages", Value::list(messages)?),
        ("add_generation_prompt", Value::Bool(true)),
        ("bos_token", Value::text(&vocabulary.bos)),
        ("eos_token", Value::text(&vocabulary.eos)),
        ("tools", Value::None),
        ("documents", Value::None),
        // A completion has no time for thoughts. Families name the switch differently.
        ("enable_thinking", Value::Bool(false)),
        ("thinking", Value::Bool(false)),
        ("reasoning_effort", Value::text("low")),
    ];
    render(template, &variables)
}
