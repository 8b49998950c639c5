//! `nigh report`: what a data file says, as Markdown, an HTML page or JSON.
//!
//! Exit status: 0 the report was made, 1 a number was not the same when it was recomputed, 2 an
//! error.

use super::print;
use anyhow::{Context, ensure};
use clap::ValueEnum;
use data::files::{DataFile, ReadOptions};
use report::{PeriodSpan, Report, ReportLanguage, ReportOptions, make, verify};
use std::io::Write;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `nigh report`.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    nigh report sales.csv\n  \
    nigh report sales.csv --question \"why did sales fall\" --out report.html\n  \
    nigh report shop.db --table orders --verify")]
pub struct MakeReport {
    /// The data file: CSV, TSV, JSON lines, Parquet or SQLite
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What you want to know, in English or Chinese
    #[arg(long, value_name = "QUESTION")]
    question: Option<String>,
    /// Columns to analyse; by default those that look like amounts
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    measure: Vec<String>,
    /// Column with the time of a row
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Columns whose values divide the rows, such as a region
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    by: Vec<String>,
    /// How long a period is; by default as long as the data need
    #[arg(long, value_name = "PERIOD")]
    period: Option<Period>,
    /// Language of the sentences; by default that of the question
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,
    /// Write to this file: .md with its images next to it, .html, or .json
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long, conflicts_with = "out")]
    json: bool,
    /// Load the file into SQLite and recompute every number
    #[arg(long)]
    verify: bool,
    /// Show values that look personal, such as mail addresses
    #[arg(long)]
    show_values: bool,
    /// Table of a SQLite database
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    /// Character between the values of a text file
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// The first line has no names of columns
    #[arg(long)]
    no_header: bool,
    /// Number of threads
    #[arg(long, value_name = "N", default_value_t = 2)]
    threads: usize,
}

/// How long a period is.
#[derive(Clone, Copy, ValueEnum)]
enum Period {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl From<Period> for PeriodSpan {
    fn from(period: Period) -> Self {
        match period {
            Period::Hour => Self::Hour,
            Period::Day => Self::Day,
            Period::Week => Self::Week,
            Period::Month => Self::Month,
            Period::Quarter => Self::Quarter,
            Period::Year => Self::Year,
        }
    }
}

/// The language of the sentences.
#[derive(Clone, Copy, ValueEnum)]
enum Language {
    En,
    Zh,
}

impl From<Language> for ReportLanguage {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::English,
            Language::Zh => Self::Chinese,
        }
    }
}

/// One ASCII character, or `tab`.
fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() => Ok(*byte),
        _ => Err("one character, or `tab`".into()),
    }
}

/// The formats of pages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Markdown,
    Html,
    Json,
}

impl MakeReport {
    /// Makes the report, and prints or writes it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.report() {
            Ok(is_equal) => Ok(ExitCode::from(u8::from(!is_equal))),
            Err(error) => {
                eprintln!("nigh: {error:#}");
                Ok(ExitCode::from(2))
            }
        }
    }

    /// Whether all numbers were equal, or none was recomputed.
    fn report(&self) -> anyhow::Result<bool> {
        let format = self.format()?;
        if let Some(out) = &self.out {
            let same = |path: &Path| std::fs::canonicalize(path).ok();
            let is_input = same(out).is_some() && same(out) == same(&self.file);
            ensure!(!is_input, "--out {} is the data file itself", out.display());
        }
        let options = ReadOptions {
            table: self.table.clone(),
            delimiter: self.delimiter,
            has_header: self.no_header.then_some(false),
            threads: self.threads.max(1),
            ..ReadOptions::default()
        };
        let file = DataFile::read(&self.file, &options)?;
        let report = make(&file, &self.options())?;
        match &self.out {
            Some(out) => write(&report, out, format)?,
            None if format == Format::Json => print(&format!("{}\n", report.to_json()))?,
            None => print(&report.to_markdown(&self.stem()).text)?,
        }
        if !self.verify {
            return Ok(true);
        }
        let outcome = verify(&report, &file)?;
        for wrong in &outcome.mismatches {
            eprintln!(
                "nigh: not the same: {}: {} is {} in the report and {} in SQLite: {}",
                wrong.text, wrong.number, wrong.expected, wrong.found, wrong.sql
            );
        }
        let (equal, all) = (outcome.equal, outcome.sentences);
        eprintln!(
            "nigh: SQLite recomputed {} numbers: those of {equal} of {all} sentences are the same",
            outcome.numbers
        );
        Ok(outcome.is_equal())
    }

    fn options(&self) -> ReportOptions {
        ReportOptions {
            table: self.table.clone().unwrap_or_else(|| self.stem()),
            question: self.question.clone(),
            measures: self.measure.clone(),
            time: self.time.clone(),
            dimensions: self.by.clone(),
            span: self.period.map(Into::into),
            language: self.language.map(Into::into),
            show_values: self.show_values,
        }
    }

    /// The file's name without its ending.
    fn stem(&self) -> String {
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        let stem = name.split('.').next().unwrap_or_default();
        if stem.is_empty() { "data" } else { stem }.to_owned()
    }

    fn format(&self) -> anyhow::Result<Format> {
        let Some(out) = &self.out else {
            return Ok(if self.json {
                Format::Json
            } else {
                Format::Markdown
            });
        };
        let ending = out.extension().unwrap_or_default().to_string_lossy();
        match ending.to_lowercase().as_str() {
            "md" | "markdown" => Ok(Format::Markdown),
            "html" | "htm" => Ok(Format::Html),
            "json" => Ok(Format::Json),
            _ => anyhow::bail!(
                "--out {}: name a file that ends in .md, .html or .json",
                out.display()
            ),
        }
    }
}

/// Writes the page, and the images of Markdown next to it.
fn write(report: &Report, out: &Path, format: Format) -> anyhow::Result<()> {
    let text = match format {
        Format::Html => report.to_html(),
        Format::Json => report.to_json(),
        Format::Markdown => {
            let stem = out.file_stem().unwrap_or_default().to_string_lossy();
            let page = report.to_markdown(&stem);
            for (name, image) in &page.images {
                let is_plain = Path::new(name).components().count() == 1;
                ensure!(is_plain, "the name of an image leads elsewhere: {name}");
                write_file(&out.with_file_name(name), image)?;
            }
            page.text
        }
    };
    write_file(out, &text)
}

/// Writes a file as a whole or not at all.
fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new("."));
    let write = || {
        let mut file = tempfile::Builder::new()
            .prefix(".nigh")
            .tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        // A temporary file is its owner's only; a page is as any other file.
        #[cfg(unix)]
        std::fs::set_permissions(file.path(), PermissionsExt::from_mode(0o644))?;
        file.persist(path)?;
        Ok::<(), std::io::Error>(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
