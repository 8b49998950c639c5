//! The product names of architectures that nigh does not support, so that a refusal names the model
//! the user chose.
//!
//! Names of architectures are llama.cpp's (`llama-arch.cpp`) and transformers' (`architectures` of
//! `config.json`).

/// A product and the names of its architecture.
type Product = (&'static str, &'static [&'static str]);

/// Models that generate text.
const PRODUCTS: &[Product] = &[
    (
        "Qwen3.5 as a mixture of experts, as a folder",
        &[
            "Qwen3_5MoeForCausalLM",
            "Qwen3_5MoeForConditionalGeneration",
        ],
    ),
    (
        "Qwen2 as a mixture of experts",
        &["qwen2moe", "Qwen2MoeForCausalLM"],
    ),
    (
        "Qwen2-VL",
        &[
            "qwen2vl",
            "Qwen2VLForConditionalGeneration",
            "Qwen2_5_VLForConditionalGeneration",
        ],
    ),
    (
        "Qwen3-VL",
        &[
            "qwen3vl",
            "qwen3vlmoe",
            "Qwen3VLForConditionalGeneration",
            "Qwen3VLMoeForConditionalGeneration",
        ],
    ),
    ("Qwen 1", &["qwen", "QWenLMHeadModel"]),
    ("gpt-oss as a folder", &["GptOssForCausalLM"]),
    (
        "Llama 4",
        &[
            "llama4",
            "Llama4ForCausalLM",
            "Llama4ForConditionalGeneration",
        ],
    ),
    ("DeepSeek-V3 as a folder", &["DeepseekV3ForCausalLM"]),
    ("DeepSeek-MoE", &["deepseek", "DeepseekForCausalLM"]),
    (
        "StarCoder and Granite-Code 20B and 34B",
        &["starcoder", "GPTBigCodeForCausalLM"],
    ),
    ("Refact", &["refact", "GPTRefactForCausalLM"]),
    (
        "Gemma 3n",
        &[
            "gemma3n",
            "Gemma3nForCausalLM",
            "Gemma3nForConditionalGeneration",
        ],
    ),
    (
        "Gemma 4",
        &[
            "gemma4",
            "Gemma4ForCausalLM",
            "Gemma4ForConditionalGeneration",
        ],
    ),
    (
        "Granite as a mixture of experts",
        &["granitemoe", "GraniteMoeForCausalLM"],
    ),
    (
        "Granite 4 hybrid as a folder",
        &["GraniteMoeHybridForCausalLM"],
    ),
    ("LFM2 as a folder", &["Lfm2ForCausalLM"]),
    (
        "LFM2 as a mixture of experts",
        &["lfm2moe", "Lfm2MoeForCausalLM"],
    ),
    ("Phi-2", &["phi2", "PhiForCausalLM"]),
    (
        "Phi as a mixture of experts",
        &["phimoe", "PhiMoEForCausalLM"],
    ),
    (
        "StableLM and stable-code",
        &["stablelm", "StableLmForCausalLM"],
    ),
    ("OLMo 2", &["olmo2", "Olmo2ForCausalLM"]),
    (
        "GLM-4",
        &[
            "glm4",
            "glm4moe",
            "chatglm",
            "Glm4ForCausalLM",
            "Glm4MoeForCausalLM",
            "ChatGLMModel",
        ],
    ),
    (
        "ERNIE 4.5",
        &[
            "ernie4_5",
            "ernie4_5-moe",
            "Ernie4_5ForCausalLM",
            "Ernie4_5_MoeForCausalLM",
        ],
    ),
    (
        "Hunyuan",
        &[
            "hunyuan-dense",
            "hunyuan-moe",
            "HunYuanDenseV1ForCausalLM",
            "HunYuanMoEV1ForCausalLM",
        ],
    ),
    ("InternLM2", &["internlm2", "InternLM2ForCausalLM"]),
    (
        "EXAONE",
        &[
            "exaone",
            "exaone4",
            "ExaoneForCausalLM",
            "Exaone4ForCausalLM",
        ],
    ),
    (
        "Falcon",
        &[
            "falcon",
            "falcon-h1",
            "FalconForCausalLM",
            "FalconH1ForCausalLM",
        ],
    ),
    (
        "Command R",
        &[
            "command-r",
            "cohere2",
            "CohereForCausalLM",
            "Cohere2ForCausalLM",
        ],
    ),
    (
        "Nemotron",
        &[
            "nemotron",
            "nemotron_h",
            "NemotronForCausalLM",
            "NemotronHForCausalLM",
        ],
    ),
    (
        "MiniCPM",
        &[
            "minicpm",
            "minicpm3",
            "MiniCPMForCausalLM",
            "MiniCPM3ForCausalLM",
        ],
    ),
    ("CodeShell", &["codeshell", "CodeShellForCausalLM"]),
    (
        "Mamba",
        &["mamba", "mamba2", "MambaForCausalLM", "Mamba2ForCausalLM"],
    ),
    ("GPT-NeoX", &["gptneox", "GPTNeoXForCausalLM"]),
    ("GPT-2", &["gpt2", "GPT2LMHeadModel"]),
];

/// Architectures whose output is one vector for a text.
const EMBEDDINGS: &[&str] = &[
    "bert",
    "modern-bert",
    "nomic-bert",
    "nomic-bert-moe",
    "neo-bert",
    "jina-bert-v2",
    "jina-bert-v3",
    "eurobert",
    "gemma-embedding",
    "t5encoder",
    "BertModel",
    "ModernBertModel",
    "NomicBertModel",
    "RobertaModel",
    "XLMRobertaModel",
    "Qwen2Model",
    "Qwen3Model",
    "LlamaModel",
];

/// The product name of this architecture.
pub fn product(architecture: &str) -> Option<&'static str> {
    PRODUCTS
        .iter()
        .find(|(_, names)| names.contains(&architecture))
        .map(|(product, _)| *product)
}

/// Whether models of this architecture are for embeddings.
pub fn is_embedding(architecture: &str) -> bool {
    EMBEDDINGS.contains(&architecture)
}
