//! How much memory a GPU has. wgpu does not say, so its driver is asked.

use crate::{GpuAdapter, GpuKind};

/// What a card keeps for the desktop and other programs.
const CARD_RESERVE: u64 = 1 << 30;

/// The memory of a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GpuMemory {
    /// Bytes of its largest heap.
    pub total: u64,
    /// Bytes of that heap that this program can still have, where the driver reports it; other
    /// programs change it.
    pub free: Option<u64>,
    /// Whether it is memory of the machine, which the CPU uses too.
    pub is_shared: bool,
}

impl GpuMemory {
    /// Bytes that buffers should have at most: three quarters of what is free, less 1 GiB for the
    /// desktop; of shared memory, half of `free_ram`, the free bytes of the machine.
    pub fn limit(self, free_ram: u64) -> u64 {
        match self.is_shared {
            true => free_ram / 2,
            false => {
                let free = self.free.unwrap_or(self.total);
                (free - free / 4).saturating_sub(CARD_RESERVE)
            }
        }
    }
}

impl GpuAdapter {
    /// The device's memory as it is now; `None` where its driver does not report it, as on a Mac.
    pub fn memory(&self) -> Option<GpuMemory> {
        let (total, free) = device_heap(&self.adapter)?;
        Some(GpuMemory {
            total,
            free,
            is_shared: matches!(self.kind, GpuKind::Integrated | GpuKind::Software),
        })
    }

    /// A sensible [`memory_limit`](crate::GpuOptions::memory_limit) where `free_ram` bytes of the
    /// machine's memory are free.
    pub fn memory_limit(&self, free_ram: u64) -> u64 {
        let memory = self.memory();
        memory.map_or(free_ram / 2, |memory| memory.limit(free_ram))
    }
}

/// The bytes of the largest heap that is the device's own, and how many of these are free.
#[cfg(not(target_vendor = "apple"))]
fn device_heap(adapter: &wgpu::Adapter) -> Option<(u64, Option<u64>)> {
    use ash::{ext, khr, vk};
    // SAFETY: the adapter is only read, and not destroyed.
    let adapter = unsafe { adapter.as_hal::<wgpu::hal::api::Vulkan>() }?;
    let (device, instance) = (adapter.raw_physical_device(), adapter.shared_instance());
    let extensions = adapter.required_device_extensions(wgpu::Features::empty());
    let reports_budget = extensions.contains(&ext::memory_budget::NAME)
        && instance
            .extensions()
            .contains(&khr::get_physical_device_properties2::NAME);
    let mut budget = vk::PhysicalDeviceMemoryBudgetPropertiesEXT::default();
    let memory = if reports_budget {
        let (entry, raw) = (instance.entry(), instance.raw_instance());
        let queries = khr::get_physical_device_properties2::Instance::new(entry, raw);
        let mut memory = vk::PhysicalDeviceMemoryProperties2::default().push_next(&mut budget);
        // SAFETY: the instance has the extension whose function this is, and the device is one of
        // its devices and has the extension whose structure is appended.
        unsafe { queries.get_physical_device_memory_properties2(device, &mut memory) };
        memory.memory_properties
    } else {
        // SAFETY: the device is one of the instance's devices.
        unsafe {
            instance
                .raw_instance()
                .get_physical_device_memory_properties(device)
        }
    };
    let heaps = memory.memory_heaps_as_slice().iter().enumerate();
    let own = heaps.filter(|(_, heap)| heap.flags.contains(vk::MemoryHeapFlags::DEVICE_LOCAL));
    let (number, heap) = own.max_by_key(|(_, heap)| heap.size)?;
    let free = budget.heap_budget[number].saturating_sub(budget.heap_usage[number]);
    Some((heap.size, reports_budget.then_some(free)))
}

/// Metal's heaps are those of the machine.
#[cfg(target_vendor = "apple")]
fn device_heap(_adapter: &wgpu::Adapter) -> Option<(u64, Option<u64>)> {
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn limits_leave_memory_to_others() {
        let card = GpuMemory {
            total: 8 * GIB,
            free: Some(6 * GIB),
            is_shared: false,
        };
        assert_eq!(card.limit(100 * GIB), 7 * GIB / 2);
        let unknown = GpuMemory { free: None, ..card };
        assert_eq!(unknown.limit(0), 5 * GIB);
        let full = GpuMemory {
            free: Some(GIB),
            ..card
        };
        assert_eq!(full.limit(100 * GIB), 0);
        let shared = GpuMemory {
            is_shared: true,
            ..card
        };
        assert_eq!(shared.limit(10 * GIB), 5 * GIB);
    }

    #[test]
    fn drivers_report_their_memory() {
        let Some(adapter) = crate::tests::adapter() else {
            return;
        };
        if adapter.interface != "vulkan" {
            return;
        }
        let memory = adapter.memory().unwrap();
        assert!(memory.total > 64 << 20, "{memory:?}");
        assert!(
            memory.free.is_none_or(|free| free <= memory.total),
            "{memory:?}"
        );
        let is_software = adapter.kind == GpuKind::Software;
        assert!(memory.is_shared || !is_software);
        assert_eq!(adapter.memory_limit(GIB), memory.limit(GIB));
    }
}
