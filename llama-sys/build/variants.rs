//! CPU variants: which instruction sets ggml-cpu is compiled for, as data.
//!
//! Feature names are ggml's own (`GGML_<NAME>` or `GGML_USE_<NAME>`).

use crate::target::Target;

/// An instruction set extension as ggml knows it.
#[derive(Debug)]
pub(crate) struct Feature {
    /// ggml's name.
    pub(crate) name: &'static str,
    /// Macro that ggml's build defines for it.
    pub(crate) define: &'static str,
    /// GCC and Clang flags.
    pub(crate) flags: &'static [&'static str],
    /// Files of ggml-cpu that use it; empty means all. Others are shared with the variant that is the
    /// same without the feature, which saves most of its compile time.
    pub(crate) only: &'static [&'static str],
}

/// One row of the variant table.
#[derive(Debug)]
pub(crate) struct Variant {
    /// Name, as `LLAMA_CPU_VARIANT` takes it.
    pub(crate) name: &'static str,
    /// Names out of the feature table.
    pub(crate) features: &'static [&'static str],
}

const VNNI_FILES: &[&str] = &[
    "ggml-cpu/arch/x86/quants.c",
    "ggml-cpu/arch/x86/repack.cpp",
    "ggml-cpu/llamafile/sgemm.cpp",
    "ggml-cpu/ggml-cpu.c",
    "ggml-cpu/ggml-cpu.cpp",
];
const BF16_FILES: &[&str] =
    &["ggml-cpu/llamafile/sgemm.cpp", "ggml-cpu/vec.cpp", "ggml-cpu/ggml-cpu.c", "ggml-cpu/ggml-cpu.cpp"];
const AMX_FILES: &[&str] =
    &["ggml-cpu/amx/amx.cpp", "ggml-cpu/amx/mmq.cpp", "ggml-cpu/ggml-cpu.c", "ggml-cpu/ggml-cpu.cpp"];

/// x86 extensions, in the order in which ggml's build passes their flags.
pub(crate) const X86_FEATURES: [Feature; 12] = [
    Feature { name: "SSE42", define: "GGML_SSE42", flags: &["-msse4.2"], only: &[] },
    Feature { name: "F16C", define: "GGML_F16C", flags: &["-mf16c"], only: &[] },
    Feature { name: "FMA", define: "GGML_FMA", flags: &["-mfma"], only: &[] },
    Feature { name: "BMI2", define: "GGML_BMI2", flags: &["-mbmi2"], only: &[] },
    Feature { name: "AVX", define: "GGML_AVX", flags: &["-mavx"], only: &[] },
    Feature { name: "AVX2", define: "GGML_AVX2", flags: &["-mavx2"], only: &[] },
    Feature { name: "AVX_VNNI", define: "GGML_AVX_VNNI", flags: &["-mavxvnni"], only: VNNI_FILES },
    Feature {
        name: "AVX512",
        define: "GGML_AVX512",
        flags: &["-mavx512f", "-mavx512cd", "-mavx512vl", "-mavx512dq", "-mavx512bw"],
        only: &[],
    },
    Feature { name: "AVX512_VBMI", define: "GGML_AVX512_VBMI", flags: &["-mavx512vbmi"], only: &[] },
    Feature { name: "AVX512_VNNI", define: "GGML_AVX512_VNNI", flags: &["-mavx512vnni"], only: &[] },
    Feature { name: "AVX512_BF16", define: "GGML_AVX512_BF16", flags: &["-mavx512bf16"], only: BF16_FILES },
    Feature { name: "AMX", define: "GGML_AMX_INT8", flags: &["-mamx-tile", "-mamx-int8"], only: AMX_FILES },
];

/// x86-64 variants, slowest first.
pub(crate) const X86_VARIANTS: [Variant; 6] = [
    Variant { name: "sse42", features: &["SSE42"] },
    Variant { name: "haswell", features: &["SSE42", "F16C", "FMA", "BMI2", "AVX", "AVX2"] },
    Variant { name: "alderlake", features: &["SSE42", "F16C", "FMA", "BMI2", "AVX", "AVX2", "AVX_VNNI"] },
    Variant {
        name: "icelake",
        features: &["SSE42", "F16C", "FMA", "BMI2", "AVX", "AVX2", "AVX512", "AVX512_VBMI", "AVX512_VNNI"],
    },
    Variant {
        name: "zen4",
        features: &[
            "SSE42",
            "F16C",
            "FMA",
            "BMI2",
            "AVX",
            "AVX2",
            "AVX512",
            "AVX512_VBMI",
            "AVX512_VNNI",
            "AVX512_BF16",
        ],
    },
    Variant {
        name: "sapphirerapids",
        features: &[
            "SSE42",
            "F16C",
            "FMA",
            "BMI2",
            "AVX",
            "AVX2",
            "AVX512",
            "AVX512_VBMI",
            "AVX512_VNNI",
            "AVX512_BF16",
            "AMX",
        ],
    },
];

/// aarch64 variants for Linux, slowest first. The features are parts of one `-march`.
pub(crate) const ARM_VARIANTS: [Variant; 8] = [
    Variant { name: "armv8_0", features: &[] },
    Variant { name: "armv8_2_dotprod", features: &["DOTPROD"] },
    Variant { name: "armv8_2_fp16", features: &["DOTPROD", "FP16_VECTOR_ARITHMETIC"] },
    Variant { name: "armv8_2_sve", features: &["DOTPROD", "FP16_VECTOR_ARITHMETIC", "SVE"] },
    Variant { name: "armv8_6_i8mm", features: &["DOTPROD", "FP16_VECTOR_ARITHMETIC", "SVE", "MATMUL_INT8"] },
    Variant {
        name: "armv8_6_sve2",
        features: &["DOTPROD", "FP16_VECTOR_ARITHMETIC", "SVE", "MATMUL_INT8", "SVE2"],
    },
    Variant {
        name: "armv9_2_sme",
        features: &["DOTPROD", "FP16_VECTOR_ARITHMETIC", "SVE", "MATMUL_INT8", "SME"],
    },
    Variant {
        name: "armv9_2_sve2_sme",
        features: &["DOTPROD", "FP16_VECTOR_ARITHMETIC", "SVE", "MATMUL_INT8", "SVE2", "SME"],
    },
];

/// Flags and defines of one variant for one file of ggml-cpu.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `GGML_...` macros.
    pub(crate) defines: Vec<String>,
    /// Compiler flags.
    pub(crate) flags: Vec<String>,
}

/// Settings of an x86 variant for `file` (path below `ggml/src`).
#[must_use]
pub(crate) fn x86(variant: &Variant, file: &str) -> Settings {
    let mut out = Settings::default();
    for feature in &X86_FEATURES {
        let wanted = variant.features.contains(&feature.name);
        if wanted && (feature.only.is_empty() || feature.only.contains(&file)) {
            out.defines.push(feature.define.to_owned());
            if feature.name == "AMX" {
                out.defines.push("GGML_AMX_TILE".to_owned());
            }
            out.flags.extend(feature.flags.iter().map(|&f| f.to_owned()));
        }
    }
    out
}

/// Settings of an aarch64 variant: the first architecture version that has every feature, plus the features.
#[must_use]
pub(crate) fn arm(variant: &Variant) -> Settings {
    const TABLE: [(&str, &str, &str); 6] = [
        ("DOTPROD", "armv8.2-a", "+dotprod"),
        ("FP16_VECTOR_ARITHMETIC", "armv8.2-a", "+fp16"),
        ("SVE", "armv8.2-a", "+sve"),
        ("MATMUL_INT8", "armv8.6-a", "+i8mm"),
        ("SVE2", "armv8.6-a", "+sve2"),
        ("SME", "armv9.2-a", "+sme"),
    ];
    let mut out = Settings::default();
    let (mut march, mut tags) = ("armv8-a", String::new());
    for (name, version, tag) in TABLE {
        if variant.features.contains(&name) {
            march = version;
            tags.push_str(tag);
            out.defines.push(format!("GGML_USE_{name}"));
        }
    }
    out.flags.push(format!("-march={march}{tags}"));
    out
}

/// The variants that one binary for `target` can hold, slowest first; empty where dispatch is not supported.
#[must_use]
pub(crate) fn table(target: &Target) -> &'static [Variant] {
    match (target.os.as_str(), target.arch.as_str()) {
        ("linux", "x86_64") => &X86_VARIANTS,
        ("linux", "aarch64") => &ARM_VARIANTS,
        _ => &[],
    }
}

/// Where only one variant is possible: the AVX2 class on x86-64 (2013 and later), raised when rustc may use more.
#[must_use]
pub(crate) fn baseline(target: &Target) -> Option<&'static Variant> {
    if target.arch != "x86_64" {
        return None;
    }
    let avx512 = ["avx512f", "avx512vl", "avx512bw", "avx512dq", "avx512cd", "avx512vbmi", "avx512vnni"];
    let name = if avx512.iter().all(|f| target.has(f)) { "icelake" } else { "haswell" };
    X86_VARIANTS.iter().find(|v| v.name == name)
}
