//! LoRA adapters: log-probabilities are llama.cpp's, a PEFT folder is like the GGUF, and adapters
//! that would be applied wrongly are refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::GgmlDType;
use engine::{Cancel, Engine, LoadError, LoadOptions, Session, Weights, inspect};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;

use crate::families::{Family, differences, weights_of};
use crate::reference::largest_difference;
use crate::write_gguf::GgufFile;

/// The recorded model, and its adapter's tensors with names, shapes and values.
struct Adapted {
    family: Family,
    tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
    folder: tempfile::TempDir,
}

impl Adapted {
    fn read() -> Adapted {
        let family = Family::read("lora");
        let shapes = family.json["adapter"].as_object().unwrap();
        let tensors = shapes.iter().map(|(name, shape)| {
            let shape = shape.as_array().unwrap().iter();
            let shape: Vec<usize> = shape.map(|d| d.as_u64().unwrap() as usize).collect();
            let values = weights_of(name, &shape);
            (name.clone(), shape, values)
        });
        Adapted {
            tensors: tensors.collect(),
            folder: tempfile::tempdir().unwrap(),
            family,
        }
    }

    fn alpha(&self) -> f32 {
        self.family.json["alpha"].as_f64().unwrap() as f32
    }

    /// The adapter as a GGUF.
    fn gguf(&self, architecture: &str) -> PathBuf {
        let mut file = GgufFile::default();
        file.text("general.architecture", architecture);
        file.text("general.type", "adapter");
        file.text("adapter.type", "lora");
        file.float("adapter.lora.alpha", self.alpha());
        for (name, shape, values) in &self.tensors {
            file.tensor(name, shape, GgmlDType::F32, values);
        }
        let path = self.folder.path().join(format!("{architecture}.gguf"));
        std::fs::write(&path, file.write().bytes).unwrap();
        path
    }

    /// The adapter as a folder of PEFT, with other settings besides the usual ones.
    fn peft(&self, settings: &serde_json::Value) -> PathBuf {
        let folder = self.folder.path().join("peft");
        std::fs::create_dir_all(&folder).unwrap();
        let mut config = json!({"peft_type": "LORA", "lora_alpha": self.alpha(), "bias": "none"});
        let others = settings.as_object().unwrap().clone();
        config.as_object_mut().unwrap().extend(others);
        std::fs::write(folder.join("adapter_config.json"), config.to_string()).unwrap();
        let views = self.tensors.iter().map(|(name, shape, values)| {
            let bytes = bytemuck::cast_slice(values);
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap();
            (peft_name(name), view)
        });
        let bytes = safetensors::serialize(views, None).unwrap();
        std::fs::write(folder.join("adapter_model.safetensors"), bytes).unwrap();
        folder
    }

    fn open(&self, adapter: &Path, weights: Weights) -> Result<Arc<Engine>, LoadError> {
        self.open_with(LoadOptions {
            weights,
            adapter: Some(adapter.to_path_buf()),
            repeatable: true,
            ..Default::default()
        })
    }

    fn open_with(&self, options: LoadOptions) -> Result<Arc<Engine>, LoadError> {
        let threads = 1;
        let options = LoadOptions { threads, ..options };
        Engine::open(&self.family.path(), &options).map(Arc::new)
    }

    fn logits(&self, engine: Arc<Engine>) -> Vec<Vec<f32>> {
        let mut session = Session::new(engine);
        let tokens = self.family.tokens();
        session.logits(&tokens, 0, &Cancel::new()).unwrap()
    }

    /// Why an adapter is refused, which is known before any weights are loaded.
    fn refusal(&self, adapter: &Path) -> String {
        let inspected = inspect(&self.family.path(), Some(adapter));
        let refusal = self.open(adapter, Weights::Packed).unwrap_err().to_string();
        assert_eq!(inspected.unwrap_err().to_string(), refusal);
        refusal
    }
}

/// PEFT's name of a tensor that a GGUF calls `blk.1.attn_q.weight.lora_a`.
fn peft_name(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let module = match parts[2] {
        "attn_q" => "self_attn.q_proj",
        "attn_v" => "self_attn.v_proj",
        "attn_output" => "self_attn.o_proj",
        "ffn_up" => "mlp.up_proj",
        "ffn_down" => "mlp.down_proj",
        other => other,
    };
    let end = if parts[4] == "lora_a" { 'A' } else { 'B' };
    let layer = parts[1];
    format!("base_model.model.model.layers.{layer}.{module}.lora_{end}.weight")
}

#[test]
fn log_probabilities_are_those_of_llama_cpp() {
    let adapted = Adapted::read();
    let path = adapted.gguf("qwen2");
    let exact = adapted.logits(adapted.open(&path, Weights::Exact).unwrap());
    let (mean, largest) = differences(&adapted.family, &exact);
    assert!(mean < 0.005 && largest < 0.05, "{mean} {largest}");
    let packed = adapted.logits(adapted.open(&path, Weights::Packed).unwrap());
    let (mean, _) = differences(&adapted.family, &packed);
    assert!(mean < 0.1, "{mean}");
    let without = adapted.logits(adapted.family.open(Weights::Exact));
    let (mean, _) = differences(&adapted.family, &without);
    assert!(mean > 0.1, "{mean}");
}

#[test]
fn a_folder_of_peft_is_like_the_gguf() {
    let adapted = Adapted::read();
    let gguf = adapted
        .open(&adapted.gguf("qwen2"), Weights::Exact)
        .unwrap();
    let gguf = adapted.logits(gguf);
    let folder = adapted.peft(&json!({}));
    for path in [folder.join("adapter_model.safetensors"), folder] {
        let folder = adapted.logits(adapted.open(&path, Weights::Exact).unwrap());
        for (folder, gguf) in folder.iter().zip(&gguf) {
            assert!(largest_difference(folder, gguf) < 1e-5);
        }
    }
    // A rank of 8 makes this factor smaller by its square root.
    let alpha = adapted.alpha() / 8f32.sqrt();
    let folder = adapted.peft(&json!({"use_rslora": true, "lora_alpha": alpha}));
    let folder = adapted.logits(adapted.open(&folder, Weights::Exact).unwrap());
    assert!(largest_difference(&folder[39], &gguf[39]) < 1e-4);
}

#[test]
fn the_packed_copy_of_a_model_knows_no_adapter() {
    let adapted = Adapted::read();
    let path = adapted.gguf("qwen2");
    let wanted = adapted.logits(adapted.open(&path, Weights::Packed).unwrap());
    let base = adapted.logits(adapted.family.open(Weights::Packed));
    let copies = adapted.folder.path().join("copies");
    // The first one writes the copy, the others read it.
    for adapter in [Some(path.clone()), Some(path), None] {
        let is_adapted = adapter.is_some();
        let engine = adapted.open_with(LoadOptions {
            copies: Some(copies.clone()),
            large: 0,
            adapter,
            repeatable: true,
            ..Default::default()
        });
        let logits = adapted.logits(engine.unwrap());
        let wanted = if is_adapted { &wanted } else { &base };
        for (row, wanted) in logits.iter().zip(wanted) {
            assert!(largest_difference(row, wanted) < 1e-4, "{is_adapted}");
        }
    }
    assert_eq!(std::fs::read_dir(copies).unwrap().count(), 1);
}

#[test]
fn adapters_that_cannot_be_applied_are_refused() {
    let adapted = Adapted::read();
    let refusal = adapted.refusal(&adapted.gguf("llama"));
    assert!(
        refusal.contains("was made for a llama model, and this is a qwen2 model"),
        "{refusal}"
    );
    for (settings, why) in [
        (json!({"use_dora": true}), "it uses use_dora"),
        (json!({"bias": "all"}), "it changes biases (all)"),
        (json!({"peft_type": "IA3"}), "its kind is IA3"),
        (
            json!({"modules_to_save": ["lm_head"]}),
            "it uses modules_to_save",
        ),
    ] {
        let refusal = adapted.refusal(&adapted.peft(&settings));
        assert!(refusal.contains(why), "{refusal}");
    }
    let missing = adapted.refusal(&adapted.folder.path().join("none.gguf"));
    assert!(missing.contains("there is no file or folder"), "{missing}");
    let model = adapted.refusal(&adapted.family.path());
    assert!(model.contains("is not a LoRA adapter"), "{model}");
}

#[test]
fn adapters_with_other_parts_are_refused() {
    /// A change of the tensors.
    type Change = fn(&mut Vec<(String, Vec<usize>, Vec<f32>)>);
    let changes: [(Change, &str); 5] = [
        (|tensors| drop(tensors.pop()), "lacks two matching matrices"),
        (
            |tensors| {
                tensors
                    .iter_mut()
                    .for_each(|(name, ..)| *name = name.replace("blk.1", "blk.7"))
            },
            "which nigh cannot change in this model",
        ),
        (
            |tensors| {
                for (name, shape, values) in tensors {
                    if name.ends_with("lora_b") {
                        shape[0] /= 2;
                        values.truncate(shape[0] * shape[1]);
                    }
                }
            },
            "was made for another model",
        ),
        (
            |tensors| {
                for (name, ..) in tensors {
                    *name = name.replace("blk.1.attn_output", "output");
                }
            },
            "which nigh cannot change in this model",
        ),
        (Vec::clear, "changes nothing"),
    ];
    for (change, why) in changes {
        let mut adapted = Adapted::read();
        change(&mut adapted.tensors);
        let refusal = adapted.refusal(&adapted.gguf("qwen2"));
        assert!(refusal.contains(why), "{refusal}");
    }
}
