//! The findings that answer a question, and what comes before.
//!
//! A question may assume what is not so; then the first sentence says that. Nothing is tested here:
//! the answer is a choice among the sentences of the report.

use crate::finding::{FindingKind, ReportFinding, ReportSection};
use crate::period::PeriodSpan;
use crate::plan::question::{Direction, Question, Topic};
use crate::plan::{AskedTime, ReportPlan};
use crate::report_sentence::ReportSentence;
use crate::sentence::{self, Piece, Writer};
use data::files::ColumnProfile;

/// What a question was answered with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) question: String,
    /// Sentences before the findings.
    pub(crate) lead: Vec<Vec<Piece>>,
    /// Indexes of sentences.
    pub(crate) sentences: Vec<usize>,
}

/// As many periods of a time that is asked about are looked for.
const MAX_ASKED_PERIODS: usize = 20_000;
/// What findings say that a measure went up or down.
const MOVEMENTS: [FindingKind; 3] = [
    FindingKind::Change,
    FindingKind::LevelShift,
    FindingKind::Trend,
];

/// The kinds of findings about a topic.
fn kinds(topic: Topic) -> &'static [FindingKind] {
    match topic {
        Topic::Outlier => &[
            FindingKind::PeriodOutlier,
            FindingKind::RowOutlier,
            FindingKind::UnitChange,
            FindingKind::MissingBurst,
        ],
        Topic::Season => &[FindingKind::Season],
        Topic::Comparison => &[
            FindingKind::SegmentPart,
            FindingKind::SegmentMeans,
            FindingKind::Composition,
        ],
        Topic::Quality => &[],
    }
}

/// The indexes of the sentences about a measure that are of some kinds.
fn about(sentences: &[ReportSentence], measure: &str, kinds: &[FindingKind]) -> Vec<usize> {
    let is_about = |finding: &ReportFinding| {
        let own = finding.measure.as_deref() == Some(measure);
        kinds.contains(&finding.kind) && (own || finding.word("column") == Some(measure))
    };
    (0..sentences.len())
        .filter(|at| is_about(&sentences[*at].finding))
        .collect()
}

/// The answer to the question of a plan; `None` if none was asked or there is no measure.
pub(crate) fn answer(
    plan: &ReportPlan,
    columns: &[ColumnProfile],
    sentences: &[ReportSentence],
    writer: &Writer,
) -> Option<Answer> {
    let asked = plan.question.as_ref()?;
    let mut answer = Answer {
        question: asked.text.clone(),
        ..Answer::default()
    };
    if !asked.is_understood {
        answer.lead.push(fill(writer, "answer.not_understood", &[]));
        return Some(answer);
    }
    if !asked.unknown.is_empty() {
        let words: Vec<String> = asked
            .unknown
            .iter()
            .map(|word| format!("“{word}”"))
            .collect();
        let names = [("words", words.join(", "))];
        answer.lead.push(fill(writer, "note.unknown_words", &names));
    }
    if asked.topics.contains(&Topic::Quality) {
        quality(&mut answer, sentences, writer);
        return Some(answer);
    }
    let measure = plan.measures().first()?.name.clone();
    if let Some((column, segment)) = &plan.filter {
        let names = [
            ("column", columns[*column].name.clone()),
            ("value", segment.label()),
        ];
        answer.lead.push(fill(writer, "answer.filter", &names));
    }
    let is_movement = asked.asks_why || asked.direction.is_some() || asked.topics.is_empty();
    if is_movement {
        movement(&mut answer, plan, asked, &measure, sentences, writer);
        return Some(answer);
    }
    for topic in &asked.topics {
        answer
            .sentences
            .extend(about(sentences, &measure, kinds(*topic)));
    }
    if answer.sentences.is_empty() {
        answer.lead.push(fill(
            writer,
            "answer.nothing",
            &[("measure", measure.clone())],
        ));
        answer.sentences = about(sentences, &measure, &[FindingKind::Overview]);
    }
    Some(answer)
}

/// The answer about what is wrong with the data.
fn quality(answer: &mut Answer, sentences: &[ReportSentence], writer: &Writer) {
    let is_quality = |at: &usize| sentences[*at].finding.kind.section() == ReportSection::Quality;
    answer.sentences = (0..sentences.len()).filter(is_quality).collect();
    if answer.sentences.is_empty() {
        answer.lead.push(fill(writer, "page.quality.none", &[]));
    }
}

fn fill(writer: &Writer, key: &str, names: &[(&str, String)]) -> Vec<Piece> {
    writer.fill(sentence::catalog::get(writer.language, key), names)
}

/// How many complete periods of a measure begin in a time.
fn periods_in(
    sentences: &[ReportSentence],
    measure: &str,
    time: &AskedTime,
    span: PeriodSpan,
) -> i64 {
    let overview = about(sentences, measure, &[FindingKind::Overview]);
    let found = overview.first().map(|at| &sentences[*at].finding);
    let Some((first, last)) = found.and_then(|finding| finding.range.as_ref()) else {
        return 0;
    };
    let ordinal = span.of_day(time.first);
    let is_cut = span.first_day(ordinal) < time.first;
    let from = ordinal + i64::from(is_cut);
    let end = time.end.map_or(i64::MAX, |end| span.of_day(end - 1));
    // Labels compare as their times do.
    let is_in = |ordinal: &i64| (first..=last).contains(&&span.label(*ordinal));
    let all = (from..=end).take(MAX_ASKED_PERIODS);
    all.filter(is_in).count() as i64
}

/// The answer about a rise or fall, with what drives it.
fn movement(
    answer: &mut Answer,
    plan: &ReportPlan,
    asked: &Question,
    measure: &str,
    sentences: &[ReportSentence],
    writer: &Writer,
) {
    use FindingKind as Kind;
    let both = asked.time.as_ref().zip(plan.time.as_ref());
    let count = both.map_or(0, |(time, plan)| {
        periods_in(sentences, measure, time, plan.span)
    });
    let found_time = asked.time.as_ref().filter(|_| count > 0);
    // About a time that is named, only the change of this time is an answer.
    let kinds: &[Kind] = if found_time.is_some() {
        &[Kind::Change]
    } else {
        &MOVEMENTS
    };
    let tested = about(sentences, measure, kinds);
    let is_rise = |at: &usize| sentences[*at].finding.template.contains(".rise");
    let span = plan.time.as_ref().map_or("", |time| time.span.key());
    let label = asked.time.as_ref().map_or("", |time| time.label.as_str());
    let names = [
        ("measure", measure.to_owned()),
        ("label", label.to_owned()),
        ("span", span.to_owned()),
        ("spans", span.to_owned()),
        ("count", count.to_string()),
    ];
    let mut say = |key: &str| answer.lead.push(fill(writer, key, &names));
    match asked.direction {
        _ if tested.is_empty() && plan.time.is_none() => {}
        _ if asked.time.is_some() && found_time.is_none() => say("answer.no_time"),
        _ if tested.is_empty() && found_time.is_some() => say("answer.no_change.asked"),
        _ if tested.is_empty() => say("answer.no_change"),
        Some(Direction::Fall) if tested.iter().all(is_rise) => say("answer.not_fall"),
        Some(Direction::Rise) if !tested.iter().any(is_rise) => say("answer.not_rise"),
        _ => {}
    }
    let drivers = about(
        sentences,
        measure,
        &[Kind::Driver, Kind::Simpson, Kind::Split],
    );
    let is_driver = |at: &usize| sentences[*at].finding.kind == Kind::Driver;
    if asked.asks_why && !tested.is_empty() && !drivers.iter().any(is_driver) {
        say("answer.no_driver");
    }
    let described = [Kind::Overview, Kind::YearBefore, Kind::LastPeriod];
    answer.sentences = if tested.is_empty() {
        about(sentences, measure, &described)
    } else {
        tested
    };
    answer.sentences.extend(drivers);
}
