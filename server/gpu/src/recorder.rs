//! Records dispatches, submits them in pieces, and reads results back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use crate::bind_groups::{self, BindGroups, Bindings};
use crate::buffers::GpuBuffer;
use crate::error::GpuError;
use crate::pacing::Pacing;
use crate::pipelines::Pipeline;
use crate::sources::Kernel;
use crate::steps::Step;
use crate::{Gpu, error::require};

/// Dispatches of a piece: the GPU begins with the first ones while the CPU records the next.
const MAX_DISPATCHES: usize = 64;
/// How long a wait goes on before it looks at the cancel again.
const WAIT_STEP: Duration = Duration::from_millis(1);
/// A piece that takes longer will never end.
const WAIT_LIMIT: Duration = Duration::from_secs(60);

/// One run of a kernel.
pub(crate) struct Dispatch {
    bindings: Bindings,
    is_kept: bool,
    args: Vec<u32>,
    groups: [usize; 3],
    work: usize,
}

impl Dispatch {
    /// A run of so many workgroups.
    pub fn new(kernel: Kernel, groups: [usize; 3]) -> Dispatch {
        Dispatch {
            bindings: Bindings {
                kernel,
                buffers: Vec::new(),
            },
            is_kept: false,
            args: Vec::new(),
            groups,
            work: 0,
        }
    }

    /// Binds buffers from a number on.
    pub fn bind<'a>(
        mut self,
        first: u32,
        buffers: impl IntoIterator<Item = &'a wgpu::Buffer>,
    ) -> Dispatch {
        self.bindings
            .buffers
            .extend((first..).zip(buffers.into_iter().cloned()));
        self
    }

    /// Keeps its bind group for later passes. All its buffers must be weights, or rows of a token,
    /// which live as long as a model and its rows.
    pub fn kept(mut self) -> Dispatch {
        self.is_kept = true;
        self
    }

    /// The kernel's arguments, in order.
    pub fn args(mut self, args: &[u32]) -> Dispatch {
        self.args = args.to_vec();
        self
    }

    /// Its multiply-adds, if there are many.
    pub fn work(mut self, work: usize) -> Dispatch {
        self.work = work;
        self
    }
}

/// Records dispatches in order; each sees what those before it wrote.
pub(crate) struct Recorder<'a> {
    pub gpu: Gpu,
    pending: Vec<(Dispatch, Arc<Pipeline>)>,
    groups: BindGroups,
    work: u64,
    is_cancelled: Box<dyn Fn() -> bool + 'a>,
}

impl Gpu {
    fn pacing(&self) -> MutexGuard<'_, Pacing> {
        let pacing: &Mutex<Pacing> = &self.shared.pacing;
        pacing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(any(test, feature = "faults"))]
    pub(crate) fn fix_piece_work(&self, work: f64) {
        self.pacing().fix(work);
    }

    /// Multiply-adds of a piece of work, which takes some milliseconds.
    pub(crate) fn piece_work(&self) -> u64 {
        self.pacing().piece_work()
    }
}

impl<'a> Recorder<'a> {
    pub fn new(gpu: &Gpu, is_cancelled: impl Fn() -> bool + 'a) -> Recorder<'a> {
        Recorder {
            gpu: gpu.clone(),
            pending: Vec::new(),
            groups: BindGroups::default(),
            work: 0,
            is_cancelled: Box::new(is_cancelled),
        }
    }

    /// Takes bind groups from those of earlier passes.
    pub fn with_groups(mut self, groups: &BindGroups) -> Recorder<'a> {
        self.groups = groups.clone();
        self
    }

    fn pacing(&self) -> MutexGuard<'_, Pacing> {
        self.gpu.pacing()
    }

    /// Adds a dispatch, and submits if there are enough.
    pub fn push(&mut self, dispatch: Dispatch) -> Result<(), GpuError> {
        let most = self.gpu.shared.max_groups as usize;
        require(dispatch.groups.iter().all(|groups| *groups <= most), || {
            format!(
                "{:?} workgroups, where {most} are the limit",
                dispatch.groups
            )
        })?;
        self.gpu.step(Step::Dispatch)?;
        let pipeline = self.gpu.pipeline(dispatch.bindings.kernel)?;
        self.work += dispatch.work as u64;
        self.pending.push((dispatch, pipeline));
        if self.pending.len() >= MAX_DISPATCHES || self.work >= self.pacing().piece_work() {
            self.submit()?;
        }
        Ok(())
    }

    /// Submits what is recorded.
    pub fn submit(&mut self) -> Result<(), GpuError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let before = self.pacing().must_end();
        if let Some(index) = before {
            self.wait(index)?;
            self.pacing().end_oldest();
        }
        self.check_cancelled()?;
        self.gpu.step(Step::Submit)?;
        let shared = &self.gpu.shared;
        let begin = Instant::now();
        let submitted = self.gpu.guarded(|| {
            let mut encoder = shared.device.create_command_encoder(&Default::default());
            encode(&shared.device, &mut encoder, &self.pending, &self.groups);
            shared.submit([encoder.finish()])
        });
        // What failed may be a bind group that was new.
        let index = submitted.inspect_err(|_| self.groups.clear())?;
        self.pacing().begin(index, self.work, begin);
        self.pending.clear();
        self.work = 0;
        Ok(())
    }

    /// Submits what is recorded, waits for all of it, and returns the first bytes of a buffer.
    pub fn read(&mut self, buffer: &GpuBuffer, bytes: usize) -> Result<Vec<u8>, GpuError> {
        self.submit()?;
        let size = bytes as u64;
        let shared = &self.gpu.shared;
        self.gpu.step(Step::Allocate)?;
        let reserved = shared.memory.reserve(size)?;
        self.gpu.step(Step::Submit)?;
        let (done, result) = mpsc::channel();
        let (staging, index) = self.gpu.guarded(|| {
            let staging = shared.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size,
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            });
            let mut encoder = shared.device.create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(&buffer.raw, 0, &staging, 0, size);
            let index = shared.submit([encoder.finish()]);
            // After a cancel, there is no receiver any more.
            staging.map_async(wgpu::MapMode::Read, .., move |result| {
                drop(done.send(result))
            });
            (staging, index)
        })?;
        self.wait(index)?;
        self.pacing().end_all();
        // Another thread's wait may be what calls back, a moment later.
        let mapped = result.recv_timeout(WAIT_LIMIT);
        self.gpu.check()?;
        let view = self.gpu.guarded(|| staging.get_mapped_range(..))?;
        drop(reserved);
        match (mapped, view) {
            (Ok(Ok(())), Ok(view)) => Ok(view.to_vec()),
            (_, Err(error)) => Err(GpuError::Driver(error.to_string())),
            _ => Err(GpuError::Driver("a result cannot be read".into())),
        }
    }

    fn check_cancelled(&self) -> Result<(), GpuError> {
        match (self.is_cancelled)() {
            true => Err(GpuError::Cancelled),
            false => Ok(()),
        }
    }

    /// Waits until a submission has ended, or until a cancel.
    fn wait(&self, index: wgpu::SubmissionIndex) -> Result<(), GpuError> {
        let begin = Instant::now();
        let hangs = self.gpu.step(Step::Wait)?;
        let limit = if hangs { Duration::ZERO } else { WAIT_LIMIT };
        loop {
            self.gpu.check()?;
            let polled = match hangs {
                true => Err(wgpu::PollError::Timeout),
                false => self.gpu.shared.poll(Some(index.clone()), WAIT_STEP),
            };
            match polled {
                Ok(_) => return self.gpu.check(),
                Err(wgpu::PollError::Timeout) if begin.elapsed() < limit => {}
                Err(wgpu::PollError::Timeout) => {
                    self.gpu.abandon();
                    return Err(GpuError::Lost("it does not answer".into()));
                }
                // There was no such submission.
                Err(error) => {
                    self.gpu.check_after_failure()?;
                    return Err(GpuError::Driver(error.to_string()));
                }
            }
            self.check_cancelled()?;
        }
    }
}

/// Puts dispatches into one pass of an encoder.
fn encode(
    device: &wgpu::Device,
    encoder: &mut wgpu::CommandEncoder,
    dispatches: &[(Dispatch, Arc<Pipeline>)],
    groups: &BindGroups,
) {
    let mut pass = encoder.begin_compute_pass(&Default::default());
    for (dispatch, pipeline) in dispatches {
        let group = match dispatch.is_kept {
            true => groups.get(device, &dispatch.bindings, pipeline),
            false => bind_groups::create(device, &dispatch.bindings, pipeline),
        };
        pass.set_pipeline(&pipeline.pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.set_immediates(0, bytemuck::cast_slice(&dispatch.args));
        let [x, y, z] = dispatch.groups.map(|groups| groups as u32);
        pass.dispatch_workgroups(x, y, z);
    }
}
