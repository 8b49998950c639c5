//! Every variant of every kernel as SPIR-V and as Metal's language, without a device.

use naga::back::{msl, spv};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};

use crate::sources::{Features, GateKind, Kernel, NormKind};
use crate::{GpuKind, adapters};

/// Every kernel, with heads of usual and of unusual widths.
fn kernels(features: Features) -> Vec<Kernel> {
    let mut all = vec![
        Kernel::Pick,
        Kernel::Cap,
        Kernel::Choose,
        Kernel::SortPairs,
        Kernel::AddExperts,
        Kernel::Gate(GateKind::ClampedSwiglu),
    ];
    for kind in [NormKind::RootMeanSquare, NormKind::Layer] {
        all.extend([Kernel::Norm(kind), Kernel::AddNormed(kind)]);
    }
    for kind in [GateKind::Silu, GateKind::Gelu] {
        all.extend([Kernel::Gate(kind), Kernel::Activate(kind)]);
    }
    if features.int8 {
        all.push(Kernel::Round);
    }
    for format in super::formats() {
        all.extend([Kernel::Embed(format), Kernel::Many(format)]);
        all.extend([1, 2, 4, 8].map(|tokens| Kernel::Few(format, tokens)));
        all.extend([false, true].map(|is_sorted| Kernel::Experts { format, is_sorted }));
    }
    for head_dim in [64, 80, 128, 256] {
        all.extend([false, true].map(|has_sinks| Kernel::Merge {
            head_dim,
            has_sinks,
        }));
        for has_norms in [false, true] {
            all.push(Kernel::Place {
                head_dim,
                has_norms,
            });
        }
        for group in [1, 4, 7] {
            for (is_capped, has_sinks) in
                [(false, false), (true, false), (false, true), (true, true)]
            {
                all.push(Kernel::AttendFew {
                    head_dim,
                    group,
                    is_capped,
                });
                all.push(Kernel::AttendMany {
                    head_dim,
                    group,
                    is_capped,
                    has_sinks,
                });
            }
        }
    }
    all
}

fn validated(kernel: Kernel, features: Features) -> (naga::Module, ModuleInfo) {
    let text = kernel.source(features);
    let module = naga::front::wgsl::parse_str(&text);
    let module = module.unwrap_or_else(|e| panic!("{kernel:?}: {}", e.emit_to_string(&text)));
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::all());
    let info = validator.validate(&module);
    let info = info.unwrap_or_else(|e| panic!("{kernel:?}: {}", e.emit_to_string(&text)));
    (module, info)
}

#[test]
fn every_kernel_translates_for_every_system() {
    for (subgroups, int8) in [(true, true), (true, false), (false, true), (false, false)] {
        let features = Features { subgroups, int8 };
        for kernel in kernels(features) {
            let (module, info) = validated(kernel, features);
            let options = spv::Options {
                lang_version: (1, 3),
                ..Default::default()
            };
            let words = spv::write_vec(&module, &info, &options, None);
            assert!(!words.unwrap().is_empty(), "{kernel:?}");
            let options = msl::Options {
                lang_version: (2, 4),
                fake_missing_bindings: true,
                ..Default::default()
            };
            let metal = msl::write_string(&module, &info, &options, &Default::default());
            let (text, _) = metal.unwrap_or_else(|e| panic!("{kernel:?}: {e}"));
            assert!(text.contains("kernel void"), "{kernel:?}");
        }
    }
}

#[test]
fn kernels_use_every_buffer_that_they_declare_and_eight_at_most() {
    // A layout that is made from a kernel leaves out what it does not use; binding it would fail.
    let features = Features {
        subgroups: true,
        int8: true,
    };
    for kernel in kernels(features) {
        let (module, info) = validated(kernel, features);
        let main = info.get_entry_point(0);
        let bound = module
            .global_variables
            .iter()
            .filter(|(_, global)| global.binding.is_some());
        let mut count = 0;
        for (handle, global) in bound {
            assert!(!main[handle].is_empty(), "{kernel:?}: {:?}", global.name);
            count += 1;
        }
        assert!(count <= 8, "{kernel:?} has {count} buffers");
    }
}

#[test]
fn workgroup_memory_fits_32_kib() {
    for subgroups in [true, false] {
        let features = Features {
            subgroups,
            int8: true,
        };
        for kernel in kernels(features) {
            let (module, info) = validated(kernel, features);
            let main = info.get_entry_point(0);
            let shared = module.global_variables.iter().filter(|(handle, global)| {
                let is_used = !main[*handle].is_empty();
                global.space == naga::AddressSpace::WorkGroup && is_used
            });
            let size = |ty: naga::Handle<naga::Type>| module.types[ty].inner.size(module.to_ctx());
            let bytes: u32 = shared.map(|(_, global)| size(global.ty)).sum();
            assert!(bytes <= 32 << 10, "{kernel:?}: {bytes}");
        }
    }
}

#[test]
fn what_is_found_has_a_name() {
    for found in adapters(true) {
        assert!(!found.name.is_empty() && !found.driver.is_empty());
        assert!(["vulkan", "metal"].contains(&found.interface));
        assert!(found.kind <= GpuKind::Software);
    }
}
