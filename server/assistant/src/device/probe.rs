//! Starts child processes of this program that find GPUs and measure them, so that a driver that
//! crashes or hangs costs a child and no more.
//!
//! A child's standard input stays open as long as this process lives; `end_with_parent` ends the
//! child when it closes.

use super::{FoundGpu, GpuClass, GpuVerdict, ProbeFault};
use crate::model::ChosenModel;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long finding GPUs may take: drivers that are loaded for the first time take long.
const FIND_LIMIT: Duration = Duration::from_secs(20);
/// How long measuring a small model may take, and how much longer for each GiB of weights.
const MEASURE_LIMIT: Duration = Duration::from_secs(20);
const MEASURE_LIMIT_PER_GIB: Duration = Duration::from_secs(30);
/// How many times as long a driver may take that computes on the CPU: only its user chooses it.
const SOFTWARE_FACTOR: u32 = 5;
/// How long a child that has closed its output may take to end.
const END_LIMIT: Duration = Duration::from_secs(2);
/// The most bytes of a child's answer.
const MAX_ANSWER: u64 = 1 << 20;

/// The model that a probe measures with; `None` for the embedded one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeModel {
    /// The model that was chosen.
    pub chosen: Option<ChosenModel>,
}

/// How a child failed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ChildFailure {
    NotStarted(String),
    TimedOut(Duration),
    /// A user or the system ended it, which is not the driver's fault.
    Killed(String),
    Ended(String),
}

/// The GPUs of this machine, as a child of this program finds them.
pub fn find(program: &Path) -> Result<Vec<FoundGpu>, String> {
    let mut command = Command::new(program);
    command.args(["probe-gpu", "--list"]);
    let failed = |failure| match failure {
        ChildFailure::NotStarted(why) => format!("looking for GPUs could not begin: {why}"),
        ChildFailure::TimedOut(limit) => {
            format!("looking for GPUs took longer than {} s", limit.as_secs())
        }
        ChildFailure::Killed(how) => format!("looking for GPUs was ended from outside: {how}"),
        ChildFailure::Ended(how) => format!("looking for GPUs crashed a driver: {how}"),
    };
    let answer = answer(command, FIND_LIMIT).map_err(failed)?;
    serde_json::from_str(last_line(&answer))
        .map_err(|error| format!("looking for GPUs gave an answer that cannot be read: {error}"))
}

/// Measures a GPU in a child of this program.
pub fn measure(
    program: &Path,
    gpu: &FoundGpu,
    model: &ProbeModel,
    threads: usize,
    weight_bytes: u64,
) -> GpuVerdict {
    let description = match serde_json::to_string(gpu) {
        Ok(description) => description,
        Err(error) => return GpuVerdict::unusable(ProbeFault::NotMade, error.to_string()),
    };
    let mut command = Command::new(program);
    command.args(["probe-gpu", "--gpu", &description, "--threads"]);
    command.arg(threads.to_string());
    if let Some(chosen) = &model.chosen {
        command.arg("--path").arg(&chosen.path);
        if let Some(adapter) = &chosen.adapter {
            command.arg("--adapter").arg(adapter);
        }
    }
    verdict(answer(command, measure_limit(gpu.kind, weight_bytes)))
}

fn measure_limit(kind: GpuClass, weight_bytes: u64) -> Duration {
    #[cfg(debug_assertions)]
    if let Ok(seconds) = std::env::var("NIGH_PROBE_SECONDS") {
        return Duration::from_secs(seconds.parse().unwrap_or(1));
    }
    let gib = weight_bytes as f64 / (1u64 << 30) as f64;
    let limit = MEASURE_LIMIT + MEASURE_LIMIT_PER_GIB.mul_f64(gib);
    match kind {
        GpuClass::Software => limit * SOFTWARE_FACTOR,
        _ => limit,
    }
}

/// The answer of a child; drivers may have printed lines before.
fn last_line(output: &str) -> &str {
    output.trim_end().lines().next_back().unwrap_or_default()
}

/// What the end of a child means.
fn verdict(answer: Result<String, ChildFailure>) -> GpuVerdict {
    match answer {
        Ok(answer) => serde_json::from_str(last_line(&answer)).unwrap_or_else(|error| {
            let why = format!("the test gave an answer that cannot be read: {error}");
            GpuVerdict::unusable(ProbeFault::Crashed, why)
        }),
        Err(ChildFailure::NotStarted(why)) => {
            let why = format!("the test could not be started: {why}");
            GpuVerdict::unusable(ProbeFault::NotMade, why)
        }
        Err(ChildFailure::TimedOut(limit)) => {
            let why = format!("the test took longer than {} s", limit.as_secs());
            GpuVerdict::unusable(ProbeFault::TimedOut, why)
        }
        Err(ChildFailure::Killed(how)) => {
            let why = format!("the test was ended from outside: {how}");
            GpuVerdict::unusable(ProbeFault::NotMade, why)
        }
        Err(ChildFailure::Ended(how)) => {
            GpuVerdict::unusable(ProbeFault::Crashed, format!("the test crashed: {how}"))
        }
    }
}

/// What a child prints before it ends. It is killed if it takes longer than `limit`.
fn answer(mut command: Command, limit: Duration) -> Result<String, ChildFailure> {
    without_window(&mut command);
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.map_err(|error| ChildFailure::NotStarted(error.to_string()))?;
    // Taken out so that waiting does not close it, which would end the child.
    let _open = child.stdin.take();
    let output = child.stdout.take();
    let (done, answer) = mpsc::channel();
    let read = move || {
        let mut text = String::new();
        let read = output.map(|output| output.take(MAX_ANSWER).read_to_string(&mut text));
        // No one waits any longer after the limit.
        let _ = done.send(read.and_then(Result::ok).map(|_| text));
    };
    let reader = std::thread::Builder::new().name("probe".into()).spawn(read);
    let received = match reader {
        Ok(_) => answer.recv_timeout(limit),
        Err(error) => {
            end(&mut child);
            return Err(ChildFailure::NotStarted(error.to_string()));
        }
    };
    let Ok(text) = received else {
        end(&mut child);
        return Err(ChildFailure::TimedOut(limit));
    };
    match wait(&mut child) {
        Some(status) if status.success() => {
            text.ok_or_else(|| ChildFailure::Ended("its answer is no text".into()))
        }
        Some(status) if was_killed(status) => Err(ChildFailure::Killed(status.to_string())),
        Some(status) => Err(ChildFailure::Ended(status.to_string())),
        // The answer is there; what hangs is the driver that is closed.
        None => text.ok_or_else(|| ChildFailure::Ended("it did not end".into())),
    }
}

/// Whether a signal has ended a process that no fault of its own sends.
fn was_killed(status: ExitStatus) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        matches!(
            status.signal(),
            Some(libc::SIGKILL | libc::SIGTERM | libc::SIGINT | libc::SIGHUP)
        )
    }
    #[cfg(not(unix))]
    {
        let _ = status;
        false
    }
}

/// Waits for the end of a child that has closed its output; kills it if it does not end.
fn wait(child: &mut Child) -> Option<ExitStatus> {
    const STEP: Duration = Duration::from_millis(20);
    for _ in 0..END_LIMIT.as_millis() / STEP.as_millis() {
        match child.try_wait() {
            Ok(None) => std::thread::sleep(STEP),
            Ok(status) => return status,
            Err(_) => break,
        }
    }
    end(child);
    None
}

fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// Windows would open a console for the child of a program that has none.
fn without_window(command: &mut Command) {
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt;
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        const BELOW_NORMAL_PRIORITY_CLASS: u32 = 0x0000_4000;
        command.creation_flags(CREATE_NO_WINDOW | BELOW_NORMAL_PRIORITY_CLASS);
    }
    #[cfg(not(windows))]
    let _ = command;
}

/// Ends this process when its parent ends, which closes standard input.
pub fn end_with_parent() {
    let wait = || {
        let mut input = std::io::stdin().lock();
        // The parent sends nothing; an error means the same as the end.
        let _ = std::io::copy(&mut input, &mut std::io::sink());
        crate::leave(1);
    };
    // Without the thread, the parent's limit ends this process.
    let _ = std::thread::Builder::new()
        .name("parent".into())
        .spawn(wait);
}

/// The program that runs, which is its own probe.
pub fn own_program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::time::Instant;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    fn fault(script: &str, limit: Duration) -> (ProbeFault, String) {
        match verdict(answer(shell(script), limit)) {
            GpuVerdict::Unusable { fault, why } => (fault, why),
            right => panic!("{right:?}"),
        }
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn an_answer_becomes_a_verdict() {
        let right = GpuVerdict::Right {
            cpu_seconds: 0.5,
            gpu_seconds: 0.25,
        };
        let line = serde_json::to_string(&right).unwrap();
        let script = format!("echo a driver says hello; echo '{line}'");
        assert_eq!(verdict(answer(shell(&script), LONG)), right);
    }

    #[test]
    fn a_crash_is_a_verdict() {
        let (fault_of_signal, why) = fault("kill -SEGV $$", LONG);
        assert_eq!(fault_of_signal, ProbeFault::Crashed);
        assert!(why.contains("signal: 11"), "{why}");
        assert_eq!(fault("kill -KILL $$", LONG).0, ProbeFault::NotMade);
        assert_eq!(fault("exit 3", LONG).0, ProbeFault::Crashed);
        assert_eq!(fault("echo nothing of use", LONG).0, ProbeFault::Crashed);
        let missing = answer(Command::new("/no/such/program"), LONG);
        let GpuVerdict::Unusable { fault, .. } = verdict(missing) else {
            panic!("it ran");
        };
        assert_eq!(fault, ProbeFault::NotMade);
    }

    #[test]
    fn a_child_that_hangs_is_killed() {
        let begin = Instant::now();
        let (fault, why) = fault("exec sleep 60", Duration::from_millis(300));
        assert_eq!(fault, ProbeFault::TimedOut, "{why}");
        assert!(begin.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn large_models_get_more_time() {
        assert_eq!(measure_limit(GpuClass::Discrete, 0), MEASURE_LIMIT);
        let seven = measure_limit(GpuClass::Integrated, 7 << 30);
        assert_eq!(seven, MEASURE_LIMIT + 7 * MEASURE_LIMIT_PER_GIB);
        assert!(measure_limit(GpuClass::Software, 0) > MEASURE_LIMIT);
    }
}
