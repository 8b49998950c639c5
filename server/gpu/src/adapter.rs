//! Finds the GPUs of the machine, best first.
//!
//! A call of [`adapters`] costs 20 to 100 ms, because every driver is loaded. Without a
//! Vulkan loader or a driver, the list is empty.

use futures_util::FutureExt;

/// Share of a device's free memory that buffers may take.
const MAX_MEMORY_PERCENT: u8 = 90;

/// What kind of device a GPU is, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GpuKind {
    /// A card with memory of its own.
    Discrete,
    /// Part of the processor, with whose memory it works.
    Integrated,
    /// A part of a GPU that a virtual machine was given, or one whose kind is not known.
    Other,
    /// A driver that computes on the CPU: for tests.
    Software,
}

/// A GPU that can be opened.
#[derive(Clone, Debug)]
pub struct GpuAdapter {
    /// The device's name, as its driver gives it.
    pub name: String,
    /// Name and version of the driver.
    pub driver: String,
    /// `vulkan` or `metal`.
    pub interface: &'static str,
    /// What kind of device it is.
    pub kind: GpuKind,
    pub(crate) adapter: wgpu::Adapter,
    /// Must live as long as any device that was opened through it.
    _instance: wgpu::Instance,
}

/// All GPUs, the discrete ones first. Drivers that compute on the CPU are in the list only where
/// `software` is set.
pub fn adapters(software: bool) -> Vec<GpuAdapter> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    // On a Mac, Vulkan is a layer on top of Metal.
    descriptor.backends = match cfg!(target_vendor = "apple") {
        true => wgpu::Backends::METAL,
        false => wgpu::Backends::VULKAN,
    };
    descriptor.flags = wgpu::InstanceFlags::empty();
    // Where a driver reports its memory, a buffer that would nearly fill it is refused.
    descriptor.memory_budget_thresholds.for_resource_creation = Some(MAX_MEMORY_PERCENT);
    let backends = descriptor.backends;
    let instance = wgpu::Instance::new(descriptor);
    // Outside of browsers, the answer is there at once.
    let found = instance.enumerate_adapters(backends).now_or_never();
    let found = found.unwrap_or_default().into_iter();
    let mut all: Vec<GpuAdapter> = found.map(|adapter| describe(adapter, &instance)).collect();
    all.retain(|adapter| software || adapter.kind != GpuKind::Software);
    all.sort_by_key(|adapter| adapter.kind);
    all
}

fn describe(adapter: wgpu::Adapter, instance: &wgpu::Instance) -> GpuAdapter {
    let info = adapter.get_info();
    GpuAdapter {
        driver: format!("{} {}", info.driver, info.driver_info)
            .trim()
            .to_owned(),
        name: info.name,
        interface: match info.backend {
            wgpu::Backend::Metal => "metal",
            _ => "vulkan",
        },
        kind: match info.device_type {
            wgpu::DeviceType::DiscreteGpu => GpuKind::Discrete,
            wgpu::DeviceType::IntegratedGpu => GpuKind::Integrated,
            wgpu::DeviceType::Cpu => GpuKind::Software,
            _ => GpuKind::Other,
        },
        adapter,
        _instance: instance.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discrete_devices_come_first_and_software_last() {
        let mut kinds = [
            GpuKind::Software,
            GpuKind::Other,
            GpuKind::Integrated,
            GpuKind::Discrete,
        ];
        kinds.sort();
        assert_eq!(kinds[0], GpuKind::Discrete);
        assert_eq!(kinds[3], GpuKind::Software);
    }

    #[test]
    fn software_is_found_only_where_it_is_asked_for() {
        let all = adapters(false);
        assert!(all.iter().all(|found| found.kind != GpuKind::Software));
        assert!(adapters(true).len() >= all.len());
    }
}
