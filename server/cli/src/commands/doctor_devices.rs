//! What the doctor reports of GPUs: which there are, what was measured, and what the server
//! would choose.

use super::doctor_finding::DoctorFinding;
use assistant::device::{DeviceChoice, Devices, GpuClass, MeasuredGpu};
use assistant::device::{GpuVerdict, Supervised, survey, times};

/// A line for each GPU, and one for the choice. `measures`: GPUs are measured now.
pub fn findings(
    choice: &DeviceChoice,
    supervised: &Supervised,
    measures: bool,
) -> Vec<DoctorFinding> {
    let devices = Devices::of_machine(choice.clone());
    let report = survey(&devices, supervised, measures);
    let named = matches!(choice, DeviceChoice::Named(_));
    let is_shown = |gpu: &&MeasuredGpu| named || gpu.gpu.kind != GpuClass::Software;
    let mut findings: Vec<DoctorFinding> = report.gpus.iter().filter(is_shown).map(line).collect();
    let is_missing = named && report.why.starts_with("the CPU: no GPU");
    findings.push(DoctorFinding {
        fine: !is_missing,
        what: format!("device: {}", report.why),
        remedy: "name a GPU that is listed here, or leave `--device` and `engine.device` out",
    });
    findings
}

fn line(gpu: &MeasuredGpu) -> DoctorFinding {
    let MeasuredGpu {
        gpu: found,
        measured,
        gain,
    } = gpu;
    let (fine, result) = match measured {
        None => (true, "not measured yet; `--probe` measures it".into()),
        Some(GpuVerdict::Right {
            cpu_seconds,
            gpu_seconds,
        }) => (
            true,
            format!(
                "a typical request takes {:.0} ms, on the CPU {:.0} ms: {}",
                gpu_seconds * 1e3,
                cpu_seconds * 1e3,
                times(gain.unwrap_or_default())
            ),
        ),
        Some(GpuVerdict::Unusable { why, .. }) => (false, why.clone()),
    };
    DoctorFinding {
        fine,
        what: format!(
            "gpu: {} ({}, {}, {}): {result}",
            found.name,
            found.kind.word(),
            found.driver,
            found.interface
        ),
        remedy: "the CPU computes; after an update of the driver, `--probe` measures it again",
    }
}
