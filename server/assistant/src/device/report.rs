//! What the status shows of devices: which GPUs were found, what was measured, what computes and
//! why.

use super::{FoundGpu, GpuVerdict};
use engine::{Engine, GpuStatus};
use serde::Serialize;
use std::sync::{Arc, Weak};
use tokio::sync::watch;

/// The devices of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceReport {
    /// The GPU that computes; `None` while the CPU does.
    pub in_use: Option<String>,
    /// Bytes of the model and of its sessions on the GPU.
    pub memory_bytes: Option<u64>,
    /// Which device computes and why, in a sentence.
    pub why: String,
    /// The GPUs that were found.
    pub gpus: Vec<MeasuredGpu>,
}

/// A GPU and what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MeasuredGpu {
    /// The GPU.
    #[serde(flatten)]
    pub gpu: FoundGpu,
    /// What a probe found out, if there was one.
    pub measured: Option<GpuVerdict>,
    /// How many times as fast as the CPU it was.
    pub gain: Option<f64>,
}

impl MeasuredGpu {
    /// A GPU with what is known of it.
    pub fn new(gpu: &FoundGpu, measured: Option<GpuVerdict>) -> Self {
        let gain = measured.as_ref().and_then(GpuVerdict::gain);
        Self {
            gpu: gpu.clone(),
            gain: gain.map(|gain| (gain * 100.0).round() / 100.0),
            measured,
        }
    }
}

/// The way from a model's description to the report of its devices, which changes while it runs.
#[derive(Clone, Debug, Default)]
pub struct DeviceWatch(Option<Arc<Watched>>);

#[derive(Debug)]
struct Watched {
    report: watch::Receiver<DeviceReport>,
    engine: Weak<Engine>,
}

impl DeviceWatch {
    /// Follows this report about an engine.
    pub fn new(report: watch::Receiver<DeviceReport>, engine: &Arc<Engine>) -> Self {
        let engine = Arc::downgrade(engine);
        Self(Some(Arc::new(Watched { report, engine })))
    }

    /// The report as it is now, if a thread looks for GPUs.
    pub fn report(&self) -> Option<DeviceReport> {
        let Watched { report, engine } = self.0.as_deref()?;
        let mut report = report.borrow().clone();
        // A GPU may have failed a moment ago.
        match engine.upgrade().map(|engine| engine.gpu()) {
            Some(GpuStatus::InUse { memory, .. }) => report.memory_bytes = Some(memory),
            _ => (report.in_use, report.memory_bytes) = (None, None),
        }
        Some(report)
    }
}

/// Descriptions of one model are equal whatever has become of its devices.
impl PartialEq for DeviceWatch {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
