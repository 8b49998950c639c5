//! Loads the weights of a checked model: from the packed copy, or from its own file.
//!
//! A large model that has no copy yet is packed into one, matrix by matrix, and mapped from there:
//! it is never in memory twice, and while it is loaded only the matrices that are being packed are.
//! Where there is no place for the copy, and for small models, the weights are packed into memory.

use std::path::Path;

use kernels::{Isa, ThreadPool};

use crate::checked_model::CheckedModel;
use crate::copy_writer::CopyWriter;
use crate::cpu::{Cpu, CpuDecoder};
use crate::free_memory::free_memory;
use crate::load_progress::LoadProgress;
use crate::machine::threads;
use crate::memory_needs::{check_memory, is_expert};
use crate::packed_copy::PackedCopy;
use crate::{LoadError, LoadOptions, Weights};

/// The priority of packing in the background, as of other work that can wait.
#[cfg(target_os = "linux")]
const NICE: libc::c_int = 10;

impl CheckedModel<'_> {
    /// Loads the weights; also returns the name of the device they run on.
    pub fn load(
        &mut self,
        options: &LoadOptions,
        fingerprint: u32,
    ) -> Result<(CpuDecoder, String), LoadError> {
        self.tensors.packing.progress = self.progress(options);
        let folder = options.copies.as_deref();
        let mut copy = folder.and_then(|folder| PackedCopy::open(folder, fingerprint));
        let mut refused = None;
        let free = || options.memory.or_else(free_memory);
        let is_large =
            options.weights == Weights::Packed && self.needs.are_large(options.large, free());
        if let (None, Some(folder), true) = (&copy, folder, is_large) {
            match self.pack_into_copy(options, folder, fingerprint) {
                Ok(written) => copy = written,
                Err(error @ LoadError::Copy { .. }) => refused = Some(error),
                Err(error) => return Err(error),
            }
            // What was counted for the copy is read again where the copy failed.
            self.tensors.packing.progress = match &copy {
                Some(_) => LoadProgress::default(),
                None => self.progress(options),
            };
        }
        match &mut copy {
            Some(copy) => {
                check_memory(self.needs.mapped(), free())?;
                copy.is_partial = free().is_some_and(|free| self.needs.weights > free);
                let all = !copy.is_partial;
                copy.read_ahead(|name| all || !is_expert(name));
            }
            None => check_memory(self.needs.weights, free())
                .map_err(|error| without_copy(error, refused))?,
        }
        self.tensors.packing.copy = copy;
        let decoder = self.decoder(options)?;
        let device = device(decoder.backend.isa, decoder.threads());
        Ok((decoder, device))
    }

    fn progress(&self, options: &LoadOptions) -> LoadProgress {
        let total = self.summary.iter().map(|tensor| tensor.bytes).sum();
        LoadProgress::new(options.watch.clone(), total)
    }

    /// The decoder, with its matrices as `packing` gives them.
    pub fn decoder(&self, options: &LoadOptions) -> Result<CpuDecoder, LoadError> {
        let pool = ThreadPool::new(threads(options.threads))
            .map_err(|e| LoadError::Unsupported(format!("no thread can be started: {e}")))?;
        let (config, context) = (self.config.clone(), self.info.context_length);
        let isa = options.isa();
        let cpu = Cpu { isa, pool };
        let decoder = CpuDecoder::load(cpu, &self.tensors, config, options.weights, context)?;
        if let Some(adapter) = self.tensors.adapter() {
            adapter.check_used()?;
        }
        Ok(decoder)
    }

    /// Packs the weights, in the background if other threads answer meanwhile.
    fn pack(&self, options: &LoadOptions) -> Result<(), LoadError> {
        // The matrices of this decoder are empty: they are in the copy.
        let pack = || self.decoder(options).map(drop);
        let watch = options.watch.as_ref();
        if !watch.is_some_and(|watch| watch.is_background) {
            return pack();
        }
        // Threads of their own, as a priority cannot be raised again.
        let in_background = || {
            lower_priority();
            pack()
        };
        std::thread::scope(|scope| match scope.spawn(in_background).join() {
            Ok(packed) => packed,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }

    /// Packs the weights into a new copy, or waits until another process has.
    fn pack_into_copy(
        &mut self,
        options: &LoadOptions,
        folder: &Path,
        fingerprint: u32,
    ) -> Result<Option<PackedCopy>, LoadError> {
        check_memory(self.needs.mapped(), options.memory.or_else(free_memory))?;
        let packing = &mut self.tensors.packing;
        let bytes = self.needs.weights;
        packing.writer = CopyWriter::begin(folder, fingerprint, bytes, &packing.progress)?;
        if packing.writer.is_some() {
            for source in &packing.sources {
                source.read_once();
            }
            let packed = self.pack(options);
            if let Some(writer) = self.tensors.packing.writer.take() {
                packed?;
                writer.finish()?;
            }
        }
        Ok(PackedCopy::open(folder, fingerprint))
    }
}

/// Lowers the priority of this thread, and so of the threads that it starts.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    // SAFETY: it takes three numbers; 0 is the calling thread. If it fails, nothing changes.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, NICE);
    }
}

/// The error of a model that does not fit into memory, and why it has no copy either.
fn without_copy(error: LoadError, refused: Option<LoadError>) -> LoadError {
    match refused {
        Some(why) => LoadError::Unsupported(format!("{why}; without one, {}", reason(&error))),
        None => error,
    }
}

/// What an error says after its first words.
fn reason(error: &LoadError) -> String {
    match error {
        LoadError::Unsupported(reason) => reason.clone(),
        other => other.to_string(),
    }
}

fn device(isa: Isa, threads: usize) -> String {
    let plural = if threads == 1 { "" } else { "s" };
    format!("cpu ({}, {threads} thread{plural})", isa.name())
}
