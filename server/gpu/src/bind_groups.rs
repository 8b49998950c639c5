//! Which buffers a kernel is bound to, as the driver wants it. To make a bind group costs more than
//! all the rest of a dispatch, so those of a decoder's layers are kept from pass to pass.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::pipelines::Pipeline;
use crate::sources::Kernel;

/// A kernel and the buffers it is bound to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Bindings {
    pub kernel: Kernel,
    pub buffers: Vec<(u32, wgpu::Buffer)>,
}

/// Bind groups that are kept; they keep their buffers. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct BindGroups(Arc<Mutex<HashMap<Bindings, wgpu::BindGroup>>>);

impl BindGroups {
    fn all(&self) -> MutexGuard<'_, HashMap<Bindings, wgpu::BindGroup>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all, when a buffer is replaced or a call has failed.
    pub fn clear(&self) {
        self.all().clear();
    }

    /// The bind group, made now if it has not been before.
    pub fn get(
        &self,
        device: &wgpu::Device,
        bindings: &Bindings,
        pipeline: &Pipeline,
    ) -> wgpu::BindGroup {
        let mut all = self.all();
        if let Some(found) = all.get(bindings) {
            return found.clone();
        }
        let group = create(device, bindings, pipeline);
        all.insert(bindings.clone(), group.clone());
        group
    }
}

/// A bind group that is not kept.
pub(crate) fn create(
    device: &wgpu::Device,
    bindings: &Bindings,
    pipeline: &Pipeline,
) -> wgpu::BindGroup {
    let buffers = bindings.buffers.iter();
    let entries = buffers.map(|(binding, buffer)| wgpu::BindGroupEntry {
        binding: *binding,
        resource: buffer.as_entire_binding(),
    });
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout: &pipeline.layout,
        entries: &entries.collect::<Vec<_>>(),
    })
}
