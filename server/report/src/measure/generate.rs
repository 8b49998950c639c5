//! Makes data sets with one planted fact: rows of a business with noise, and a known change.
//!
//! The noise of an amount is lognormal, as amounts are; days have different numbers of rows. A twin
//! has the same noise without the fact, and each of its columns in an order of its own.

use crate::calendar;
use crate::stats::random::SeededRandom;

/// Which fact is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlantedFact {
    /// The amount rises or falls steadily.
    Trend,
    /// The amount is higher or lower from some month on.
    LevelShift,
    /// The amount depends on the month of the year.
    Season,
    /// One month is far too high or low.
    Outlier,
    /// One segment falls or rises from some month on.
    Driver,
    /// A column is missing more often for some months.
    MissingBurst,
    /// Some keys occur twice.
    DuplicateKeys,
    /// Amounts are in another unit from some month on.
    UnitChange,
}

impl PlantedFact {
    /// All facts.
    pub const ALL: [Self; 8] = [
        Self::Trend,
        Self::LevelShift,
        Self::Season,
        Self::Outlier,
        Self::Driver,
        Self::MissingBurst,
        Self::DuplicateKeys,
        Self::UnitChange,
    ];

    /// The fact in one word.
    pub fn key(self) -> &'static str {
        match self {
            Self::Trend => "trend",
            Self::LevelShift => "shift",
            Self::Season => "season",
            Self::Outlier => "outlier",
            Self::Driver => "driver",
            Self::MissingBurst => "burst",
            Self::DuplicateKeys => "keys",
            Self::UnitChange => "units",
        }
    }
}

/// How strong a planted fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FactStrength {
    /// Plain to see in a chart.
    Strong,
    /// Hard to see, but beyond the noise.
    Medium,
}

/// A made data set.
pub(super) struct MadeSet {
    pub(super) fact: PlantedFact,
    pub(super) strength: FactStrength,
    /// Whether the amount rises.
    pub(super) is_rise: bool,
    /// The label of the month where the fact is or begins.
    pub(super) month: String,
    /// The segment of a driver.
    pub(super) segment: String,
    /// How many keys occur twice.
    pub(super) keys: u64,
    /// The factor of the units.
    pub(super) factor: f64,
    pub(super) text: String,
    pub(super) twin: String,
}

/// The names of a business.
struct Theme {
    key: &'static str,
    date: &'static str,
    amount: &'static str,
    other: &'static str,
    segments: (&'static str, &'static [&'static str]),
    kinds: (&'static str, &'static [&'static str]),
}

const THEMES: &[Theme] = &[
    Theme {
        key: "order_id",
        date: "order_date",
        amount: "revenue",
        other: "rating",
        segments: ("region", &["North", "South", "East", "West"]),
        kinds: ("category", &["electronics", "furniture", "clothing"]),
    },
    Theme {
        key: "InvoiceId",
        date: "Day",
        amount: "Total",
        other: "Margin",
        segments: ("Country", &["France", "Japan", "Brazil", "Kenya", "Canada"]),
        kinds: ("Channel", &["web", "store", "phone"]),
    },
    Theme {
        key: "编号",
        date: "日期",
        amount: "销售额",
        other: "评分",
        segments: ("地区", &["华北", "华南", "华东", "西部"]),
        kinds: ("品类", &["电子", "家具", "服装", "食品"]),
    },
];

/// What is planted, in numbers.
struct Plant {
    fact: Option<PlantedFact>,
    is_strong: bool,
    sign: f64,
    months: usize,
    at: usize,
    segment: usize,
    factor: f64,
}

impl Plant {
    fn size(&self, strong: f64, medium: f64) -> f64 {
        if self.is_strong { strong } else { medium }
    }

    /// The factor of an amount in a month.
    fn amount(&self, month: usize, of_year: usize, segment: usize) -> f64 {
        let place = month as f64 / self.months as f64;
        match self.fact {
            Some(PlantedFact::Trend) => 1.0 + self.sign * self.size(0.6, 0.35) * (place - 0.5),
            Some(PlantedFact::LevelShift) if month >= self.at => {
                1.0 + self.sign * self.size(0.4, 0.25)
            }
            Some(PlantedFact::Season) => {
                let angle = std::f64::consts::TAU * of_year as f64 / 12.0;
                1.0 + self.size(0.4, 0.22) * angle.cos()
            }
            Some(PlantedFact::Outlier) if month == self.at => {
                if self.sign > 0.0 {
                    self.size(2.4, 1.8)
                } else {
                    self.size(0.2, 0.4)
                }
            }
            Some(PlantedFact::Driver) if month >= self.at && segment == self.segment => {
                1.0 + self.sign * self.size(0.75, 0.55)
            }
            Some(PlantedFact::UnitChange) if month >= self.at => self.factor,
            _ => 1.0,
        }
    }

    /// The probability that the other column is missing.
    fn missing(&self, month: usize) -> f64 {
        let is_in = (self.at..self.at + 3).contains(&month);
        match self.fact {
            Some(PlantedFact::MissingBurst) if is_in => self.size(0.4, 0.15),
            _ => 0.01,
        }
    }
}

fn rows(theme: &Theme, plant: &Plant, random: &mut SeededRandom) -> (Vec<Vec<String>>, u64) {
    let (start, per_day) = (calendar::days(2021, 1, 1), 2 + random.below(4));
    let end = calendar::days(2021 + plant.months as i64 / 12, 1, 1);
    let (mut rows, mut key) = (Vec::new(), 10_000);
    let share = plant.size(0.01, 0.001);
    let level = 20.0 + 200.0 * random.unit();
    for day in start..end {
        let (year, of_year, _) = calendar::date(day);
        let month = ((year - 2021) * 12 + of_year - 1) as usize;
        for _ in 0..per_day + random.below(3) {
            let segment = random.below(theme.segments.1.len());
            let kind = random.below(theme.kinds.1.len());
            let noise = (random.normal() * 0.5).exp();
            let amount = level * noise * plant.amount(month, of_year as usize - 1, segment);
            let is_copy = plant.fact == Some(PlantedFact::DuplicateKeys)
                && rows.len() > 10
                && (random.unit() < share || rows.len() == 500);
            if !is_copy {
                key += 1 + random.below(3) as u64;
            }
            let is_missing = random.unit() < plant.missing(month);
            let other = format!("{:.1}", 3.0 + random.normal() * 0.6);
            rows.push(vec![
                key.to_string(),
                calendar::iso(day),
                theme.segments.1[segment].to_owned(),
                theme.kinds.1[kind].to_owned(),
                format!("{amount:.2}"),
                if is_missing { String::new() } else { other },
            ]);
        }
    }
    let keys: Vec<&String> = rows.iter().map(|row| &row[0]).collect();
    let repeated = keys
        .chunk_by(|a, b| a == b)
        .filter(|group| group.len() > 1)
        .count();
    (rows, repeated as u64)
}

fn text(theme: &Theme, rows: &[Vec<String>]) -> String {
    let names = [
        theme.key,
        theme.date,
        theme.segments.0,
        theme.kinds.0,
        theme.amount,
        theme.other,
    ];
    let mut text = names.join(",");
    text.push('\n');
    for row in rows {
        text.push_str(&row.join(","));
        text.push('\n');
    }
    text
}

/// Puts each column but the key and the date into an order of its own.
fn shuffled(rows: &mut [Vec<String>], random: &mut SeededRandom) {
    for column in 2..6 {
        let mut values: Vec<String> = rows.iter().map(|row| row[column].clone()).collect();
        random.shuffle(&mut values);
        for (row, value) in rows.iter_mut().zip(values) {
            row[column] = value;
        }
    }
}

/// The data set of an index: facts and strengths take turns.
pub(super) fn data_set(index: usize, seed: u64) -> MadeSet {
    let mut random = SeededRandom::new(seed.wrapping_mul(1_000_003).wrapping_add(index as u64));
    let theme = &THEMES[random.below(THEMES.len())];
    let fact = PlantedFact::ALL[index % PlantedFact::ALL.len()];
    let is_strong = (index / PlantedFact::ALL.len()).is_multiple_of(2);
    let months = 12 * (2 + random.below(2));
    let mut plant = Plant {
        fact: Some(fact),
        is_strong,
        sign: if random.below(2) == 0 { 1.0 } else { -1.0 },
        months,
        at: months / 3 + random.below(months / 3),
        segment: random.below(theme.segments.1.len()),
        factor: if is_strong { 100.0 } else { 10.0 },
    };
    if random.below(2) == 0 {
        plant.factor = 1.0 / plant.factor;
    }
    let (planted, keys) = rows(theme, &plant, &mut random);
    let label = |at: usize| format!("{}-{:02}", 2021 + at / 12, at % 12 + 1);
    let made = text(theme, &planted);
    let no_fact = Plant {
        fact: None,
        ..plant
    };
    let (mut twin, _) = rows(theme, &no_fact, &mut random);
    shuffled(&mut twin, &mut random);
    MadeSet {
        fact,
        strength: if is_strong {
            FactStrength::Strong
        } else {
            FactStrength::Medium
        },
        is_rise: no_fact.sign > 0.0,
        month: label(no_fact.at),
        segment: theme.segments.1[no_fact.segment].to_owned(),
        keys,
        factor: no_fact.factor,
        text: made,
        twin: text(theme, &twin),
    }
}
