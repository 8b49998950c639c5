//! The GPUs of a machine as plain data, and in which order they are considered.

use super::DeviceChoice;
use engine::{GpuAdapter, GpuKind};
use serde::{Deserialize, Serialize};

/// What kind of device a GPU is, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GpuClass {
    /// A card with memory of its own.
    Discrete,
    /// Part of the processor, with whose memory it works.
    Integrated,
    /// A part of a GPU that a virtual machine was given, or one whose kind is not known.
    Virtual,
    /// A driver that computes on the CPU.
    Software,
}

impl GpuClass {
    /// The kind in a word, for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Discrete => "discrete",
            Self::Integrated => "integrated",
            Self::Virtual => "virtual",
            Self::Software => "software",
        }
    }
}

impl From<GpuKind> for GpuClass {
    fn from(kind: GpuKind) -> Self {
        match kind {
            GpuKind::Discrete => Self::Discrete,
            GpuKind::Integrated => Self::Integrated,
            GpuKind::Other => Self::Virtual,
            GpuKind::Software => Self::Software,
        }
    }
}

/// A GPU that was found. Two are the same one if all of this is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundGpu {
    /// Its name, as its driver gives it.
    pub name: String,
    /// Name and version of the driver.
    pub driver: String,
    /// `vulkan` or `metal`.
    pub interface: String,
    /// What kind of device it is.
    pub kind: GpuClass,
}

impl FoundGpu {
    /// What the engine calls an adapter.
    pub fn of(adapter: &GpuAdapter) -> Self {
        Self {
            name: adapter.name.clone(),
            driver: adapter.driver.clone(),
            interface: adapter.interface.to_owned(),
            kind: adapter.kind.into(),
        }
    }

    /// Its name and interface, as the status shows a device.
    pub fn device(&self) -> String {
        format!("gpu ({}, {})", self.name, self.interface)
    }
}

/// Those of the GPUs that the choice allows, the best one first. Software is only for users who
/// name it.
pub fn ranked<'a>(found: &'a [FoundGpu], choice: &DeviceChoice) -> Vec<&'a FoundGpu> {
    let is_allowed = |gpu: &&FoundGpu| match choice {
        DeviceChoice::Auto => gpu.kind != GpuClass::Software,
        DeviceChoice::Cpu => false,
        DeviceChoice::Named(name) => gpu.name.to_lowercase().contains(&name.to_lowercase()),
    };
    let mut allowed: Vec<&FoundGpu> = found.iter().filter(is_allowed).collect();
    allowed.sort_by_key(|gpu| gpu.kind);
    allowed
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A GPU of this name and kind.
    pub fn gpu(name: &str, kind: GpuClass) -> FoundGpu {
        FoundGpu {
            name: name.into(),
            driver: "driver 1.0".into(),
            interface: "vulkan".into(),
            kind,
        }
    }

    #[test]
    fn cards_come_first_and_software_only_by_name() {
        let found = [
            gpu("llvmpipe (LLVM 15)", GpuClass::Software),
            gpu("a part", GpuClass::Virtual),
            gpu("UHD 770", GpuClass::Integrated),
            gpu("RTX 4060", GpuClass::Discrete),
        ];
        let names = |choice: DeviceChoice| -> Vec<&str> {
            let ranked = ranked(&found, &choice).into_iter();
            ranked.map(|gpu| gpu.name.as_str()).collect()
        };
        assert_eq!(names(DeviceChoice::Auto), ["RTX 4060", "UHD 770", "a part"]);
        let named = |name: &str| names(DeviceChoice::Named(name.into()));
        assert_eq!(named("LLVMpipe"), ["llvmpipe (LLVM 15)"]);
        assert_eq!(named("uhd"), ["UHD 770"]);
        assert!(named("Arc").is_empty() && names(DeviceChoice::Cpu).is_empty());
    }
}
