//! Markdown with SVG files, and all queries at its end.

use super::outline::{self, Outline, Section};
use crate::chart::draw;
use crate::report::Report;
use crate::sentence::{Piece, PieceKind};

/// A Markdown page with its images.
#[derive(Clone, Debug)]
pub struct MarkdownReport {
    /// The page.
    pub text: String,
    /// The names that the page uses for its images, and their SVG.
    pub images: Vec<(String, String)>,
}

/// A text in which nothing is markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A name as code, with more backticks than it has itself.
fn code(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn pieces(pieces: &[Piece]) -> String {
    let mark = |piece: &Piece| match piece.kind {
        PieceKind::Words => escape(&piece.text),
        PieceKind::Name => code(&piece.text),
        PieceKind::Number => format!("**{}**", escape(&piece.text)),
    };
    pieces.iter().map(mark).collect()
}

/// A block of SQL, fenced by more backticks than it has itself.
fn block(sql: &str) -> String {
    let longest = sql.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}sql\n{sql}\n{fence}\n")
}

impl Report {
    /// The report as Markdown. `stem` begins the names of its images, as `sales` for
    /// `sales-1.svg`.
    pub fn to_markdown(&self, stem: &str) -> MarkdownReport {
        let outline = outline::outline(self);
        let mut page = MarkdownReport {
            text: String::new(),
            images: Vec::new(),
        };
        let out = &mut page.text;
        out.push_str(&format!(
            "# {}\n\n{}\n\n",
            escape(&self.title),
            escape(&outline.subtitle)
        ));
        self.markdown_answer(out);
        out.push_str(&format!(
            "## {}\n\n",
            outline::line(self, "page.short", &[])
        ));
        for lead in &outline.top_lead {
            out.push_str(&format!("{}\n\n", pieces(lead)));
        }
        for at in &outline.top {
            out.push_str(&format!("- {}\n", pieces(&self.sentences[*at].pieces)));
        }
        out.push('\n');
        for section in &outline.sections {
            self.markdown_section(section, stem, &mut page);
        }
        self.markdown_columns(&outline, &mut page.text);
        self.markdown_end(&outline, &mut page.text);
        page
    }

    fn markdown_answer(&self, out: &mut String) {
        let Some(answer) = &self.answer else {
            return;
        };
        out.push_str(&format!(
            "## {}\n\n",
            outline::line(self, "page.answer", &[])
        ));
        out.push_str(&format!("> {}\n\n", escape(&answer.question)));
        for lead in &answer.lead {
            out.push_str(&format!("{}\n\n", pieces(lead)));
        }
        for at in &answer.sentences {
            self.markdown_sentence(*at, out);
        }
        out.push('\n');
    }

    fn markdown_sentence(&self, at: usize, out: &mut String) {
        let sentence = &self.sentences[at];
        let advice = pieces(&sentence.advice_pieces);
        let advice = if advice.is_empty() {
            advice
        } else {
            format!(" *{advice}*")
        };
        let evidence = escape(&outline::evidence(self, &sentence.finding));
        let number = at + 1;
        out.push_str(&format!(
            "- {}{advice}<br>\n  <sub>{evidence} · [{} {number}](#q{number})</sub>\n",
            pieces(&sentence.pieces),
            outline::line(self, "page.query", &[])
        ));
    }

    fn markdown_section(&self, section: &Section, stem: &str, page: &mut MarkdownReport) {
        page.text
            .push_str(&format!("## {}\n\n", escape(&section.title)));
        for at in &section.charts {
            if let Some(svg) = draw::file(&self.charts[*at]) {
                let name = format!("{stem}-{}.svg", page.images.len() + 1);
                let caption = escape(&outline::caption(self, *at));
                page.text
                    .push_str(&format!("![{caption}](<{name}>)\n\n{caption}\n\n"));
                page.images.push((name, svg));
            }
        }
        for lead in &section.lead {
            page.text.push_str(&format!("- {}\n", pieces(lead)));
        }
        if let Some(empty) = &section.empty {
            page.text.push_str(&format!("{empty}\n"));
        }
        for at in &section.sentences {
            self.markdown_sentence(*at, &mut page.text);
        }
        page.text.push('\n');
    }

    fn markdown_columns(&self, outline: &Outline<'_>, out: &mut String) {
        let head = |key: &str| outline::line(self, key, &[]);
        out.push_str(&format!(
            "## {}\n\n| {} | {} | {} | {} | {} | {} |\n|---|---|---:|---:|---|---:|\n",
            head("page.columns"),
            head("page.column.name"),
            head("page.column.kind"),
            head("page.column.missing"),
            head("page.column.distinct"),
            head("page.column.range"),
            head("page.column.mean")
        ));
        for row in &outline.columns {
            out.push_str(&format!(
                "| {} | {} | {} | {} | {} | {} |\n",
                escape(&row.profile.name),
                row.kind,
                row.missing,
                row.distinct,
                escape(&row.range),
                row.mean
            ));
        }
        if let Some(more) = &outline.more_columns {
            out.push_str(&format!("\n{more}\n"));
        }
        out.push('\n');
    }

    fn markdown_end(&self, outline: &Outline<'_>, out: &mut String) {
        out.push_str(&format!(
            "## {}\n\n",
            outline::line(self, "page.method", &[])
        ));
        for method in &outline.methods {
            out.push_str(&format!("- {}\n", escape(method)));
        }
        out.push_str(&format!(
            "\n## {}\n\n",
            outline::line(self, "page.queries", &[])
        ));
        for (at, sentence) in self.sentences.iter().enumerate() {
            let number = at + 1;
            out.push_str(&format!(
                "<a id=\"q{number}\"></a>\n{} {number}: {}\n\n{}\n",
                outline::line(self, "page.query", &[]),
                pieces(&sentence.pieces),
                block(&sentence.finding.sql)
            ));
        }
    }
}
