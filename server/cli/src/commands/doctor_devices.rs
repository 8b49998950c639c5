//! What the doctor reports of GPUs: which there are, what was measured, and what the server
//! would choose.

use super::doctor_finding::DoctorFinding;
use assistant::device::{DeviceChoice, Devices, GpuClass, GpuVerdict, MeasuredGpu, ProbeFault};
use assistant::device::{Supervised, survey, times};

/// What to do about a GPU that cannot be used.
pub const TEST_GPUS: &str = "`nigh doctor --probe` shows and tests all GPUs";

/// A line for each GPU, and one for the choice. `measures`: GPUs are measured now.
pub fn findings(
    choice: &DeviceChoice,
    supervised: &Supervised,
    measures: bool,
) -> Vec<DoctorFinding> {
    let devices = Devices::of_machine(choice.clone());
    let report = survey(&devices, supervised, measures);
    let mut findings: Vec<DoctorFinding> = report.gpus.iter().map(line).collect();
    let is_on_cpu = report.why.starts_with("the CPU: ");
    let (fine, remedy) = match choice {
        DeviceChoice::Named(_) if is_on_cpu && report.gpus.is_empty() => (
            false,
            "install the GPU's driver with Vulkan, or leave `--device` and `engine.device` out",
        ),
        DeviceChoice::Named(_) if is_on_cpu => (
            false,
            "name a GPU of this list that can be used, or leave `--device` and `engine.device` out",
        ),
        _ if report.why.contains("looking for GPUs") => (
            false,
            "the CPU computes; update the GPU's driver, or look at it with `vulkaninfo`",
        ),
        _ => (true, ""),
    };
    findings.push(DoctorFinding {
        fine,
        what: format!("device: {}", report.why),
        remedy,
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
        None if found.kind == GpuClass::Software => (
            true,
            "computes on the CPU; used only where you name it".into(),
        ),
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
    let fault = match measured {
        Some(GpuVerdict::Unusable { fault, .. }) => Some(*fault),
        _ => None,
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
        remedy: match fault {
            Some(ProbeFault::Unsupported) => "the CPU computes this model",
            Some(ProbeFault::OutOfMemory) => {
                "the CPU computes; close programs that use its memory, or choose a smaller model"
            }
            _ => "the CPU computes; update the driver, or measure again with `nigh doctor --probe`",
        },
    }
}
