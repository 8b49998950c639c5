//! An open GPU: its device, what its kernels may use, and how errors come out of it.
//!
//! wgpu reports most errors to a handler that would end the program. Here every call that may fail
//! runs in [`Gpu::guarded`], which turns them into values.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;

use crate::adapter::GpuAdapter;
use crate::kernel_file::KernelFile;
use crate::memory::MemoryBudget;
use crate::pacing::Pacing;
use crate::pipelines::{Pipeline, Pipelines};
use crate::sources::{FEW_TOKENS, Features, Kernel};
use crate::{GpuError, GpuKind};

/// How a GPU is used.
#[derive(Clone, Debug)]
pub struct GpuOptions {
    /// Bytes that all buffers together may have.
    pub memory_limit: u64,
    /// Bytes that one buffer may have, if less than the device's own limit. Matrices are cut by
    /// rows to fit.
    pub buffer_limit: Option<u64>,
    /// Whether sums within subgroups are used if the device has them.
    pub subgroups: bool,
    /// Whether activations are rounded to int8 for products with quantised weights. Devices of
    /// Apple have no such products.
    pub int8: bool,
    /// The folder in which compiled kernels are kept, where the driver can do that. No one else
    /// may write to it: a driver trusts what it finds.
    pub pipeline_cache: Option<PathBuf>,
}

impl Default for GpuOptions {
    fn default() -> GpuOptions {
        GpuOptions {
            memory_limit: u64::MAX,
            buffer_limit: None,
            subgroups: true,
            int8: !cfg!(target_vendor = "apple"),
            pipeline_cache: None,
        }
    }
}

/// Workgroup memory that the largest kernels need.
const MIN_WORKGROUP_STORAGE: u32 = 32 << 10;
/// Bytes of arguments of the largest kernels.
const MIN_IMMEDIATES: u32 = 32;

/// Numbers of tokens whose passes need every kernel that a model has.
const WARM_UP: [usize; 5] = [1, 2, 4, 8, FEW_TOKENS + 1];

/// How long a failed call waits for the news that the device is lost.
const LOSS_WAIT: Duration = Duration::from_secs(1);

/// An open GPU. Cheap to clone; the device closes with the last of its clones, buffers and passes.
#[derive(Clone)]
pub struct Gpu {
    pub(crate) shared: Arc<Shared>,
}

/// What clones share. Pipelines go before the device, and the device before the instance.
pub(crate) struct Shared {
    pub pipelines: Pipelines,
    pub pacing: Mutex<Pacing>,
    /// Zeros, bound where a kernel has nothing to read.
    pub nothing: wgpu::Buffer,
    pub queue: wgpu::Queue,
    pub device: wgpu::Device,
    pub memory: Arc<MemoryBudget>,
    pub has_subgroups: bool,
    pub has_int8: bool,
    /// Threads of the largest subgroup.
    pub subgroup_size: u32,
    /// Bytes of the largest buffer.
    pub buffer_limit: u64,
    /// Workgroups of a dispatch along one axis.
    pub max_groups: u32,
    #[cfg(any(test, feature = "faults"))]
    pub faults: crate::faults::Faults,
    lost: Arc<Mutex<Option<String>>>,
    adapter: GpuAdapter,
}

impl Drop for Shared {
    fn drop(&mut self) {
        let is_lost = self.lost.lock().is_ok_and(|lost| lost.is_some());
        if !is_lost {
            // Without the file, the next start compiles again.
            let _ = self.save_kernels();
        }
    }
}

impl Shared {
    fn save_kernels(&self) -> io::Result<()> {
        match self.pipelines.file.get() {
            Some(file) => file.save(self.pipelines.count()),
            None => Ok(()),
        }
    }
}

/// Stores the first reason why a device was lost.
fn set_lost(lost: &Mutex<Option<String>>, reason: String) {
    lost.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get_or_insert(reason);
}

impl Gpu {
    /// Opens a device.
    pub fn open(adapter: &GpuAdapter, options: &GpuOptions) -> Result<Gpu, GpuError> {
        let (has, limits) = supported(adapter)?;
        let has_subgroups = options.subgroups && has.contains(wgpu::Features::SUBGROUP);
        let mut features = wgpu::Features::IMMEDIATES;
        features.set(wgpu::Features::SUBGROUP, has_subgroups);
        let folder = options.pipeline_cache.as_ref();
        let folder = folder.filter(|_| has.contains(wgpu::Features::PIPELINE_CACHE));
        features.set(wgpu::Features::PIPELINE_CACHE, folder.is_some());
        let (device, queue) = request(adapter, features, limits.clone())?;
        let lost = watch(&device);
        let nothing = device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: 16,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        });
        let limit = limits
            .max_buffer_size
            .min(limits.max_storage_buffer_binding_size);
        let shared = Shared {
            pipelines: Pipelines::default(),
            pacing: Mutex::new(Pacing::new(adapter.kind)),
            nothing,
            queue,
            device,
            memory: MemoryBudget::new(options.memory_limit),
            has_subgroups,
            has_int8: options.int8,
            subgroup_size: adapter.adapter.get_info().subgroup_max_size.max(1),
            buffer_limit: options.buffer_limit.unwrap_or(u64::MAX).min(limit),
            max_groups: limits.max_compute_workgroups_per_dimension,
            #[cfg(any(test, feature = "faults"))]
            faults: Default::default(),
            lost,
            adapter: adapter.clone(),
        };
        let gpu = Gpu {
            shared: Arc::new(shared),
        };
        let info = adapter.adapter.get_info();
        if let Some(file) = folder.and_then(|folder| KernelFile::open(&gpu, folder, &info)) {
            gpu.shared.pipelines.file.get_or_init(|| file);
        }
        Ok(gpu)
    }

    /// The device's name.
    pub fn name(&self) -> &str {
        &self.shared.adapter.name
    }

    /// What kind of device it is.
    pub fn kind(&self) -> GpuKind {
        self.shared.adapter.kind
    }

    /// What the kernels use of the device, for people.
    pub fn features(&self) -> String {
        let mut all = vec![self.shared.adapter.interface];
        if self.shared.has_subgroups {
            all.push("subgroups");
        }
        if self.shared.has_int8 {
            all.push("int8");
        }
        all.join(", ")
    }

    /// Bytes of all buffers of this device.
    pub fn memory_used(&self) -> u64 {
        self.shared.memory.used()
    }

    /// Why the device is gone, if it is.
    pub fn lost(&self) -> Option<String> {
        let lost = self.shared.lost.lock();
        lost.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives the device back to the system, although buffers still exist; every later call returns
    /// [`GpuError::Lost`].
    pub fn close(&self) {
        // Without the file, the next start compiles again.
        let _ = self.save_kernels();
        set_lost(&self.shared.lost, "it was closed".into());
        self.shared.device.destroy();
    }

    /// Closes a device that hangs. The last drop of a queue waits for all that was submitted, so
    /// this one is never dropped.
    pub(crate) fn abandon(&self) {
        set_lost(&self.shared.lost, "it does not answer".into());
        std::mem::forget(self.shared.queue.clone());
        self.shared.device.destroy();
    }

    /// Compiles what a model needs, so that no first request waits for it: calls `pass` with some
    /// numbers of tokens, each for a pass of so many tokens that wants the logits after every one.
    /// Then keeps the kernels as [`Gpu::save_kernels`] does.
    pub fn warm_up<E>(&self, pass: impl FnMut(usize) -> Result<(), E>) -> Result<(), E> {
        WARM_UP.into_iter().try_for_each(pass)?;
        // Without the file, the next start compiles again.
        let _ = self.save_kernels();
        Ok(())
    }

    /// Writes the compiled kernels to the folder of the options, if there are new ones.
    /// [`Gpu::warm_up`], [`Gpu::close`] and the last drop do that too.
    pub fn save_kernels(&self) -> io::Result<()> {
        match self.lost() {
            None => self.shared.save_kernels(),
            Some(_) => Ok(()),
        }
    }

    /// An error if the device is gone.
    pub(crate) fn check(&self) -> Result<(), GpuError> {
        self.lost().map_or(Ok(()), |why| Err(GpuError::Lost(why)))
    }

    /// Runs calls of wgpu; their errors are the result.
    pub(crate) fn guarded<T>(&self, calls: impl FnOnce() -> T) -> Result<T, GpuError> {
        self.check()?;
        let push = |filter| self.shared.device.push_error_scope(filter);
        let memory = push(wgpu::ErrorFilter::OutOfMemory);
        let internal = push(wgpu::ErrorFilter::Internal);
        let validation = push(wgpu::ErrorFilter::Validation);
        let result = calls();
        let validation = validation.pop().now_or_never().flatten();
        let internal = internal.pop().now_or_never().flatten();
        let memory = memory.pop().now_or_never().flatten();
        let Some(error) = memory.or(validation).or(internal) else {
            self.check()?;
            return Ok(result);
        };
        // What failed may have failed because the device is lost. That is announced when what was
        // under way has ended; if it does not end, the error itself must do.
        let _ = self.shared.device.poll(wgpu::PollType::Wait {
            submission_index: None,
            timeout: Some(LOSS_WAIT),
        });
        self.check()?;
        Err(match error {
            wgpu::Error::OutOfMemory { .. } => GpuError::OutOfMemory(error.to_string()),
            _ => GpuError::Driver(error.to_string()),
        })
    }

    /// What kernels may use here.
    pub(crate) fn kernel_features(&self) -> Features {
        Features {
            subgroups: self.shared.has_subgroups,
            int8: self.shared.has_int8,
        }
    }

    /// A kernel, compiled now if it has not been before.
    pub(crate) fn pipeline(&self, kernel: Kernel) -> Result<Arc<Pipeline>, GpuError> {
        let (device, features) = (&self.shared.device, self.kernel_features());
        let cache = self.shared.pipelines.file.get().map(|file| &file.cache);
        let compile = || self.guarded(|| Pipeline::compile(device, kernel, features, cache));
        self.shared.pipelines.get(kernel, compile)
    }
}

/// What a device can do, if that suffices.
fn supported(adapter: &GpuAdapter) -> Result<(wgpu::Features, wgpu::Limits), GpuError> {
    let (has, limits) = (adapter.adapter.features(), adapter.adapter.limits());
    if !has.contains(wgpu::Features::IMMEDIATES)
        || limits.max_immediate_size < MIN_IMMEDIATES
        || limits.max_compute_workgroup_storage_size < MIN_WORKGROUP_STORAGE
        || limits.max_compute_invocations_per_workgroup < 256
        || limits.max_storage_buffers_per_shader_stage < 8
    {
        let what = "it has too few threads, buffers or too little memory for a workgroup";
        return Err(GpuError::Unsupported(what.into()));
    }
    Ok((has, limits))
}

fn request(
    adapter: &GpuAdapter,
    features: wgpu::Features,
    limits: wgpu::Limits,
) -> Result<(wgpu::Device, wgpu::Queue), GpuError> {
    let descriptor = wgpu::DeviceDescriptor {
        required_features: features,
        required_limits: limits,
        memory_hints: wgpu::MemoryHints::MemoryUsage,
        ..Default::default()
    };
    let opened = adapter.adapter.request_device(&descriptor).now_or_never();
    let opened = opened.ok_or_else(|| GpuError::Unsupported("it does not answer".into()))?;
    opened.map_err(|e| GpuError::Unsupported(e.to_string()))
}

/// Has the device report that it is lost, and errors that no scope catches, instead of ending the
/// program.
fn watch(device: &wgpu::Device) -> Arc<Mutex<Option<String>>> {
    let lost = Arc::new(Mutex::new(None));
    let (on_loss, on_error) = (lost.clone(), lost.clone());
    device.set_device_lost_callback(move |_, message| set_lost(&on_loss, message));
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
        set_lost(&on_error, error.to_string());
    }));
    lost
}
