//! Compiled kernels, each made when it is first needed: 3 to 20 ms in a driver.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::sources::{Features, Kernel};
use crate::{Gpu, GpuError};

/// A compiled kernel.
pub(crate) struct Pipeline {
    pub pipeline: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
}

/// The kernels of a device that have been compiled.
#[derive(Default)]
pub(crate) struct Pipelines(Mutex<HashMap<Kernel, Arc<Pipeline>>>);

impl Gpu {
    /// What kernels may use here.
    pub(crate) fn kernel_features(&self) -> Features {
        Features {
            subgroups: self.shared.has_subgroups,
            int8: self.shared.has_int8,
        }
    }

    /// A kernel, compiled now if it has not been before.
    pub(crate) fn pipeline(&self, kernel: Kernel) -> Result<Arc<Pipeline>, GpuError> {
        let all = &self.shared.pipelines.0;
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = all.get(&kernel) {
            return Ok(Arc::clone(found));
        }
        let made = Arc::new(self.guarded(|| self.compile(kernel))?);
        all.insert(kernel, Arc::clone(&made));
        Ok(made)
    }

    fn compile(&self, kernel: Kernel) -> Pipeline {
        let device = &self.shared.device;
        let text = kernel.source(self.kernel_features());
        let descriptor = wgpu::ShaderModuleDescriptor {
            label: None,
            source: wgpu::ShaderSource::Wgsl(text.into()),
        };
        let checks = wgpu::ShaderRuntimeChecks::unchecked();
        // SAFETY: without checks, kernels must end and must stay inside their buffers. Their loops
        // count up to arguments, and `pass` checks all shapes, tokens and positions before it
        // records a dispatch; the tests run all kernels on ragged shapes.
        let module = unsafe { device.create_shader_module_trusted(descriptor, checks) };
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                // Kernels write workgroup memory before they read it.
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        Pipeline {
            layout: pipeline.get_bind_group_layout(0),
            pipeline,
        }
    }
}
