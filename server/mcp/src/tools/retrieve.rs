//! `retrieve`: a question about the project, answered with quotes. Nothing is said that no place
//! says.

use super::places::add_quote;
use crate::arguments::Arguments;
use crate::project::Project;
use crate::reply::Reply;
use crate::stop::Stop;
use assistant::asking::level_name;

/// What is said if files were not read.
pub(super) const UNREAD: &str = "not all files are read yet; ask again";

/// Answers.
pub(super) fn run(project: &Project, arguments: &Arguments, stop: &Stop) -> Result<Reply, String> {
    let question = arguments.text("question")?.to_owned();
    if !question.chars().any(char::is_alphanumeric) {
        return Err("`question` has no word; ask such as \"where is the cache cleared?\"".into());
    }
    let mut reply = Reply::new(arguments.budget()?, &["quotes"]);
    let asked = project.asked.ask(&[question], &mut || stop.goes_on());
    if !asked.is_complete {
        reply.incomplete(UNREAD);
    }
    let answer = asked.answers.into_iter().next().unwrap_or_default();
    let level = level_name(answer.level);
    reply.set("level", level);
    reply.summary(&format!("{level}: {}", answer.summary));
    reply.leave_out(answer.left_out);
    for quote in &answer.quotes {
        add_quote(&mut reply, "quotes", project, &asked.index, quote);
    }
    Ok(reply)
}
