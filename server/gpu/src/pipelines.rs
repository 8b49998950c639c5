//! Compiled kernels, each made when it is first needed: 3 to 20 ms in a driver.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::GpuError;
use crate::kernel_file::KernelFile;
use crate::sources::{Features, Kernel};

/// A compiled kernel.
pub(crate) struct Pipeline {
    pub pipeline: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
}

/// The kernels of a device that have been compiled.
#[derive(Default)]
pub(crate) struct Pipelines {
    compiled: Mutex<HashMap<Kernel, Arc<Pipeline>>>,
    /// Where they are kept, if they are.
    pub file: OnceLock<KernelFile>,
}

impl Pipelines {
    /// A kernel, compiled now if it has not been before.
    pub fn get(
        &self,
        kernel: Kernel,
        compile: impl FnOnce() -> Result<Pipeline, GpuError>,
    ) -> Result<Arc<Pipeline>, GpuError> {
        let mut all = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = all.get(&kernel) {
            return Ok(Arc::clone(found));
        }
        let made = Arc::new(compile()?);
        all.insert(kernel, Arc::clone(&made));
        Ok(made)
    }

    /// How many have been compiled.
    pub fn count(&self) -> usize {
        let all = self.compiled.lock();
        all.unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Pipeline {
    /// Compiles a kernel that may use these features, or takes it from a cache.
    pub fn compile(
        device: &wgpu::Device,
        kernel: Kernel,
        features: Features,
        cache: Option<&wgpu::PipelineCache>,
    ) -> Pipeline {
        let text = kernel.source(features);
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
            cache,
        });
        Pipeline {
            layout: pipeline.get_bind_group_layout(0),
            pipeline,
        }
    }
}
