//! The profile of a column, from the statistics of the reading that was chosen.

use super::super::ValueKind;
use super::super::parse::number::Number;
use super::super::parse::period::EpochUnit;
use super::super::parse::{date, text, word};
use super::super::profile::{ColumnProfile, Distinct, Quantiles, UnfitValue};
use super::class::Class;
use super::decide::Decision;
use super::personal;
use super::reading::{Reading, cell_text};
use super::state::ColumnState;
use super::texts::TEXT;
use std::collections::BTreeMap;

/// The most frequent values that are kept.
const FREQUENT: usize = 512;

impl ColumnState {
    /// The profile of the column, read as was decided.
    pub(crate) fn profile(&self, name: &str, rows: u64, decision: &Decision) -> ColumnProfile {
        let kind = decision.reading.kind;
        let mut profile = self.frame(name, rows, decision);
        if kind.is_number() {
            self.add_numbers(&mut profile, decision);
        } else if let Some(unit) = decision.reading.epoch {
            self.add_epochs(&mut profile, unit);
        } else if kind.is_time() {
            self.add_dates(&mut profile, decision);
        } else if kind == ValueKind::Boolean {
            self.add_booleans(&mut profile);
        } else if kind != ValueKind::Empty {
            self.add_texts(&mut profile);
        }
        if profile.is_unique && !profile.distinct.is_exact && profile.unfit == 0 {
            profile.distinct.is_exact = true;
            profile.distinct.count = profile.values();
        }
        profile.distinct.count = profile.distinct.count.min(profile.values());
        profile.personal = personal::look(name, kind, &profile.frequent);
        profile.is_personal = profile.personal.is_some();
        profile
    }

    /// What does not depend on the kind.
    fn frame(&self, name: &str, rows: u64, decision: &Decision) -> ColumnProfile {
        let is_unfit = |class| !decision.fits(class);
        let examples = self.tally.examples(is_unfit).into_iter();
        let examples = examples.map(|(line, value)| UnfitValue {
            line,
            text: text::decode_cut(value),
        });
        let markers = word::MARKERS.iter().zip(self.markers);
        let mut markers: Vec<(String, u64)> = markers
            .filter(|(_, count)| *count > 0)
            .map(|(marker, count)| ((*marker).to_owned(), count))
            .collect();
        markers.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let whole = self.tally.whole();
        let (frequent, distinct) = self.frequent(decision);
        ColumnProfile {
            name: name.to_owned(),
            kind: decision.reading.kind,
            rows,
            missing: rows - whole,
            missing_markers: markers,
            unfit: self.tally.count(is_unfit),
            unfit_examples: examples.collect(),
            min: None,
            max: None,
            min_text: None,
            max_text: None,
            mean: None,
            deviation: None,
            sum: None,
            sum_is_exact: false,
            distinct,
            quantiles: None,
            frequent,
            frequent_is_exact: self.variety.is_exact(),
            first: None,
            last: None,
            is_sorted: false,
            is_unique: whole > 0 && self.variety.is_unique(),
            is_personal: false,
            personal: None,
            date_format: decision
                .is_ambiguous_date
                .then(|| "DD/MM/YYYY or MM/DD/YYYY".to_owned()),
            is_ambiguous_date: decision.is_ambiguous_date,
            decimal_mark: None,
            min_length: None,
            max_length: None,
        }
    }

    /// The most frequent values as text, and how many different values there are.
    fn frequent(&self, decision: &Decision) -> (Vec<(String, u64)>, Distinct) {
        let reading = decision.reading;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (value, count) in self.variety.values() {
            let decoded = text::decode_cut(value);
            let cell = reading
                .typed(value)
                .unwrap_or_else(|| reading.untyped(&decoded));
            if cell.is_value()
                && let Some(text) = cell_text(&cell)
            {
                *counts.entry(text).or_default() += count;
            }
        }
        let is_exact = self.variety.is_exact();
        let distinct = Distinct {
            count: if is_exact {
                counts.len() as u64
            } else {
                self.variety.count()
            },
            is_exact,
        };
        let mut frequent: Vec<(String, u64)> = counts.into_iter().collect();
        frequent.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        frequent.truncate(FREQUENT);
        (frequent, distinct)
    }

    fn add_numbers(&self, profile: &mut ColumnProfile, decision: &Decision) {
        let is_comma = decision.reading.is_comma;
        let Some(stats) = self.numbers.in_style(is_comma) else {
            return;
        };
        profile.min = Some(stats.min.value);
        profile.max = Some(stats.max.value);
        profile.min_text = Some(stats.min.text());
        profile.max_text = Some(stats.max.text());
        profile.first = Some(stats.first.text());
        profile.last = Some(stats.last.text());
        (profile.mean, profile.deviation) = stats.moments.finish();
        let (sum, is_exact) = stats.sum.clone().finish();
        (profile.sum, profile.sum_is_exact) = (Some(sum), is_exact);
        if is_exact {
            profile.mean = Some(sum / stats.count as f64);
        }
        let (values, is_exact) = stats.sample.clone().finish();
        profile.quantiles = Some(Quantiles { values, is_exact });
        profile.is_sorted = stats.is_sorted;
        profile.is_unique |= stats.is_rising;
        profile.decimal_mark = Some(if is_comma { ',' } else { '.' });
    }

    /// Times that are written as numbers.
    fn add_epochs(&self, profile: &mut ColumnProfile, unit: EpochUnit) {
        let Some(stats) = self.numbers.in_style(false) else {
            return;
        };
        let text = |number: &Number| Some(date::iso_time(unit.micros(number)));
        let scale = 1e6 / unit.per_second();
        profile.min = Some(unit.micros(&stats.min) as f64);
        profile.max = Some(unit.micros(&stats.max) as f64);
        (profile.min_text, profile.max_text) = (text(&stats.min), text(&stats.max));
        (profile.first, profile.last) = (text(&stats.first), text(&stats.last));
        let (mean, deviation) = stats.moments.finish();
        profile.mean = mean.map(|mean| mean * scale);
        profile.deviation = deviation.map(|deviation| deviation * scale);
        let (mut values, is_exact) = stats.sample.clone().finish();
        values.iter_mut().for_each(|value| *value *= scale);
        profile.quantiles = Some(Quantiles { values, is_exact });
        profile.is_sorted = stats.is_sorted;
        profile.is_unique |= stats.is_rising;
        profile.date_format = Some(format!("{} since 1970", unit.word()));
    }

    fn add_dates(&self, profile: &mut ColumnProfile, decision: &Decision) {
        let Reading { is_month_first, .. } = decision.reading;
        let Some(stats) = self.dates.in_order(is_month_first) else {
            return;
        };
        let is_date = decision.reading.kind == ValueKind::Date;
        let unit = if is_date { date::DAY as f64 } else { 1.0 };
        let text = |micros: i64| {
            if is_date {
                date::iso_date(micros.div_euclid(date::DAY))
            } else {
                date::iso_time(micros)
            }
        };
        profile.min = Some(stats.min as f64 / unit);
        profile.max = Some(stats.max as f64 / unit);
        profile.min_text = Some(text(stats.min));
        profile.max_text = Some(text(stats.max));
        profile.first = Some(text(stats.first));
        profile.last = Some(text(stats.last));
        let (mean, deviation) = stats.moments.finish();
        profile.mean = mean.map(|mean| mean / unit);
        profile.deviation = deviation.map(|deviation| deviation / unit);
        let (mut values, is_exact) = stats.sample.clone().finish();
        values.iter_mut().for_each(|value| *value /= unit);
        profile.quantiles = Some(Quantiles { values, is_exact });
        profile.is_sorted = stats.is_sorted;
        profile.is_unique |= stats.is_rising;
        profile.date_format = Some(self.date_format(decision, stats.times > 0));
    }

    fn date_format(&self, decision: &Decision, has_times: bool) -> String {
        let [day, month] = [Class::DayFirst, Class::MonthFirst].map(|class| self.tally.of(class));
        let ordered = day + month + self.tally.of(Class::EitherOrder);
        let date = match (ordered, decision.reading.is_month_first) {
            (0, _) if self.tally.of(Class::YearFirst) == 0 => "YYYYMMDD",
            (0, _) => "YYYY-MM-DD",
            (_, false) => "DD/MM/YYYY",
            (_, true) => "MM/DD/YYYY",
        };
        let time = if has_times { " hh:mm:ss" } else { "" };
        format!("{date}{time}")
    }

    fn add_booleans(&self, profile: &mut ColumnProfile) {
        let is_true = |(text, _): &&(String, u64)| text == "true";
        let yes = profile.frequent.iter().find(is_true).map_or(0, |(_, n)| *n);
        let whole = profile.values();
        let mean = yes as f64 / whole as f64;
        let has_both = profile.frequent.len() > 1;
        let (min, max) = (yes == whole, yes > 0);
        profile.min = Some(f64::from(u8::from(min)));
        profile.max = Some(f64::from(u8::from(max)));
        profile.min_text = Some(min.to_string());
        profile.max_text = Some(max.to_string());
        profile.mean = Some(mean);
        if whole > 1 {
            let squares = mean * (1.0 - mean) * whole as f64;
            profile.deviation = Some((squares / (whole - 1) as f64).sqrt());
        }
        profile.is_unique = has_both && whole == 2 || whole == 1;
        if let Some([_, _, first, last]) = self.texts.edges() {
            let read = |value: &[u8]| match word::boolean(value) {
                Some(value) => value.to_string(),
                None => text::decode_cut(value),
            };
            (profile.first, profile.last) = (Some(read(&first)), Some(read(&last)));
        }
    }

    fn add_texts(&self, profile: &mut ColumnProfile) {
        let Some(edges) = self.texts.edges() else {
            return;
        };
        let [min, max, first, last] = edges.map(|value| Some(text::decode_cut(&value)));
        (profile.min_text, profile.max_text) = (min, max);
        (profile.first, profile.last) = (first, last);
        profile.is_sorted = self.texts.is_sorted();
        let is_whole = self.texts.max_length <= TEXT as u64;
        profile.is_unique |= is_whole && self.texts.is_rising();
        profile.min_length = Some(self.texts.min_length);
        profile.max_length = Some(self.texts.max_length);
        if profile.kind == ValueKind::Json {
            profile.is_sorted = false;
        }
    }
}
