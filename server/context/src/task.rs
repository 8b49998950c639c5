//! The prompt for a task that is no completion: a model that was trained to chat is asked in a
//! conversation, any other one gets a text that it continues.

use crate::FimFormat;
use crate::chat::BegunReply;
use crate::prompt::{Prompt, Segment};

/// What a model is to do.
#[derive(Clone, Copy, Debug)]
pub struct ModelTask<'a> {
    /// What to do, for a model that was trained to chat.
    pub instruction: &'a str,
    /// What it is about, ending with a line break.
    pub text: &'a str,
    /// The language of the answer, as code blocks name it.
    pub language: &'a str,
    /// The begin of the answer.
    pub begin: &'a str,
}

impl ModelTask<'_> {
    /// The prompt for a model that fills in as `format` says.
    pub fn prompt(&self, format: Option<&FimFormat>) -> Prompt {
        let turns = format.and_then(|format| format.chat.as_ref());
        let Some(turns) = turns else {
            let text = format!("{}{}", self.text, self.begin);
            return Prompt {
                segments: vec![Segment::Text(text)],
                ..Prompt::default()
            };
        };
        let reply = BegunReply {
            fence: "```".into(),
            language: self.language.into(),
            code: self.begin.into(),
        };
        Prompt {
            segments: turns.around(self.instruction, self.text, &reply),
            reply: Some(reply),
            ..Prompt::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChatTurns;

    const TASK: ModelTask = ModelTask {
        instruction: "Write the query.",
        text: "-- users(id)\n-- how many?\n",
        language: "sql",
        begin: "SELECT",
    };

    #[test]
    fn a_model_that_continues_gets_the_text() {
        let prompt = TASK.prompt(None);
        assert_eq!(prompt.display(), "-- users(id)\n-- how many?\nSELECT");
        assert_eq!(prompt.reply, None);
    }

    #[test]
    fn a_model_that_chats_gets_the_instruction_in_place_of_that_for_filling_in() {
        let format = FimFormat::of_chat(ChatTurns::of_roles());
        let prompt = TASK.prompt(Some(&format));
        assert_eq!(
            prompt.display(),
            "[system]Write the query.[user]-- users(id)\n-- how many?\n[assistant]```sql\nSELECT"
        );
    }
}
