//! The question that a chat model is asked, and the beginning of its answer.
//!
//! The code in the question lacks the last lines before the cursor: they are the beginning of the
//! answer, so that the model has them before it when it goes on. While someone types within a line,
//! only the end of the prompt changes, and all before it stays in the model's KV cache.

/// What is in the place of the missing code.
pub const HOLE: &str = "<FILL_HERE>";
/// Characters of the last lines before the cursor that begin the answer at least, blanks at the
/// ends of lines left out.
const MIN_BEGUN: usize = 50;
/// The most lines that begin the answer.
const MAX_LINES: usize = 12;
/// What a code block begins and ends with, at least.
const FENCE: &str = "```";

/// The beginning of an answer that the model continues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BegunReply {
    /// What ends the code block, on a line of its own.
    pub fence: String,
    /// The language of the code block.
    pub language: String,
    /// The code that the block begins with.
    pub code: String,
}

impl BegunReply {
    /// The beginning as it is in the prompt.
    pub fn text(&self) -> String {
        format!("{}{}\n{}", self.fence, self.language, self.code)
    }

    /// The part of an answer that continues this beginning, for a server that may let its model
    /// write the beginning again. `None` as long as that is not known; `has_ended` says that
    /// nothing will follow.
    pub fn continued<'a>(&self, answer: &'a str, has_ended: bool) -> Option<&'a str> {
        let is_open = |text: &str, whole: &str| whole.starts_with(text) && !has_ended;
        let trimmed = answer.trim_start();
        if is_open(trimmed, &self.fence) {
            return None;
        }
        let code = match trimmed.strip_prefix(&*self.fence) {
            Some(block) => match block.split_once('\n') {
                Some((_, code)) => code,
                None if has_ended => return Some(answer),
                None => return None,
            },
            None => answer,
        };
        if self.code.trim().is_empty() {
            return Some(code);
        }
        if is_open(code, &self.code) {
            return None;
        }
        match code.strip_prefix(&*self.code) {
            Some(rest) => Some(rest),
            None => Some(answer),
        }
    }
}

/// The code around the cursor, and what else is shown.
pub(crate) struct Question<'q> {
    /// Other files, and the path of this one.
    pub front: String,
    /// The code before the cursor.
    pub before: &'q str,
    /// The code after the cursor.
    pub after: String,
    /// The language of the code.
    pub language: &'q str,
}

impl Question<'_> {
    /// The text of the question, and the beginning of the answer.
    pub(crate) fn parts(&self) -> (String, BegunReply) {
        let (before, begun) = self.before.split_at(reply_start(self.before));
        let front = &self.front;
        let after = &self.after;
        let text = format!("{front}{before}{HOLE}{after}");
        let reply = BegunReply {
            fence: fence(&[front, self.before, after]),
            language: self.language.to_owned(),
            code: begun.to_owned(),
        };
        (text, reply)
    }
}

/// Where the last lines begin that the answer begins with.
fn reply_start(before: &str) -> usize {
    let mut start = before.len();
    let mut begun = 0;
    for line in before.split_inclusive('\n').rev().take(MAX_LINES) {
        start -= line.len();
        begun += line.trim_end().chars().count();
        if begun >= MIN_BEGUN {
            break;
        }
    }
    start
}

/// A fence that is in none of these texts.
fn fence(texts: &[&str]) -> String {
    let mut fence = FENCE.to_owned();
    while texts.iter().any(|text| text.contains(&fence)) {
        fence.push('`');
    }
    fence
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(before: &str) -> (String, BegunReply) {
        let question = Question {
            front: "File: a.py\n".into(),
            before,
            after: ")\nrest\n".into(),
            language: "python",
        };
        question.parts()
    }

    #[test]
    fn the_answer_begins_with_whole_lines() {
        let long = "x = 'a line that is long enough to begin an answer with'\n";
        let (text, reply) = question(&format!("first\n{long}    y = f("));
        assert_eq!(text, "File: a.py\nfirst\n<FILL_HERE>)\nrest\n");
        assert_eq!(reply.text(), format!("```python\n{long}    y = f("));
        let (text, reply) = question("a = 1\nb = ");
        assert_eq!(text, "File: a.py\n<FILL_HERE>)\nrest\n");
        assert_eq!(reply.code, "a = 1\nb = ");
        let line = "    return compute_everything(of_the_first, of_the_second, ";
        assert_eq!(question(&format!("def f():\n{line}")).1.code, line);
        assert_eq!(question("").1.text(), "```python\n");
        let blank = "\n".repeat(99);
        assert_eq!(question(&blank).1.code.len(), MAX_LINES);
    }

    #[test]
    fn code_with_fences_gets_a_longer_one() {
        assert_eq!(question("'''\n```sh\nls\n```\n").1.fence, "````");
    }

    #[test]
    fn an_answer_that_begins_again_is_continued_where_it_goes_on() {
        let reply = question("def f():\n    return ").1;
        let again = reply.text();
        for (answer, has_ended, expected) in [
            ("x + 1", false, Some("x + 1")),
            ("``", false, None),
            ("```py", false, None),
            ("```python\ndef f", false, None),
            (&*format!("{again}x"), false, Some("x")),
            (&*format!("\n{again}x"), false, Some("x")),
            ("def f():\n    return x", false, Some("x")),
            ("def f", false, None),
            ("def f", true, Some("def f")),
            ("```python\nother()\n", false, Some("```python\nother()\n")),
            ("", true, Some("")),
        ] {
            assert_eq!(reply.continued(answer, has_ended), expected, "{answer:?}");
        }
    }
}
