//! `nigh model recommend`: measures this machine for about two seconds and says, in words, how fast
//! models of which size would be.
//!
//! The estimate is the machine's limit times the share of it that models reach in practice
//! (`engine::MachineLimits`): a token reads every weight once, and is multiplied with every weight.

use super::list::{ListedModel, models};
use super::size;
use super::verdict::Needs;
use crate::commands::print;
use engine::MachineLimits;
use model_store::{CATALOGUE, EMBEDDED, KnownModel, UserFolders, printable};
use serde_json::{Value, json};
use std::process::ExitCode;

/// How often the machine is measured; the median counts, as others may be busy.
const MEASUREMENTS: usize = 3;
/// Tokens of a whole prompt, read when a file is opened; later ones share most of it.
const PROMPT: usize = 768;
/// The slowest model that is recommended: tokens a second, and seconds for a whole prompt.
const LEAST_RATE: f64 = 12.0;
const MOST_SECONDS: f64 = 6.0;
/// The share of the free memory that a model may take: editors and checkers need the rest.
const SHARE: f64 = 0.6;
/// Bytes of memory besides the weights: the program, the index and the KV cache.
const BESIDES: u64 = 400_000_000;

/// Arguments of `nigh model recommend`.
#[derive(clap::Args)]
pub struct Recommend {
    /// Number of threads for the model; 0 chooses automatically
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What is known of this machine.
struct Machine {
    limits: MachineLimits,
    /// Bytes of memory that are free, where the system says so.
    free: Option<u64>,
}

/// How a model would run here.
struct Forecast {
    name: String,
    memory: u64,
    weights: u64,
    licence: String,
    /// Tokens a second.
    rate: f64,
    /// Seconds until a whole prompt is read.
    prompt: f64,
    fits: bool,
    /// What to run to have it: none if it is here.
    pull: Option<&'static str>,
}

impl Recommend {
    /// Prints the machine, the models that are here, those to fetch, and the best.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let machine = Machine::measure(self.threads)?;
        let (models, _) = models(&UserFolders::of_process());
        let usable = models.iter().filter(|model| model.verdict.usable);
        let mut forecasts: Vec<Forecast> = usable
            .filter_map(|model| machine.of_listed(model))
            .collect();
        forecasts.sort_by_key(|forecast| forecast.weights);
        let missing = CATALOGUE.iter().filter(|known| !is_here(known, &models));
        let here = forecasts.len();
        forecasts.extend(missing.map(|known| machine.of_known(known)));
        if self.json {
            print(&format!("{}\n", machine.object(&forecasts)))?;
        } else {
            print(&machine.text(&forecasts, here))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether a model of the catalogue is on this machine under its usual name.
fn is_here(known: &KnownModel, models: &[ListedModel]) -> bool {
    let file = known.file.trim_end_matches(".gguf");
    let is_same = |model: &ListedModel| {
        model.name.eq_ignore_ascii_case(known.pull)
            || !file.is_empty() && model.name.to_lowercase().ends_with(file)
    };
    models.iter().any(is_same)
}

impl Machine {
    fn measure(threads: usize) -> anyhow::Result<Machine> {
        let mut measured = Vec::new();
        for _ in 0..MEASUREMENTS {
            measured.push(MachineLimits::measure(threads)?);
        }
        let middle = |of: fn(&MachineLimits) -> f64| {
            let mut values: Vec<f64> = measured.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[MEASUREMENTS / 2]
        };
        let limits = MachineLimits {
            bytes_per_second: middle(|limits| limits.bytes_per_second),
            int8_ops_per_second: middle(|limits| limits.int8_ops_per_second),
            ..measured[0]
        };
        Ok(Machine {
            limits,
            free: engine::free_memory(),
        })
    }

    fn of_listed(&self, model: &ListedModel) -> Option<Forecast> {
        let Needs {
            memory,
            read,
            weights,
            licence,
            ..
        } = model.verdict.needs.as_ref()?;
        let licence = licence.clone().unwrap_or_default();
        Some(self.forecast(
            printable(&model.name),
            [*memory, *read, *weights],
            licence,
            None,
        ))
    }

    fn of_known(&self, known: &KnownModel) -> Forecast {
        let sizes = [known.bytes, known.read_bytes, known.weights];
        self.forecast(
            known.name.into(),
            sizes,
            known.licence.into(),
            Some(known.pull),
        )
    }

    fn forecast(
        &self,
        name: String,
        [memory, read, weights]: [u64; 3],
        licence: String,
        pull: Option<&'static str>,
    ) -> Forecast {
        let most = self
            .free
            .map_or(u64::MAX, |free| (free as f64 * SHARE) as u64);
        Forecast {
            name,
            memory,
            weights,
            licence,
            rate: 1.0 / self.limits.token_seconds(read, weights),
            prompt: self.limits.prompt_seconds(weights, PROMPT),
            fits: memory + BESIDES <= most,
            pull,
        }
    }

    /// What was measured, in a sentence.
    fn words(&self) -> String {
        let MachineLimits {
            isa,
            bytes_per_second,
            threads,
            ..
        } = self.limits;
        let plural = if threads == 1 { "" } else { "s" };
        let free = match self.free {
            Some(free) => format!("{} of free memory", size(free)),
            None => "an unknown amount of free memory".into(),
        };
        format!(
            "This machine: {threads} thread{plural} ({isa}), {:.0} GB/s from memory, {free}.\n",
            bytes_per_second / 1e9
        )
    }

    fn text(&self, forecasts: &[Forecast], here: usize) -> String {
        let mut text = self.words();
        text.push_str("\nOn this machine:\n");
        for forecast in &forecasts[..here] {
            text.push_str(&forecast.line());
        }
        text.push_str("\nTo fetch:\n");
        for forecast in &forecasts[here..] {
            text.push_str(&forecast.line());
        }
        text.push_str(&advice(forecasts));
        text.push_str(
            "\nThese are estimates; `nigh bench --model NAME` measures. A word is a token, three \
             or four\ncharacters of code. The first answer in a file waits until the whole prompt \
             is read; later\nanswers do not.\n",
        );
        text
    }

    fn object(&self, forecasts: &[Forecast]) -> Value {
        let models: Vec<Value> = forecasts.iter().map(Forecast::object).collect();
        json!({
            "threads": self.limits.threads,
            "bytesPerSecond": self.limits.bytes_per_second,
            "int8OperationsPerSecond": self.limits.int8_ops_per_second,
            "freeBytes": self.free,
            "recommended": best(forecasts).map(|best| best.pull.unwrap_or(&best.name)),
            "models": models,
        })
    }
}

impl Forecast {
    /// Whether it is quick enough and leaves enough memory.
    fn suits(&self) -> bool {
        self.fits && self.rate >= LEAST_RATE && self.prompt <= MOST_SECONDS
    }

    fn line(&self) -> String {
        let remark = match (self.fits, self.suits()) {
            (false, _) => "; too large for the free memory",
            (true, false) => "; slow here",
            (true, true) if self.name == EMBEDDED => "; quick, small and often wrong",
            (true, true) => "",
        };
        format!(
            "  {}: {}, about {} a second here, first answer in a file after {} s{remark}\n",
            self.name,
            size(self.memory),
            words(self.rate),
            seconds(self.prompt),
        )
    }

    fn object(&self) -> Value {
        json!({
            "name": self.name,
            "memoryBytes": self.memory,
            "tokensPerSecond": self.rate,
            "promptSeconds": self.prompt,
            "fits": self.fits,
            "suits": self.suits(),
            "licence": self.licence,
            "pull": self.pull,
        })
    }
}

/// The largest model that suits, a model that is here before one of the same size to fetch.
fn best(forecasts: &[Forecast]) -> Option<&Forecast> {
    let suitable = forecasts.iter().filter(|forecast| forecast.suits());
    suitable.max_by_key(|forecast| (forecast.weights / 100_000_000, forecast.pull.is_none()))
}

fn advice(forecasts: &[Forecast]) -> String {
    let Some(best) = best(forecasts) else {
        return "\nRecommended: the embedded model. Larger ones are too slow or too large here.\n"
            .into();
    };
    let name = &best.name;
    match best.pull {
        _ if name == EMBEDDED => {
            "\nRecommended: the embedded model. Larger ones are too slow or too large here.\n"
                .into()
        }
        None => format!("\nRecommended: {name}. To use it in all editors: nigh model use {name}\n"),
        Some(pull) => format!(
            "\nRecommended: {name} ({}). To fetch it: nigh model pull {pull}\n",
            best.licence
        ),
    }
}

/// A rate in words.
fn words(rate: f64) -> String {
    match rate {
        // Two figures: the estimate is no more precise.
        rate if rate >= 100.0 => {
            let unit = 10f64.powf(rate.log10().floor() - 1.0);
            format!("{:.0} words", (rate / unit).round() * unit)
        }
        rate if rate >= 20.0 => format!("{:.0} words", (rate / 5.0).round() * 5.0),
        rate if rate >= 1.5 => format!("{rate:.0} words"),
        _ => "one word".into(),
    }
}

/// Seconds with as many digits as are worth saying.
fn seconds(seconds: f64) -> String {
    match seconds {
        seconds if seconds >= 2.0 => format!("{seconds:.0}"),
        seconds => format!("{seconds:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(bytes_per_second: f64, free: u64) -> Machine {
        let limits = MachineLimits {
            isa: "test",
            threads: 4,
            bytes_per_second,
            int8_ops_per_second: 4e11,
        };
        Machine {
            limits,
            free: Some(free),
        }
    }

    fn all(machine: &Machine) -> Vec<Forecast> {
        let embedded = [120_000_000, 120_000_000, 118_000_000];
        let inside = machine.forecast(EMBEDDED.into(), embedded, String::new(), None);
        let known = CATALOGUE.iter().map(|known| machine.of_known(known));
        [inside].into_iter().chain(known).collect()
    }

    #[test]
    fn a_quick_machine_gets_a_larger_model_than_a_slow_one() {
        let named = |machine: &Machine| best(&all(machine)).map(|best| best.name.clone());
        let names = [
            named(&machine(80e9, 32 << 30)),
            named(&machine(15e9, 32 << 30)),
            named(&machine(80e9, 3 << 30)),
            named(&machine(1e9, 32 << 30)),
            named(&machine(80e9, 600 << 20)),
        ];
        let is = |at: usize, what: &str| names[at].as_ref().is_some_and(|name| name.contains(what));
        assert!(is(0, "3B") || is(0, "1.5B"), "{names:?}");
        assert!(is(1, "0.5B") || is(1, "1.5B, Q4"), "{names:?}");
        assert!(is(2, "1.5B, Q4") || is(2, "0.5B"), "{names:?}");
        assert_eq!(names[3], None, "not even the embedded one is quick");
        assert_eq!(names[4], None, "nothing fits: {names:?}");
    }

    #[test]
    fn every_case_has_its_words() {
        let slow = machine(1e9, 32 << 30);
        assert!(advice(&all(&slow)).contains("Recommended: the embedded model"));
        let quick = machine(80e9, 32 << 30);
        let text = quick.text(&all(&quick), 1);
        assert!(
            text.contains("nigh model pull") && text.contains("often wrong"),
            "{text}"
        );
        let small = machine(80e9, 3 << 30);
        assert!(
            small
                .text(&all(&small), 1)
                .contains("too large for the free memory")
        );
        let here = quick.forecast("hf:u/r:Q8_0".into(), [1 << 30; 3], String::new(), None);
        assert!(advice(&[here]).contains("nigh model use hf:u/r:Q8_0"));
        assert_eq!(
            [words(4725.0), words(118.0), words(6.4), words(0.8)],
            ["4700 words", "120 words", "6 words", "one word"]
        );
        assert_eq!([seconds(0.84), seconds(12.3)], ["0.8", "12"]);
    }
}
