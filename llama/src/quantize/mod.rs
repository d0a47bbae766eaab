//! Making model files smaller.

mod importance;
mod types;

pub use importance::Importance;

use crate::backend;
use crate::context::threads::{self, MAX_THREADS};
use crate::error::{Error, Result};
use crate::ffi;
use crate::ffi::quantize::QuantizeParams;
use crate::ffi::text::c_string;
use crate::gguf::{DEFAULT_ALIGNMENT, Gguf, TensorInfo, TensorType};
use crate::model::{
    FileType, MetadataOverride, broken_numbers, check_path, checked_replacement, explain, path_string,
    split_path,
};
use crate::part_file::PartFile;
use std::path::{Path, PathBuf};
use types::{checked_target, insists_on_importance, kind, may_give_up};

/// Writes a model file again with smaller numbers.
///
/// The output appears under its name only when it is complete.
///
/// ```no_run
/// use llama::{FileType, Quantize};
/// let done = Quantize::new("model-f16.gguf", "model-q4.gguf").file_type(FileType::Q4_K_M).run()?;
/// println!("{} -> {} bytes", done.size_before, done.size_after);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_model_quantize_params")]
#[derive(Debug, Clone)]
#[must_use = "nothing is written before `run`"]
#[allow(clippy::struct_excessive_bools, reason = "independent switches, as in the C struct")]
pub struct Quantize {
    input: PathBuf,
    output: PathBuf,
    file_type: FileType,
    threads: Option<u32>,
    output_tensor: Option<TensorType>,
    token_embedding: Option<TensorType>,
    allow_requantize: bool,
    keep_output_tensor: bool,
    only_copy: bool,
    pure: bool,
    keep_split: bool,
    max_buffer: Option<usize>,
    importance: Option<Importance>,
    overrides: Vec<(String, MetadataOverride)>,
    types: Vec<(String, TensorType)>,
    prune: Vec<u32>,
}

/// What a quantization did, or would do. Sizes are those of the tensors, in bytes.
///
/// ```
/// use llama::{FileType, Quantize};
/// let model = "../examples/model/llama-tiny-chat.gguf";
/// let plan = Quantize::new(model, "smaller.gguf").file_type(FileType::Q4_K_M).allow_requantize(true).dry_run()?;
/// println!("{} -> about {} bytes, {} tensors otherwise", plan.size_before, plan.size_after, plan.fallbacks);
/// assert!(plan.files.is_empty() && plan.size_after < plan.size_before);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quantized {
    /// The files written; empty after a dry run.
    pub files: Vec<PathBuf>,
    /// Size of the input.
    pub size_before: u64,
    /// Size of the output; after a dry run to about 10,000 bytes.
    pub size_after: u64,
    /// Tensors whose shape did not allow the type wanted, so that they got another one.
    pub fallbacks: usize,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident($arg:ident: $ty:ty) => $field:ident = $value:expr;)*) => {
        impl Quantize {
            $($(#[$doc])* pub fn $name(mut self, $arg: $ty) -> Self {
                self.$field = $value;
                self
            })*
        }
    };
}

setters! {
    /// The quantization; [`FileType::Q8_0`] unless set. [`FileType`] reads names like `Q4_K_M`.
    file_type(file_type: FileType) => file_type = file_type;
    /// Threads; all processors unless set. The types IQ1, IQ2 and IQ3 always use one: their search can give up
    /// on unusual numbers, and only on the calling thread does that become an error.
    n_threads(threads: u32) => threads = Some(threads);
    /// Type of the output matrix (for models without one: of the token embeddings).
    output_tensor_type(tensor_type: TensorType) => output_tensor = Some(tensor_type);
    /// Type of the token embeddings.
    token_embedding_type(tensor_type: TensorType) => token_embedding = Some(tensor_type);
    /// Also converts tensors that are quantized already, at a loss of quality.
    allow_requantize(allow: bool) => allow_requantize = allow;
    /// Leaves the output matrix as it is.
    keep_output_tensor(keep: bool) => keep_output_tensor = keep;
    /// Converts nothing; for changing metadata, joining split files or leaving out layers.
    only_copy(only_copy: bool) => only_copy = only_copy;
    /// Gives all tensors the same type instead of a mixture.
    pure(pure: bool) => pure = pure;
    /// Writes as many files as the input has, named by [`split_path`](crate::split_path) with the output path
    /// as prefix.
    keep_split(keep: bool) => keep_split = keep;
    /// Most bytes of one tensor that are in memory at once.
    max_buffer(bytes: usize) => max_buffer = Some(bytes);
    /// How much each column matters, measured on texts.
    importance(importance: Importance) => importance = Some(importance);
    /// Leaves out these layers.
    prune_layers(layers: &[u32]) => prune = layers.to_vec();
}

impl Quantize {
    /// Will write `input` (the first file of a split model) to `output`.
    #[doc(alias = "llama_model_quantize_default_params")]
    pub fn new(input: impl AsRef<Path>, output: impl AsRef<Path>) -> Self {
        Self {
            input: input.as_ref().to_owned(),
            output: output.as_ref().to_owned(),
            file_type: FileType::Q8_0,
            threads: None,
            output_tensor: None,
            token_embedding: None,
            allow_requantize: false,
            keep_output_tensor: false,
            only_copy: false,
            pure: false,
            keep_split: false,
            max_buffer: None,
            importance: None,
            overrides: Vec::new(),
            types: Vec::new(),
            prune: Vec::new(),
        }
    }

    /// Replaces a value of the metadata. Whole numbers must fit into 32 bits without a sign.
    pub fn metadata_override(mut self, key: &str, value: impl Into<MetadataOverride>) -> Self {
        self.overrides.push((key.to_owned(), value.into()));
        self
    }

    /// Gives tensors whose name contains a match of `pattern` (a regular expression of ECMAScript) this type;
    /// the first pattern that matches counts. Has no effect for F32, F16 and BF16 files.
    #[doc(alias = "llama_model_tensor_override")]
    pub fn tensor_type(mut self, pattern: &str, tensor_type: TensorType) -> Self {
        self.types.push((pattern.to_owned(), tensor_type));
        self
    }

    /// Writes the output.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for parameters that cannot work; [`Error::LoadModel`] when the input cannot
    /// be opened; [`Error::Quantize`] with llama.cpp's reason for everything else.
    #[doc(alias = "llama_model_quantize")]
    pub fn run(self) -> Result<Quantized> {
        self.execute(false)
    }

    /// Checks the parameters and finds out how large the output would be, without writing it. Needs no
    /// importance matrix, even where [`run`](Self::run) does.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn dry_run(self) -> Result<Quantized> {
        self.execute(true)
    }

    fn execute(self, dry: bool) -> Result<Quantized> {
        backend::init()?;
        check_path(&self.input)?;
        let input = Input::open(&self.input)?;
        let mut params = self.params(&input, dry)?;
        params.raw.dry_run = dry;
        if let Some(detail) = input.parts.first().and_then(|part| broken_numbers(part, &params.overrides)) {
            return Err(Error::Quantize { path: self.input.clone(), detail });
        }
        if let Some(empty) = input.parts.iter().flat_map(Gguf::tensors).find(|t| t.dims().contains(&0)) {
            let detail = format!("its tensor \"{}\" is empty: {:?}", empty.name(), empty.dims());
            return Err(Error::Quantize { path: self.input.clone(), detail });
        }
        let targets = self.targets(&input)?;
        if !dry {
            check_targets(&input, &targets)?;
        }
        let part = PartFile::beside(&self.output);
        let out_name = path_string(part.path())?;
        let parts: Vec<_> = if self.keep_split {
            (0..input.n_split)
                .map(|index| split_path(part.path(), index, input.n_split).map(PartFile::at))
                .collect::<Result<_>>()?
        } else {
            vec![part]
        };

        crate::log::clear_detail();
        let in_name = path_string(&self.input)?;
        let (result, lines) = crate::log::capture(|| ffi::quantize::quantize(&in_name, &out_name, &params));
        let refuse = |detail: String| Error::Quantize { path: self.input.clone(), detail };
        match result {
            Ok(true) => {}
            Ok(false) => return Err(refuse(reason())),
            Err(fault) => return Err(refuse(fault.to_string())),
        }
        let fallbacks = fallbacks(&lines);
        if dry {
            let size_after = size_in_log(&lines).unwrap_or(0);
            return Ok(Quantized { files: Vec::new(), size_before: input.size(), size_after, fallbacks });
        }
        let mut size_after = 0;
        for part in &parts {
            let written = Gguf::open(part.path()).map_err(|error| refuse(error.to_string()))?;
            size_after += size(written.tensors());
        }
        for (part, target) in parts.into_iter().zip(&targets) {
            part.publish(target)
                .map_err(|error| Error::Io { path: target.clone(), detail: error.to_string() })?;
        }
        Ok(Quantized { files: targets, size_before: input.size(), size_after, fallbacks })
    }

    /// The files that will be written.
    fn targets(&self, input: &Input) -> Result<Vec<PathBuf>> {
        if self.keep_split {
            (0..input.n_split).map(|index| split_path(&self.output, index, input.n_split)).collect()
        } else {
            Ok(vec![self.output.clone()])
        }
    }

    fn params(&self, input: &Input, dry: bool) -> Result<QuantizeParams> {
        let mut raw = ffi::quantize::default_params()?;
        let kind = kind(self.file_type)
            .ok_or_else(|| Error::invalid("file_type", format!("{} cannot be written", self.file_type)))?;
        raw.ftype = self.file_type.0;
        let targets =
            [("output_tensor_type", self.output_tensor), ("token_embedding_type", self.token_embedding)];
        if let Some(tensor_type) = self.output_tensor {
            raw.output_tensor_type = checked_target(targets[0].0, tensor_type)?;
        }
        if let Some(tensor_type) = self.token_embedding {
            raw.token_embedding_type = checked_target(targets[1].0, tensor_type)?;
        }
        if !self.only_copy {
            if kind.needs_importance && self.importance.is_none() && !dry {
                return Err(Error::invalid("importance", format!("{} needs one", self.file_type)));
            }
            self.check_shapes(input, kind.main, dry)?;
        }
        raw.allow_requantize = self.allow_requantize;
        raw.quantize_output_tensor = !self.keep_output_tensor;
        raw.only_copy = self.only_copy;
        raw.pure_ = self.pure;
        raw.keep_split = self.keep_split;
        if let Some(bytes) = self.max_buffer {
            raw.max_buf_size = bytes.max(1);
        }
        let explicit =
            targets.iter().filter_map(|target| target.1).chain(self.types.iter().map(|pair| pair.1));
        let delicate = explicit.chain([kind.main]).any(may_give_up);
        raw.nthread = self.checked_threads(delicate)?;
        Ok(QuantizeParams {
            raw,
            overrides: self.overrides.iter().map(checked_number).collect::<Result<_>>()?,
            types: self.types.iter().map(checked_pattern).collect::<Result<_>>()?,
            prune: self.checked_layers(input)?,
            importance: self
                .importance
                .iter()
                .flat_map(Importance::iter)
                .map(|(name, values)| Ok((c_string("tensor name", name)?, values.clone())))
                .collect::<Result<_>>()?,
        })
    }

    /// Checks types that are applied to a tensor whatever its shape.
    fn check_shapes(&self, input: &Input, main: TensorType, dry: bool) -> Result<()> {
        let pure = self.pure.then_some(main);
        let cases = [
            ("token_embedding_type", self.token_embedding, pure, "token_embd.weight"),
            ("token_embedding_type", self.token_embedding, pure, "per_layer_token_embd.weight"),
            ("output_tensor_type", self.output_tensor, pure, "output.weight"),
        ];
        for (setter, explicit, pure, name) in cases {
            let Some(tensor) = input.tensor(name).filter(|tensor| tensor.dims().len() > 1) else { continue };
            let columns = tensor.dims()[0];
            if let Some(wanted) = explicit
                && !columns.is_multiple_of(wanted.block_elements().unwrap_or(1))
            {
                return Err(Error::invalid(
                    setter,
                    format!("{name} has rows of {columns}, which {wanted} does not divide"),
                ));
            }
            let experts = tensor.dims().get(2).copied().unwrap_or(1);
            let known = self.importance.as_ref().and_then(|importance| importance.get(name));
            let fits = known.is_some_and(|values| values.len() as u64 == columns * experts);
            if explicit.or(pure).is_some_and(insists_on_importance) && !fits && !dry {
                return Err(Error::invalid(
                    "importance",
                    format!("this type needs {} numbers for {name}", columns * experts),
                ));
            }
        }
        Ok(())
    }

    fn checked_threads(&self, delicate: bool) -> Result<i32> {
        let wanted = self.threads.map(|threads| threads::checked("n_threads", threads)).transpose()?;
        match wanted {
            _ if delicate => Ok(1),
            Some(threads) => Ok(threads),
            None => Ok(std::thread::available_parallelism()
                .map_or(1, |count| i32::try_from(count.get().min(MAX_THREADS as usize)).unwrap_or(1))),
        }
    }

    fn checked_layers(&self, input: &Input) -> Result<Vec<i32>> {
        let mut layers = self.prune.clone();
        layers.sort_unstable();
        layers.dedup();
        if let Some(bad) = layers.iter().find(|&&layer| layer >= input.n_layer) {
            return Err(Error::invalid(
                "prune_layers",
                format!("there is no layer {bad}, only {}", input.n_layer),
            ));
        }
        if !layers.is_empty() && layers.len() >= input.n_layer as usize {
            return Err(Error::invalid("prune_layers", "no layer would be left"));
        }
        Ok(layers.into_iter().map(|layer| i32::try_from(layer).unwrap_or(i32::MAX)).collect())
    }
}

/// The files to read, as far as they are looked at here.
struct Input {
    files: Vec<PathBuf>,
    parts: Vec<Gguf>,
    n_split: u16,
    n_layer: u32,
}

impl Input {
    fn open(path: &Path) -> Result<Self> {
        let first = open(path)?;
        let refuse = |detail: &str| Error::Quantize { path: path.to_owned(), detail: detail.to_owned() };
        let number = |key: &str| first.get(key).and_then(crate::gguf::Value::as_u64);
        if number(crate::gguf::ALIGNMENT_KEY).is_some_and(|n| n != u64::from(DEFAULT_ALIGNMENT)) {
            return Err(refuse("llama.cpp can only write files with an alignment of 32 bytes"));
        }
        let n_split = number("split.count").and_then(|n| u16::try_from(n).ok()).unwrap_or(1).max(1);
        let architecture =
            first.get("general.architecture").and_then(|value| value.as_str()).unwrap_or_default();
        let n_layer = number(&format!("{architecture}.block_count"));
        let n_layer = n_layer.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let mut files = vec![path.to_owned()];
        let mut parts = vec![first];
        if n_split > 1 {
            let prefix = crate::model::split_prefix(path, 0, n_split)?
                .ok_or_else(|| refuse("the first file of a split model must be named as such"))?;
            for index in 1..n_split {
                let file = split_path(&prefix, index, n_split)?;
                check_path(&file)?;
                parts.push(open(&file)?);
                files.push(file);
            }
        }
        Ok(Self { files, parts, n_split, n_layer })
    }

    fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.parts.iter().find_map(|part| part.tensor(name))
    }

    fn size(&self) -> u64 {
        self.parts.iter().map(|part| size(part.tensors())).sum()
    }
}

fn check_targets(input: &Input, targets: &[PathBuf]) -> Result<()> {
    for target in targets {
        if target.file_name().is_none() || target.is_dir() {
            return Err(Error::invalid("output", format!("\"{}\" is no name of a file", target.display())));
        }
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_some_and(|folder| !folder.is_dir()) {
            return Err(Error::invalid("output", format!("\"{}\" is in no folder", target.display())));
        }
        let Ok(target) = target.canonicalize() else { continue };
        if input.files.iter().any(|file| file.canonicalize().is_ok_and(|file| file == target)) {
            return Err(Error::invalid("output", "it is the input"));
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<Gguf> {
    Gguf::open(path).map_err(|_| explain(path, ""))
}

fn size(tensors: &[TensorInfo]) -> u64 {
    tensors.iter().filter_map(TensorInfo::bytes).sum()
}

fn checked_pattern((pattern, tensor_type): &(String, TensorType)) -> Result<(std::ffi::CString, u32)> {
    if pattern.is_empty() {
        return Err(Error::invalid("tensor_type", "the pattern is empty"));
    }
    if pattern.len() > crate::model::PATTERN_LEN {
        return Err(Error::TooLong {
            what: "pattern of a tensor name",
            len: pattern.len(),
            max: crate::model::PATTERN_LEN,
        });
    }
    Ok((c_string("pattern of a tensor name", pattern)?, checked_target("tensor_type", *tensor_type)?))
}

fn checked_number(
    pair: &(String, MetadataOverride),
) -> Result<(std::ffi::CString, ffi::model::OverrideValue)> {
    if let MetadataOverride::Int(number) = &pair.1
        && u32::try_from(*number).is_err()
    {
        return Err(Error::invalid("metadata_override", format!("{number} does not fit into 32 bits")));
    }
    checked_replacement(pair)
}

/// llama.cpp's words, without the frames that it draws around some of them.
fn reason() -> String {
    let detail = crate::log::take_detail();
    let detail = detail.rsplit("; ").next().unwrap_or_default();
    match detail.trim_start_matches("failed to quantize: ").trim() {
        "" => "llama.cpp gave no reason".to_owned(),
        words => words.to_owned(),
    }
}

/// The size that llama.cpp logs at the end: `quant size  = 12.34 MiB (...)`.
fn size_in_log(lines: &[String]) -> Option<u64> {
    let line = lines.iter().rev().find(|line| line.contains("quant size"))?;
    let mebibytes: f64 = line.split_once('=')?.1.split_whitespace().next()?.parse().ok()?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of files")]
    Some((mebibytes * 1024.0 * 1024.0) as u64)
}

/// The number in `WARNING: 2 of 21 tensor(s) required fallback quantization`.
fn fallbacks(lines: &[String]) -> usize {
    let line = lines.iter().rev().find(|line| line.contains("required fallback quantization"));
    line.and_then(|line| line.split_once("WARNING: "))
        .and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_in_the_log() {
        let lines = [
            "f: quant size  =     2.50 MiB (4.10 BPW)",
            "f: WARNING: 2 of 21 tensor(s) required fallback quantization",
        ];
        let lines = lines.map(str::to_owned);
        assert_eq!(size_in_log(&lines), Some(2_621_440));
        assert_eq!(fallbacks(&lines), 2);
        assert_eq!(size_in_log(&[]), None);
        assert_eq!(fallbacks(&[]), 0);
    }
}
