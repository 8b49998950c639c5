//! Which device computes the model: the CPU, or a GPU that was measured to be right and faster.
//!
//! Nothing of a GPU's driver is loaded into this process before a child process has shown that it
//! works. `probe` starts such children, which find GPUs and measure them (`measure`). `verdicts`
//! keeps the results on disk, `decision` decides from them, and `supervisor` opens the GPU, gives
//! it back when it is not used, and tries it again after a failure. `devices` joins these with the
//! engine, on a thread for each engine. `at_once` is for commands, which wait instead.
//!
//! The CPU answers all the time, so no request waits for any of this.

mod at_once;
mod choice;
mod decision;
mod devices;
mod measure;
mod open;
mod probe;
mod quiet;
mod ranking;
mod report;
mod supervisor;
mod typical;
mod verdicts;

pub use at_once::{survey, use_at_once};
pub use choice::DeviceChoice;
pub use decision::{Decision, LEAST_GAIN, decide, times};
pub use devices::{Devices, Supervised};
pub use measure::measure;
pub use open::found_here;
pub use probe::{ProbeModel, end_with_parent};
pub use quiet::lower_priority;
pub use ranking::{FoundGpu, GpuClass};
pub use report::{DeviceReport, DeviceWatch, MeasuredGpu};
pub use verdicts::{GpuVerdict, ProbeFault};
