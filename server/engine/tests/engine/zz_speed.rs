//! Temporary measurements.
use std::time::Instant;
use engine::Tokenizer;
use std::path::Path;

fn texts() -> String {
    let mut all = String::new();
    for f in ["../kernels/src/matmul.rs","../engine/src/score.rs","../engine/src/files/gguf.rs","../engine/src/generate.rs","../kernels/src/avx512.rs","../index/src/segment.rs","../../training/train.py","../../training/rows.py"] {
        all.push_str(&std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(f)).unwrap());
    }
    all
}

fn best<T>(n: usize, mut f: impl FnMut() -> T) -> (f64, T) {
    let mut b = f64::MAX; let mut r = None;
    for _ in 0..n { let t = Instant::now(); let x = f(); b = b.min(t.elapsed().as_secs_f64()*1e3); r = Some(x); }
    (b, r.unwrap())
}

#[test]
fn zz_speed() {
    let text = texts();
    let window: String = text.chars().take(4000).collect();
    println!("{} bytes", text.len());
    for (name, gguf, folder) in [("qwen2", "/work/t-h4/tmp/vocabularies/ggml-vocab-qwen2.gguf", "/work/h4-notes/qwen"), ("llama3", "/work/t-h4/tmp/vocabularies/ggml-vocab-llama-bpe.gguf", "/work/h4-notes/llama3")] {
        let (open_own, own) = best(5, || Tokenizer::open(Path::new(gguf)).unwrap());
        let (open_folder, fold) = best(5, || Tokenizer::open(Path::new(folder)).unwrap());
        let (open_lib, lib) = best(3, || tokenizers::Tokenizer::from_file(format!("{folder}/tokenizer.json")).unwrap());
        println!("{name}: open gguf {open_own:.1} ms, folder {open_folder:.1} ms, library {open_lib:.1} ms");
        for (what, text) in [("all", &text), ("window", &window)] {
            let (a, ia) = best(7, || own.encode(text));
            let (b, ib) = best(7, || fold.encode(text));
            let (c, ic) = best(7, || lib.encode_fast(text.as_str(), false).unwrap().get_ids().to_vec());
            println!("  {what} {} bytes {} ids: own gguf {a:.2} ms, own folder {b:.2} ms, library warm {c:.2} ms; same {} {}", text.len(), ia.len(), ia==ib, ib==ic);
            let t = Instant::now(); let lib2 = tokenizers::Tokenizer::from_file(format!("{folder}/tokenizer.json")).unwrap(); let _ = t;
            let t = Instant::now(); let _ = lib2.encode_fast(text.as_str(), false).unwrap(); println!("    library cold {:.2} ms", t.elapsed().as_secs_f64()*1e3);
        }
    }
    let (nigh, n) = best(5, || Tokenizer::open(Path::new("/work/h4/models/nigh.gguf")).unwrap());
    let (e, _) = best(9, || n.encode(&window));
    println!("nigh: open {nigh:.2} ms, window {e:.3} ms");
}
