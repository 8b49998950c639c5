//! Decides which device computes, from what was chosen, found and measured, with a reason for
//! people.

use super::ranking::ranked;
use super::{DeviceChoice, FoundGpu, GpuVerdict};

/// How many times as fast as the CPU a GPU must be, unless its user names it: opening it takes
/// memory and energy.
pub const LEAST_GAIN: f64 = 1.3;

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The CPU computes, for this reason.
    Cpu(String),
    /// This GPU must be measured first.
    Measure(FoundGpu),
    /// The machine runs on battery: the CPU computes until it does not.
    Battery,
    /// This GPU computes, for this reason.
    Use(FoundGpu, String),
}

impl Decision {
    /// The device and the reason, in a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Cpu(why) => format!("the CPU: {why}"),
            Self::Measure(gpu) => format!("the CPU: {} was not measured yet", gpu.name),
            Self::Battery => format!("the CPU: {ON_BATTERY}"),
            Self::Use(gpu, why) => format!("{}: {why}", gpu.name),
        }
    }
}

/// Why a GPU is not used on battery.
pub const ON_BATTERY: &str = "the machine runs on battery";

/// Decides. `verdict` is what is known of a GPU.
pub fn decide(
    choice: &DeviceChoice,
    found: &[FoundGpu],
    verdict: &dyn Fn(&FoundGpu) -> Option<GpuVerdict>,
    is_on_battery: &dyn Fn() -> bool,
) -> Decision {
    let candidates = ranked(found, choice);
    if candidates.is_empty() {
        return Decision::Cpu(no_candidate(choice, found));
    }
    let is_named = matches!(choice, DeviceChoice::Named(_));
    let mut reasons = Vec::new();
    for gpu in candidates {
        let reason = match verdict(gpu) {
            None if !is_named && is_on_battery() => return Decision::Battery,
            None => return Decision::Measure(gpu.clone()),
            Some(verdict) => match judge(gpu, &verdict, is_named) {
                Ok(_) if !is_named && is_on_battery() => return Decision::Battery,
                Ok(reason) => return Decision::Use(gpu.clone(), reason),
                Err(reason) => reason,
            },
        };
        reasons.push(reason);
    }
    Decision::Cpu(reasons.join("; "))
}

/// Why there is nothing to consider.
fn no_candidate(choice: &DeviceChoice, found: &[FoundGpu]) -> String {
    let name = match choice {
        DeviceChoice::Cpu => return "you chose it".into(),
        DeviceChoice::Auto if found.is_empty() => return "no GPU was found".into(),
        DeviceChoice::Auto => return "no GPU was found, only drivers that compute on it".into(),
        DeviceChoice::Named(name) => name,
    };
    let names: Vec<&str> = found.iter().map(|gpu| gpu.name.as_str()).collect();
    match names.as_slice() {
        [] => format!("no GPU was found, so none called `{name}`"),
        names => format!("no GPU is called `{name}`; found: {}", names.join(", ")),
    }
}

/// Why a GPU is used, or why not.
fn judge(gpu: &FoundGpu, verdict: &GpuVerdict, is_named: bool) -> Result<String, String> {
    let name = &gpu.name;
    match (verdict, verdict.gain()) {
        (GpuVerdict::Unusable { why, .. }, _) => Err(format!("{name} cannot be used: {why}")),
        (_, Some(gain)) if gain >= LEAST_GAIN => Ok(format!("it was {}", times(gain))),
        (_, Some(gain)) if is_named => Ok(format!("you chose it; it was {}", times(gain))),
        (_, gain) => Err(format!("{name} was {}", times(gain.unwrap_or_default()))),
    }
}

/// A speed in words.
pub fn times(gain: f64) -> String {
    match gain < 0.1 {
        true => "less than 0.1 times as fast as the CPU".into(),
        false => format!("{gain:.1} times as fast as the CPU"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ranking::tests::gpu;
    use super::*;
    use crate::device::{GpuClass, ProbeFault};

    fn right(gain: f64) -> Option<GpuVerdict> {
        Some(GpuVerdict::Right {
            cpu_seconds: gain,
            gpu_seconds: 1.0,
        })
    }

    fn two() -> [FoundGpu; 2] {
        [
            gpu("UHD 770", GpuClass::Integrated),
            gpu("RTX 4060", GpuClass::Discrete),
        ]
    }

    /// The decision between two GPUs, of which this is known.
    fn decided(choice: &str, rtx: Option<GpuVerdict>, uhd: Option<GpuVerdict>) -> Decision {
        let verdict = |gpu: &FoundGpu| match gpu.name.starts_with("RTX") {
            true => rtx.clone(),
            false => uhd.clone(),
        };
        decide(&choice.parse().unwrap(), &two(), &verdict, &|| false)
    }

    #[test]
    fn the_best_gpu_is_measured_first_and_used_if_it_is_faster() {
        let [uhd, rtx] = two();
        assert_eq!(decided("auto", None, None), Decision::Measure(rtx.clone()));
        let why = "it was 1.3 times as fast as the CPU";
        let used = Decision::Use(rtx, why.into());
        assert_eq!(decided("auto", right(1.3), None), used);
        assert_eq!(used.sentence(), format!("RTX 4060: {why}"));
        assert_eq!(decided("auto", right(1.2), None), Decision::Measure(uhd));
    }

    #[test]
    fn the_cpu_computes_where_no_gpu_is_faster_and_the_reasons_are_given() {
        let crashed = GpuVerdict::unusable(ProbeFault::Crashed, "the probe crashed");
        let decision = decided("auto", Some(crashed), right(0.8));
        assert_eq!(
            decision.sentence(),
            "the CPU: RTX 4060 cannot be used: the probe crashed; UHD 770 was 0.8 times as fast \
             as the CPU"
        );
    }

    #[test]
    fn a_gpu_that_is_named_needs_only_right_answers() {
        let [uhd, _] = two();
        assert_eq!(
            decided("uhd", None, right(0.5)),
            Decision::Use(
                uhd,
                "you chose it; it was 0.5 times as fast as the CPU".into()
            )
        );
        let wrong = Some(GpuVerdict::unusable(
            ProbeFault::Wrong,
            "its answers are wrong",
        ));
        let refused = decided("uhd", None, wrong).sentence();
        assert!(refused.contains("its answers are wrong"), "{refused}");
        let missing = decided("Arc", None, None).sentence();
        assert!(missing.ends_with("found: UHD 770, RTX 4060"), "{missing}");
        assert_eq!(
            decided("cpu", right(9.0), None).sentence(),
            "the CPU: you chose it"
        );
    }

    #[test]
    fn on_battery_only_a_gpu_that_is_named_is_used_or_measured() {
        let found = two();
        let with = |choice: DeviceChoice, verdict: Option<GpuVerdict>| {
            decide(&choice, &found, &|_| verdict.clone(), &|| true)
        };
        assert_eq!(with(DeviceChoice::Auto, None), Decision::Battery);
        assert_eq!(with(DeviceChoice::Auto, right(5.0)), Decision::Battery);
        // What is slower is not used anyway, and that is the better reason.
        assert!(matches!(
            with(DeviceChoice::Auto, right(0.5)),
            Decision::Cpu(_)
        ));
        let named = DeviceChoice::Named("RTX".into());
        assert!(matches!(with(named.clone(), right(5.0)), Decision::Use(..)));
        assert!(matches!(with(named, None), Decision::Measure(_)));
    }
}
