//! Every kernel against references in f64, on whatever device is here.
//!
//! `NIGH_GPU_TEST=require` fails where there is no device, `off` runs none of these tests, and
//! `auto`, the default, skips them where there is none. Software will do: on Debian,
//! `apt-get install mesa-vulkan-drivers`.

#![allow(clippy::unwrap_used, clippy::panic)]

mod attention;
mod cancel;
mod decoder;
mod experts;
mod failures;
mod faults;
mod gated;
mod kernel_file;
mod norms;
mod picks;
mod products;
mod reference;
mod rows;
mod translate;
mod updates;

use std::io::Write;
use std::sync::OnceLock;

use crate::buffers::{GpuBuffer, Upload};
use crate::recorder::Recorder;
use crate::{
    CodeTable, Gpu, GpuAdapter, GpuCache, GpuCacheShape, GpuOptions, GpuRows, RowWidths,
    WeightFormat, adapters,
};

/// All formats, and some with codes.
fn formats() -> Vec<WeightFormat> {
    let values = [
        -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
    ];
    let codes = [false, true].map(|has_two_scales| {
        WeightFormat::Codes(CodeTable {
            values,
            has_two_scales,
        })
    });
    WeightFormat::ALL.into_iter().chain(codes).collect()
}

/// The device to test, if there is one.
pub(crate) fn adapter() -> Option<&'static GpuAdapter> {
    static FOUND: OnceLock<Option<GpuAdapter>> = OnceLock::new();
    let find = || {
        let mode = std::env::var("NIGH_GPU_TEST").unwrap_or_else(|_| "auto".into());
        if mode == "off" {
            return None;
        }
        let found = adapters(true).into_iter().next();
        assert!(
            mode != "require" || found.is_some(),
            "no GPU here, not even one in software"
        );
        if found.is_none() {
            let why = "no Vulkan device here: mesa-vulkan-drivers has one in software";
            eprintln!("skipped: {why}");
            if let Some(path) = std::env::var_os("NIGH_SKIPPED") {
                let mut options = std::fs::OpenOptions::new();
                let mut file = options.create(true).append(true).open(path).unwrap();
                writeln!(file, "{why}").unwrap();
            }
        }
        found
    };
    FOUND.get_or_init(find).as_ref()
}

/// The device with its usual options, opened once.
fn gpu() -> Option<&'static Gpu> {
    static OPENED: OnceLock<Option<Gpu>> = OnceLock::new();
    OPENED.get_or_init(|| open(&GpuOptions::default())).as_ref()
}

fn open(options: &GpuOptions) -> Option<Gpu> {
    adapter().map(|adapter| Gpu::open(adapter, options).unwrap())
}

/// The device as it is, without int8, and without subgroups.
fn variants() -> Vec<Gpu> {
    let without_int8 = GpuOptions {
        int8: false,
        ..GpuOptions::default()
    };
    let without_subgroups = GpuOptions {
        subgroups: false,
        ..GpuOptions::default()
    };
    let others = [without_int8, without_subgroups];
    gpu()
        .cloned()
        .into_iter()
        .chain(others.iter().filter_map(open))
        .collect()
}

/// Numbers between -1 and 1.
fn random(count: usize, mut seed: u32) -> Vec<f32> {
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn upload(gpu: &Gpu, values: &[f32]) -> GpuBuffer {
    let mut upload = Upload::new(gpu, 4 * values.len() as u64).unwrap();
    upload
        .pending
        .extend_from_slice(bytemuck::cast_slice(values));
    upload.finish().unwrap()
}

/// Rows of these widths, and a cache of one layer with one head of 32 components.
fn rows_and_cache(gpu: &Gpu, widths: RowWidths) -> (GpuRows, GpuCache) {
    let shape = GpuCacheShape {
        layers: 1,
        kv_heads: 1,
        head_dim: 32,
        max_slots: 100,
    };
    (gpu.rows(widths).unwrap(), gpu.cache(shape).unwrap())
}

fn never() -> bool {
    false
}

fn read<T: bytemuck::AnyBitPattern + bytemuck::NoUninit>(
    recorder: &mut Recorder,
    buffer: &GpuBuffer,
    count: usize,
) -> Vec<T> {
    let bytes = recorder.read(buffer, count * size_of::<T>()).unwrap();
    bytemuck::pod_collect_to_vec(&bytes)
}

/// Panics unless the values agree: the root of the mean square of their differences, relative to
/// that of what is wanted.
fn assert_close(got: &[f32], want: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    let size: f64 = want.iter().map(|want| want * want).sum();
    let pairs = got.iter().zip(want);
    let off: f64 = pairs
        .map(|(got, want)| (f64::from(*got) - want).powi(2))
        .sum();
    let error = (off / size.max(1e-30)).sqrt();
    assert!(
        error <= tolerance,
        "{what}: {error:.1e}, {:?} {:?}",
        &got[..1],
        &want[..1]
    );
}
