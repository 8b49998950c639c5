//! A training run: batches shared out to threads, steps, a log, checkpoints from which it goes on
//! exactly.
//!
//! The folder of a run holds log.jsonl (one JSON object a line), checkpoint (weights, moments, the
//! place in the rows) and, when it ends, model.safetensors next to config.json and the tokenizer's
//! files of the base. A file `stop` in it ends the run after the present step; a kill loses what
//! came after the last checkpoint.

use crate::adam::{Adam, Settings};
use crate::network::{Batch, Losses, Model, Network};
use crate::rows::{self, Stream, StreamPosition};
use crate::weights::{Layout, Operand, Shape, as_bytes, update_operands};
use serde_json::json;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What a run is asked to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// A folder with config.json and model.safetensors to start from.
    pub base: PathBuf,
    /// A folder of packed rows.
    pub rows: PathBuf,
    pub out: PathBuf,
    pub threads: usize,
    /// Rows of a step, and of a pass of one thread.
    pub batch: usize,
    pub micro: usize,
    pub rate: f32,
    pub warmup_steps: u32,
    pub middle_weight: f32,
    /// Seconds from now until the end.
    pub seconds: f64,
    /// The last share of those seconds in which the learning rate falls to zero.
    pub decay: f64,
    pub checkpoint_seconds: f64,
    pub validate_seconds: f64,
    /// Rows of each file for validation.
    pub validation_rows: usize,
    pub steps: u64,
}

/// A model in training.
pub struct Run {
    options: Options,
    shape: Shape,
    layout: Layout,
    weights: Vec<f32>,
    operands: Vec<Operand>,
    gradients: Vec<Vec<f32>>,
    networks: Vec<Network>,
    adam: Adam,
    stream: Stream,
    step: u64,
    tokens: u64,
    began: Instant,
}

const MAGIC: &[u8; 8] = b"nightrn1";

impl Run {
    /// From the checkpoint in the folder of the run, else from the base.
    pub fn open(options: Options) -> Result<Self, String> {
        std::fs::create_dir_all(&options.out)
            .map_err(|e| format!("{}: {e}", options.out.display()))?;
        let shape = Shape::read(&options.base.join("config.json"))?;
        let layout = Layout::new(&shape);
        let stream = Stream::new(&options.rows, StreamPosition::default())?;
        let networks = (0..options.threads).map(|_| Network::new(shape, stream.context)).collect();
        let gradients = (0..options.threads).map(|_| vec![0.0; layout.total]).collect();
        let mut run = Self {
            weights: Vec::new(),
            operands: layout.matrices().iter().map(|_| Operand::default()).collect(),
            gradients,
            networks,
            adam: Adam::new(layout.total),
            stream,
            step: 0,
            tokens: 0,
            began: Instant::now(),
            options,
            shape,
            layout,
        };
        if run.checkpoint().exists() {
            run.load()?;
        } else {
            run.weights = run.layout.load(&shape, &run.options.base.join("model.safetensors"))?;
        }
        update_operands(&mut run.operands, &run.layout, &run.weights, run.options.threads);
        Ok(run)
    }

    fn checkpoint(&self) -> PathBuf {
        self.options.out.join("checkpoint")
    }

    /// The learning rate's factor after so many seconds.
    fn factor(&self, seconds: f64) -> f64 {
        let options = &self.options;
        let warm = (f64::from(self.adam.steps) + 1.0) / f64::from(options.warmup_steps.max(1));
        let left = 1.0 - seconds / options.seconds;
        let fall = if options.decay > 0.0 { left / options.decay } else { 1.0 };
        warm.min(fall).clamp(0.0, 1.0)
    }

    /// Steps until the time is over, all steps are made, or a file `stop` is there.
    pub fn train(&mut self) -> Result<(), String> {
        let stop = self.options.out.join("stop");
        let _ = std::fs::remove_file(&stop);
        let (mut saved, mut validated) = (Instant::now(), Instant::now());
        self.log(&json!({"event": "start", "step": self.step, "tokens": self.tokens,
            "parameters": self.layout.total, "options": format!("{:?}", self.options)}))?;
        let mut made = 0;
        while self.began.elapsed().as_secs_f64() < self.options.seconds
            && made < self.options.steps
            && !stop.exists()
        {
            self.train_step()?;
            made += 1;
            if saved.elapsed().as_secs_f64() > self.options.checkpoint_seconds {
                self.save()?;
                saved = Instant::now();
            }
            if validated.elapsed().as_secs_f64() > self.options.validate_seconds {
                self.validate()?;
                validated = Instant::now();
            }
        }
        self.save()?;
        self.export()?;
        self.log(&json!({"event": "end", "step": self.step, "tokens": self.tokens}))
    }

    fn train_step(&mut self) -> Result<(), String> {
        let began = Instant::now();
        let factor = self.factor(self.began.elapsed().as_secs_f64());
        let mut batches = Vec::new();
        let mut left = self.options.batch;
        while left > 0 {
            let count = left.min(self.options.micro);
            let rows = (0..count).map(|_| self.stream.next()).collect::<Result<Vec<_>, _>>()?;
            batches.push(rows::batch(&rows, self.options.middle_weight));
            left -= count;
        }
        let targets = rows::normalise(&mut batches);
        let losses = self.pass(&batches, true);
        let settings = Settings {
            rate: self.options.rate * factor as f32,
            first: 0.9,
            second: 0.98,
            epsilon: 1e-8,
            decay: 0.05,
            clip: 1.0,
        };
        let norm = self.adam.step(&self.layout, &mut self.weights, &mut self.gradients, settings);
        update_operands(&mut self.operands, &self.layout, &self.weights, self.options.threads);
        self.step += 1;
        self.tokens += targets as u64;
        let seconds = began.elapsed().as_secs_f64();
        let rate = targets as f64 / seconds;
        self.log(&json!({
            "step": self.step,
            "tokens": self.tokens,
            "middle": round(losses.middle / losses.middles.max(1) as f64),
            "rest": round(losses.rest / losses.rests.max(1) as f64),
            "norm": round(f64::from(norm)),
            "factor": round(factor),
            "tokens_per_second": rate.round(),
            "gflops": (rate * self.shape.products() as f64 * 6e-9).round(),
            "seconds": round(seconds),
        }))
    }

    /// All batches, in turn to the threads; with their gradients where `learn`.
    fn pass(&mut self, batches: &[Batch], learn: bool) -> Losses {
        let model =
            Model { layout: &self.layout, weights: &self.weights, operands: &self.operands };
        let (threads, step) = (self.options.threads, self.step as u32);
        let mut all = Losses::default();
        std::thread::scope(|scope| {
            let workers: Vec<_> = self
                .networks
                .iter_mut()
                .zip(&mut self.gradients)
                .enumerate()
                .map(|(i, pair)| {
                    let own: Vec<(usize, &Batch)> =
                        batches.iter().enumerate().skip(i).step_by(threads).collect();
                    scope.spawn(move || {
                        let (network, gradient) = pair;
                        let mut sum = Losses::default();
                        for (number, batch) in own {
                            let seed = step.wrapping_mul(65_537).wrapping_add(number as u32);
                            sum.add(&network.pass(
                                model,
                                batch,
                                learn.then_some(&mut gradient[..]),
                                seed,
                            ));
                        }
                        sum
                    })
                })
                .collect();
            for worker in workers {
                all.add(&worker.join().expect("a pass does not panic"));
            }
        });
        all
    }

    /// The mean losses of the first rows of the files val-*.rows: {name: [missing middle, rest]}.
    pub fn validate(&mut self) -> Result<(), String> {
        let mut found = serde_json::Map::new();
        for path in rows::files(&self.options.rows, "val-")? {
            let mut all = rows::read_rows(&path)?;
            all.truncate(self.options.validation_rows);
            let batches: Vec<Batch> =
                all.chunks(self.options.micro).map(|rows| rows::batch(rows, 1.0)).collect();
            let losses = self.pass(&batches, false);
            let name = path.file_stem().unwrap_or_default().to_string_lossy().replace("val-", "");
            let mean = |sum: f64, count: usize| round(sum / count.max(1) as f64);
            found.insert(
                name,
                json!([mean(losses.middle, losses.middles), mean(losses.rest, losses.rests)]),
            );
        }
        let (step, tokens) = (self.step, self.tokens);
        self.log(&json!({"event": "validation", "step": step, "tokens": tokens, "losses": found}))
    }

    fn log(&self, line: &serde_json::Value) -> Result<(), String> {
        println!("{line}");
        let path = self.options.out.join("log.jsonl");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        let written = file.and_then(|mut file| writeln!(file, "{line}"));
        written.map_err(|e| format!("{}: {e}", path.display()))
    }

    // ------------------------------------------------------------ state
    fn save(&self) -> Result<(), String> {
        let path = self.checkpoint();
        let new = path.with_extension("new");
        let write = || -> std::io::Result<()> {
            let mut file = BufWriter::new(std::fs::File::create(&new)?);
            file.write_all(MAGIC)?;
            let place = self.stream.position;
            let numbers = [
                self.step,
                self.tokens,
                u64::from(self.adam.steps),
                place.file as u64,
                place.row as u64,
            ];
            for number in numbers.into_iter().chain([self.layout.total as u64]) {
                file.write_all(&number.to_le_bytes())?;
            }
            for values in [&self.weights, &self.adam.first, &self.adam.second] {
                file.write_all(as_bytes(values))?;
            }
            file.into_inner()?.sync_all()?;
            std::fs::rename(&new, &path)
        };
        write().map_err(|e| format!("{}: {e}", new.display()))
    }

    fn load(&mut self) -> Result<(), String> {
        let path = self.checkpoint();
        let with_path = |e: std::io::Error| format!("{}: {e}", path.display());
        let mut file = std::io::BufReader::new(std::fs::File::open(&path).map_err(with_path)?);
        let mut magic = [0; 8];
        file.read_exact(&mut magic).map_err(with_path)?;
        let mut number = || -> Result<u64, String> {
            let mut bytes = [0; 8];
            file.read_exact(&mut bytes).map_err(with_path)?;
            Ok(u64::from_le_bytes(bytes))
        };
        (self.step, self.tokens, self.adam.steps) = (number()?, number()?, number()? as u32);
        self.stream.position = StreamPosition { file: number()? as usize, row: number()? as usize };
        if &magic != MAGIC || number()? != self.layout.total as u64 {
            return Err(format!("{}: not a checkpoint of a model of this shape", path.display()));
        }
        self.weights = vec![0.0; self.layout.total];
        for values in [&mut self.weights, &mut self.adam.first, &mut self.adam.second] {
            let mut bytes = vec![0; 4 * (1 << 20)];
            for piece in values.chunks_mut(1 << 20) {
                let bytes = &mut bytes[..4 * piece.len()];
                file.read_exact(bytes).map_err(with_path)?;
                for (to, from) in piece.iter_mut().zip(bytes.chunks_exact(4)) {
                    *to = f32::from_le_bytes(from.try_into().unwrap());
                }
            }
        }
        Ok(())
    }

    /// The weights, and the other files that readers of the folder need.
    fn export(&self) -> Result<(), String> {
        let new = self.options.out.join("model.safetensors.new");
        self.layout.save(&self.shape, &self.weights, &new)?;
        let moved = std::fs::rename(&new, self.options.out.join("model.safetensors"));
        moved.map_err(|e| format!("{}: {e}", new.display()))?;
        for name in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
            copy(&self.options.base.join(name), &self.options.out.join(name))?;
        }
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if from == to || !from.exists() {
        return Ok(());
    }
    std::fs::copy(from, to).map(|_| ()).map_err(|e| format!("{}: {e}", to.display()))
}

fn round(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
