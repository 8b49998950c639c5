//! Whether the machine is at rest: on battery, and busy with other things. Also how a child gives
//! way to everything else.

use std::path::Path;

/// The share of the processor's cores that others may use while times are measured.
const MAX_LOAD: f64 = 0.7;

/// Whether the machine runs on battery. Where the system does not say so, it does not.
pub fn is_on_battery() -> bool {
    if cfg!(target_os = "linux") {
        return on_battery_below(Path::new("/sys/class/power_supply"));
    }
    if cfg!(target_os = "macos") {
        let output = std::process::Command::new("/usr/bin/pmset")
            .args(["-g", "batt"])
            .output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        return text.is_ok_and(|text| is_battery_line(&text));
    }
    false
}

/// What `pmset -g batt` says in its first line.
fn is_battery_line(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.contains("'Battery Power'")
}

/// The same from the folder of power supplies: on battery if one of the machine's batteries
/// discharges, and no other supply is plugged in.
fn on_battery_below(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let (mut discharges, mut is_plugged) = (false, false);
    for entry in entries {
        let value = |name: &str| {
            let text = std::fs::read_to_string(entry.path().join(name));
            text.unwrap_or_default().trim().to_lowercase()
        };
        match value("type").as_str() {
            // Mice and keyboards have batteries too.
            "battery" => {
                discharges |= value("scope") != "device" && value("status") == "discharging"
            }
            _ => is_plugged |= value("online") == "1",
        }
    }
    discharges && !is_plugged
}

/// Whether other programs leave most of the processor free, where the system reports it.
pub fn is_quiet() -> bool {
    #[cfg(unix)]
    {
        let mut load = [0.0f64];
        // SAFETY: it writes one number to the array, which has room for one.
        let count = unsafe { libc::getloadavg(load.as_mut_ptr(), 1) };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        count < 1 || load[0] <= MAX_LOAD * cores as f64
    }
    #[cfg(not(unix))]
    {
        let _ = MAX_LOAD;
        true
    }
}

/// Lets every other program go first, for the rest of this process. Only Unix can do it in this
/// way.
pub fn lower_priority() {
    #[cfg(unix)]
    {
        const NICE: libc::c_int = 10;
        // SAFETY: it takes three numbers and touches no memory. If it fails, nothing changes.
        unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a machine with these supplies, each with its files, runs on battery.
    fn on_battery(supplies: &[(&str, &[(&str, &str)])]) -> bool {
        let folder = tempfile::tempdir().unwrap();
        for (supply, files) in supplies {
            let supply = folder.path().join(supply);
            std::fs::create_dir(&supply).unwrap();
            for (name, text) in *files {
                std::fs::write(supply.join(name), format!("{text}\n")).unwrap();
            }
        }
        on_battery_below(folder.path())
    }

    #[test]
    fn a_machine_runs_on_battery_if_it_discharges_and_is_not_plugged_in() {
        let used: (_, &[(_, _)]) = ("BAT0", &[("type", "Battery"), ("status", "Discharging")]);
        let full: (_, &[(_, _)]) = ("BAT0", &[("type", "Battery"), ("status", "Full")]);
        let plugged: (_, &[(_, _)]) = ("AC", &[("type", "Mains"), ("online", "1")]);
        let unplugged: (_, &[(_, _)]) = ("AC", &[("type", "Mains"), ("online", "0")]);
        let mouse: (_, &[(_, _)]) = (
            "hid-1",
            &[
                ("type", "Battery"),
                ("scope", "Device"),
                ("status", "Discharging"),
            ],
        );
        assert!(on_battery(&[used, unplugged]) && on_battery(&[used]));
        assert!(!on_battery(&[used, plugged]) && !on_battery(&[full, unplugged]));
        assert!(!on_battery(&[mouse, unplugged]) && !on_battery(&[]));
        assert!(!on_battery_below(Path::new("/no/such/folder")));
    }

    #[test]
    fn the_words_of_pmset_are_understood() {
        assert!(is_battery_line(
            "Now drawing from 'Battery Power'\n -InternalBattery-0"
        ));
        assert!(!is_battery_line("Now drawing from 'AC Power'\n"));
        assert!(!is_battery_line(""));
    }
}
