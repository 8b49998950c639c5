//! What is around question and answer in a conversation with a model.

use super::families::FAMILIES;
use super::placeholders::{ChatVocabulary, SYSTEM_TEXT, USER_TEXT};
use super::question::{BegunReply, HOLE, Question};
use super::{INSTRUCTION, template};
use crate::prompt::{CountTokens, Segment};

/// How a prompt spells the turns of a server that lays them out itself: that of the instruction,
/// of the question and of the answer.
pub const ROLES: [&str; 3] = ["[system]", "[user]", "[assistant]"];

/// The longest text around question and answer, in bytes.
const MAX_AROUND: usize = 16 << 10;

/// How thoughts begin and end: a template that begins some gets them ended at once.
const THOUGHTS: &[(&str, &str)] = &[
    ("<think>", "</think>"),
    ("[THINK]", "[/THINK]"),
    ("<thinking>", "</thinking>"),
    ("<seed:think>", "</seed:think>"),
    ("\u{25c1}think\u{25b7}", "\u{25c1}/think\u{25b7}"),
];
/// In OpenAI's "harmony", the answer proper is in a channel of its own.
const HARMONY: (&str, &str) = ("<|start|>assistant", "<|channel|>final<|message|>");

/// What the markers of these turns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnSpelling {
    /// Special tokens.
    Tokens,
    /// Text of a template, in which a server looks for special tokens.
    Template,
    /// The roles of [`ROLES`]: a server puts its own template around the texts.
    Roles,
}

/// The turns of a conversation around the question and the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatTurns {
    /// Where they come from, for people.
    pub(crate) name: &'static str,
    /// What their markers are.
    pub spelling: TurnSpelling,
    /// What comes before the question, the instruction included.
    head: Vec<Segment>,
    /// What comes between question and answer.
    tail: Vec<Segment>,
}

impl ChatTurns {
    /// The turns of a model: by its template, else by the family that its vocabulary shows.
    pub fn of_model(template: Option<&str>, vocabulary: &ChatVocabulary) -> Option<Self> {
        let spell = |text: &str| in_tokens(text, vocabulary);
        let by_template = template.map(|template| Self::of_template(template, vocabulary));
        let mut turns = match by_template {
            Some(Ok(turns)) => turns,
            Some(Err(_)) | None => {
                let fits = |needs: &[&str]| needs.iter().all(|marker| (vocabulary.has)(marker));
                let family = FAMILIES.iter().find(|family| fits(family.needs))?;
                Self::of_rendered(family.name, &family.rendered(), family.has_system(), &spell)?
            }
        };
        let bos = Segment::Marker(vocabulary.bos.clone());
        if vocabulary.adds_bos && turns.head.first() == Some(&bos) {
            turns.head.remove(0);
        }
        Some(turns)
    }

    /// The turns that a template shows; the error says why it cannot be followed.
    pub fn of_template(template: &str, vocabulary: &ChatVocabulary) -> Result<Self, String> {
        let spell = |text: &str| in_tokens(text, vocabulary);
        let (text, has_system) = template::rendered(template, vocabulary)?;
        let turns = Self::of_rendered("chat template", &text, has_system, &spell);
        turns.ok_or_else(|| {
            format!("its turns have more than {MAX_AROUND} bytes, or the question comes first")
        })
    }

    /// The conversations that a server may be asked to render with its model's template: the better
    /// one first. Each is a list of roles, by their place in [`ROLES`], and texts.
    pub fn conversations() -> [Vec<(usize, &'static str)>; 2] {
        [vec![(0, SYSTEM_TEXT), (1, USER_TEXT)], vec![(1, USER_TEXT)]]
    }

    /// The turns of a model on a server that has rendered one of [`Self::conversations`].
    pub fn of_server(text: &str, conversation: usize) -> Option<Self> {
        let whole = |text: &str| match text.is_empty() {
            true => Vec::new(),
            false => vec![Segment::Marker(text.to_owned())],
        };
        let turns = Self::of_rendered("chat template", text, conversation == 0, &whole)?;
        Some(Self {
            spelling: TurnSpelling::Template,
            ..turns
        })
    }

    /// The turns of a model on a server that takes roles and texts.
    pub fn of_roles() -> Self {
        let role = |at: usize| Segment::Marker(ROLES[at].to_owned());
        Self {
            name: "chat",
            spelling: TurnSpelling::Roles,
            head: vec![role(0), Segment::Inner(INSTRUCTION.into()), role(1)],
            tail: vec![role(2)],
        }
    }

    /// The turns that a rendered conversation shows; `spell` makes segments of a template's own
    /// text.
    fn of_rendered(
        name: &'static str,
        text: &str,
        has_system: bool,
        spell: &dyn Fn(&str) -> Vec<Segment>,
    ) -> Option<Self> {
        if text.len() > MAX_AROUND {
            return None;
        }
        let (before, after) = text.split_once(USER_TEXT)?;
        let head = match has_system {
            true => {
                let (before, between) = before.split_once(SYSTEM_TEXT)?;
                let instruction = Segment::Inner(INSTRUCTION.into());
                [spell(before), vec![instruction], spell(between)].concat()
            }
            false => {
                let instruction = Segment::Inner(format!("{INSTRUCTION}\n\n"));
                [spell(before), vec![instruction]].concat()
            }
        };
        Some(Self {
            name,
            spelling: TurnSpelling::Tokens,
            head,
            tail: spell(&up_to_answer(after)),
        })
    }

    /// Where the turns come from, for people.
    pub fn origin(&self) -> String {
        match self.name {
            "chat template" | "chat" => "its chat template".into(),
            family => format!("the turns of {family}"),
        }
    }

    /// About how many tokens everything besides the code takes.
    pub(crate) fn count(&self, tokens: &dyn CountTokens) -> usize {
        let around = self.head.iter().chain(&self.tail);
        let around = around.map(|segment| match (segment, self.spelling) {
            (Segment::Marker(_), TurnSpelling::Tokens) => 1,
            (Segment::Marker(text) | Segment::Text(text) | Segment::Inner(text), _) => {
                tokens.count(text)
            }
        });
        around.sum::<usize>() + tokens.count(HOLE)
    }

    /// The whole prompt, and what the answer begins with.
    pub(crate) fn lay_out(&self, question: &Question) -> (Vec<Segment>, BegunReply) {
        let (text, reply) = question.parts();
        (self.around(INSTRUCTION, &text, &reply), reply)
    }

    /// A prompt with another instruction.
    pub(crate) fn around(&self, instruction: &str, text: &str, reply: &BegunReply) -> Vec<Segment> {
        let instructed = |segment: &Segment| match segment {
            Segment::Inner(own) => Segment::Inner(own.replace(INSTRUCTION, instruction)),
            other => other.clone(),
        };
        let mut segments: Vec<Segment> = self.head.iter().map(instructed).collect();
        segments.push(Segment::Inner(text.to_owned()));
        segments.extend(self.tail.iter().cloned());
        segments.push(Segment::Inner(reply.text()));
        joined(segments)
    }
}

/// What comes after the question, up to where the answer proper begins.
fn up_to_answer(after: &str) -> String {
    let mut after = after.to_owned();
    for (begin, end) in THOUGHTS {
        let begun = after.rfind(begin);
        if begun.is_some_and(|at| !after[at..].contains(end)) {
            let gap = if after.ends_with('\n') { "\n" } else { "\n\n" };
            after.push_str(&format!("{gap}{end}\n\n"));
        }
    }
    if after.ends_with(HARMONY.0) {
        after.push_str(HARMONY.1);
    }
    after
}

/// The text of a template with its special tokens as markers.
fn in_tokens(text: &str, vocabulary: &ChatVocabulary) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut end = 0;
    for range in (vocabulary.find)(text) {
        segments.push(Segment::Inner(text[end..range.start].to_owned()));
        segments.push(Segment::Marker(text[range.clone()].to_owned()));
        end = range.end;
    }
    segments.push(Segment::Inner(text[end..].to_owned()));
    segments.retain(|segment| *segment != Segment::Inner(String::new()));
    segments
}

/// The segments with texts that follow each other as one, so that their tokens are those of one
/// text; only at the beginning it is not the middle of one.
fn joined(segments: Vec<Segment>) -> Vec<Segment> {
    let mut all: Vec<Segment> = Vec::new();
    for segment in segments {
        match (segment, all.last_mut()) {
            (Segment::Inner(text), _) if text.is_empty() => {}
            (Segment::Inner(text), Some(Segment::Inner(last) | Segment::Text(last))) => {
                last.push_str(&text);
            }
            (Segment::Inner(text), None) => all.push(Segment::Text(text)),
            (segment, _) => all.push(segment),
        }
    }
    all
}
