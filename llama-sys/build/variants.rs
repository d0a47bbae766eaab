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
    /// Macros of other compilers that Microsoft's does not define by itself; `None` where it lacks the feature.
    pub(crate) microsoft: Option<&'static [&'static str]>,
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
    Feature { name: "SSE42", define: "GGML_SSE42", flags: &["-msse4.2"], microsoft: Some(&[]), only: &[] },
    Feature { name: "F16C", define: "GGML_F16C", flags: &["-mf16c"], microsoft: Some(&[]), only: &[] },
    Feature { name: "FMA", define: "GGML_FMA", flags: &["-mfma"], microsoft: Some(&[]), only: &[] },
    Feature {
        name: "BMI2",
        define: "GGML_BMI2",
        flags: &["-mbmi2"],
        microsoft: Some(&["__BMI2__"]),
        only: &[],
    },
    Feature { name: "AVX", define: "GGML_AVX", flags: &["-mavx"], microsoft: Some(&[]), only: &[] },
    Feature { name: "AVX2", define: "GGML_AVX2", flags: &["-mavx2"], microsoft: Some(&[]), only: &[] },
    Feature {
        name: "AVX_VNNI",
        define: "GGML_AVX_VNNI",
        flags: &["-mavxvnni"],
        microsoft: Some(&["__AVXVNNI__"]),
        only: VNNI_FILES,
    },
    Feature {
        name: "AVX512",
        define: "GGML_AVX512",
        flags: &["-mavx512f", "-mavx512cd", "-mavx512vl", "-mavx512dq", "-mavx512bw"],
        microsoft: Some(&[]),
        only: &[],
    },
    Feature {
        name: "AVX512_VBMI",
        define: "GGML_AVX512_VBMI",
        flags: &["-mavx512vbmi"],
        microsoft: Some(&["__AVX512VBMI__"]),
        only: &[],
    },
    Feature {
        name: "AVX512_VNNI",
        define: "GGML_AVX512_VNNI",
        flags: &["-mavx512vnni"],
        microsoft: Some(&["__AVX512VNNI__"]),
        only: &[],
    },
    Feature {
        name: "AVX512_BF16",
        define: "GGML_AVX512_BF16",
        flags: &["-mavx512bf16"],
        microsoft: None,
        only: BF16_FILES,
    },
    Feature {
        name: "AMX",
        define: "GGML_AMX_INT8",
        flags: &["-mamx-tile", "-mamx-int8"],
        microsoft: None,
        only: AMX_FILES,
    },
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
    /// Macros that say what the flags allow, where the compiler does not define them.
    pub(crate) macros: Vec<String>,
}

/// Settings of a variant of `target` for `file` (path below `ggml/src`).
#[must_use]
pub(crate) fn settings(target: &Target, variant: &Variant, file: &str) -> Settings {
    if target.arch == "x86_64" { x86(target, variant, file) } else { arm(variant) }
}

/// Settings for a target without variants.
#[must_use]
pub(crate) fn plain(target: &Target) -> Settings {
    // Every aarch64 processor has it; Microsoft's compiler does not say so.
    let fma = target.arch == "aarch64" && target.is_msvc();
    Settings {
        macros: fma.then(|| "__ARM_FEATURE_FMA".to_owned()).into_iter().collect(),
        ..Settings::default()
    }
}

fn x86(target: &Target, variant: &Variant, file: &str) -> Settings {
    let mut out = Settings::default();
    for feature in &X86_FEATURES {
        let wanted = variant.features.contains(&feature.name);
        if wanted && (feature.only.is_empty() || feature.only.contains(&file)) {
            out.defines.push(feature.define.to_owned());
            if feature.name == "AMX" {
                out.defines.push("GGML_AMX_TILE".to_owned());
            }
            out.flags.extend(feature.flags.iter().map(|&f| f.to_owned()));
            let macros = feature.microsoft.filter(|_| target.is_msvc()).unwrap_or_default();
            out.macros.extend(macros.iter().map(|&m| m.to_owned()));
        }
    }
    out
}

/// Settings of an aarch64 variant: the first architecture version that has every feature, plus the features.
fn arm(variant: &Variant) -> Settings {
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

/// The variants of which a binary for `target` may hold one.
fn alone(target: &Target) -> Vec<&'static Variant> {
    let compiles = |variant: &&Variant| {
        let mut features = X86_FEATURES.iter().filter(|f| variant.features.contains(&f.name));
        !target.is_msvc() || features.all(|f| f.microsoft.is_some())
    };
    match target.arch.as_str() {
        "x86_64" => X86_VARIANTS.iter().filter(compiles).collect(),
        "aarch64" if target.has_arm_detection() => ARM_VARIANTS.iter().collect(),
        _ => Vec::new(),
    }
}

/// The one variant of a binary that cannot hold several, with its name: the one that the user wants, or else the best
/// one whose instructions rustc may use. On x86-64 that is the AVX2 class (2013 and later) at least.
///
/// # Errors
/// When the user wants a variant that the target does not have.
pub(crate) fn single(
    target: &Target,
    wanted: Option<&str>,
) -> Result<(String, Option<&'static Variant>), String> {
    let known = alone(target);
    let chosen = match wanted {
        Some(name) => Some(known.iter().find(|v| v.name == name).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|v| v.name).collect();
            let names = if names.is_empty() { "no names for them".to_owned() } else { names.join(", ") };
            format!("LLAMA_SYS_CPU_VARIANTS names \"{name}\"; one variant is compiled for this target, it has {names}")
        })?),
        None => known.iter().rfind(|v| v.features.iter().all(|f| allows(target, f))),
    };
    Ok(chosen.map_or_else(|| ("baseline".to_owned(), None), |v| (v.name.to_owned(), Some(*v))))
}

/// Whether rustc was told that the processor has a feature of ggml's.
fn allows(target: &Target, feature: &str) -> bool {
    const NAMES: [(&str, &[&str]); 12] = [
        ("AVX512", &["avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"]),
        ("AVX512_VBMI", &["avx512vbmi"]),
        ("AVX512_VNNI", &["avx512vnni"]),
        ("AVX512_BF16", &["avx512bf16"]),
        ("AVX_VNNI", &["avxvnni"]),
        ("AMX", &["amx-tile", "amx-int8"]),
        ("DOTPROD", &["dotprod"]),
        ("FP16_VECTOR_ARITHMETIC", &["fp16"]),
        ("SVE", &["sve"]),
        ("MATMUL_INT8", &["i8mm"]),
        ("SVE2", &["sve2"]),
        ("SME", &["sme"]),
    ];
    // What is not in the table belongs to the AVX2 class.
    NAMES.iter().find(|(name, _)| *name == feature).is_none_or(|(_, all)| all.iter().all(|f| target.has(f)))
}
