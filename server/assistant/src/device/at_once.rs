//! The same for commands, which wait for the GPU that was named instead of going on with the CPU.

use super::decision::{decide, times};
use super::devices::EngineSurroundings;
use super::ranking::ranked;
use super::supervisor::{OpenFailure, Surroundings};
use super::{Decision, DeviceReport, Devices, FoundGpu, GpuVerdict, MeasuredGpu, Supervised};
use std::time::Duration;

/// How often another process is asked whether it has measured.
const LOOK: Duration = Duration::from_millis(500);

/// What is known of the GPUs of this machine, and what the server would choose. `measures`: GPUs
/// are measured now, even those that were measured before.
pub fn survey(devices: &Devices, supervised: &Supervised, measures: bool) -> DeviceReport {
    let Some(mut surroundings) = devices.surroundings(supervised) else {
        return DeviceReport::default();
    };
    let found = match surroundings.find() {
        Ok(found) => found,
        Err(why) => {
            return DeviceReport {
                why: format!("the CPU: {why}"),
                ..DeviceReport::default()
            };
        }
    };
    let mut measured = Vec::new();
    if measures {
        for gpu in ranked(&found, devices.choice()) {
            surroundings.forget_verdict(gpu);
            measured.push((gpu.clone(), measure(&mut surroundings, gpu)));
        }
    }
    let verdict = |gpu: &FoundGpu| known(&surroundings, &measured, gpu);
    let is_on_battery = || surroundings.is_on_battery();
    let decision = decide(devices.choice(), &found, &verdict, &is_on_battery);
    let described = |gpu: &FoundGpu| MeasuredGpu::new(gpu, verdict(gpu));
    DeviceReport {
        why: decision.sentence(),
        gpus: found.iter().map(described).collect(),
        ..DeviceReport::default()
    }
}

/// Gives the GPU that was named to an engine, after measuring it if that was not done before. The
/// error says why it cannot be used; `show` gets what its user should know meanwhile.
pub fn use_at_once(
    devices: &Devices,
    supervised: &Supervised,
    show: &mut dyn FnMut(String),
) -> Result<(), String> {
    let Some(mut surroundings) = devices.surroundings(supervised) else {
        return Err("the system does not say where this program is".into());
    };
    let found = surroundings.find()?;
    let mut measured = Vec::new();
    loop {
        let verdict = |gpu: &FoundGpu| known(&surroundings, &measured, gpu);
        match decide(devices.choice(), &found, &verdict, &|| false) {
            Decision::Measure(gpu) => {
                show(format!("{} is tested once with this model", gpu.name));
                let verdict = measure(&mut surroundings, &gpu);
                measured.push((gpu, verdict));
            }
            Decision::Use(gpu, _) => {
                let gain = verdict(&gpu).and_then(|verdict| verdict.gain());
                if let Some(gain) = gain.filter(|gain| *gain < 1.0) {
                    show(format!("{} was {}", gpu.name, times(gain)));
                }
                let opened = surroundings.open(&gpu).map(drop);
                return opened.map_err(|(OpenFailure::Memory(why) | OpenFailure::Other(why))| why);
            }
            Decision::Cpu(why) => return Err(why),
            Decision::Battery => return Err(Decision::Battery.sentence()),
        }
    }
}

fn known(
    surroundings: &EngineSurroundings,
    measured: &[(FoundGpu, GpuVerdict)],
    gpu: &FoundGpu,
) -> Option<GpuVerdict> {
    let mut here = measured.iter().filter(|(of, _)| of == gpu);
    let here = here.next().map(|(_, verdict)| verdict.clone());
    here.or_else(|| surroundings.known(gpu))
}

fn measure(surroundings: &mut EngineSurroundings, gpu: &FoundGpu) -> GpuVerdict {
    loop {
        if let Some(verdict) = surroundings.measure(gpu) {
            return verdict;
        }
        std::thread::sleep(LOOK);
    }
}
