//! Says in one line what is wrong with a model file that was refused, and what to do about it.

use crate::error::{Error, Result};
use crate::gguf::{Gguf, GgufError};
use crate::regular_file;
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

/// Checks that do not need to look into the file.
pub(crate) fn check_path(path: &Path) -> Result<()> {
    let detail = match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => {
            "this is a directory, give the path of a .gguf file inside it".to_owned()
        }
        Ok(meta) if !meta.is_file() => "this is a pipe or a device, not a regular file".to_owned(),
        Ok(meta) if meta.len() == 0 => "the file is empty, download it again".to_owned(),
        Ok(_) => match fs::File::open(path) {
            Ok(_) => return Ok(()),
            Err(error) => format!("the file cannot be opened: {error}"),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            "there is no such file, check the path".to_owned()
        }
        Err(error) => format!("the file cannot be opened: {error}"),
    };
    Err(Error::LoadModel { path: path.to_owned(), detail })
}

/// The error for a file that llama.cpp refused; `log` holds its words.
#[cold]
pub(crate) fn explain(path: &Path, log: &str) -> Error {
    let start = || regular_file::open(path).map(beginning).unwrap_or_default();
    explain_opened(path, Gguf::open(path), start, log)
}

/// The error for bytes that llama.cpp refused.
#[cold]
pub(super) fn explain_bytes(label: &Path, bytes: &[u8], log: &str) -> Error {
    explain_opened(label, Gguf::read(&mut Cursor::new(bytes)), || beginning(bytes), log)
}

/// The error for a source that cannot be looked at again.
#[cold]
pub(super) fn explain_log(label: &Path, log: &str) -> Error {
    let detail = match tidy(log) {
        log if log.is_empty() => "llama.cpp refused the file without a reason".to_owned(),
        log => one_line(&log),
    };
    Error::LoadModel { path: label.to_owned(), detail }
}

fn beginning(mut source: impl Read) -> Vec<u8> {
    let mut start = vec![0_u8; 64];
    let len = source.read(&mut start).unwrap_or(0);
    start.truncate(len);
    start
}

fn explain_opened(
    path: &Path,
    opened: Result<Gguf, GgufError>,
    start: impl Fn() -> Vec<u8>,
    log: &str,
) -> Error {
    let detail = match opened {
        Ok(gguf) => explain_content(&gguf, log),
        Err(GgufError::NotGguf { found }) => foreign(&start(), &found),
        Err(GgufError::Truncated { .. }) => {
            "the file is cut off (its end is missing), download it again".to_owned()
        }
        Err(error) if log.is_empty() => error.to_string(),
        Err(error) => format!("{error} ({})", tidy(log)),
    };
    Error::LoadModel { path: path.to_owned(), detail: one_line(&detail) }
}

fn explain_content(gguf: &Gguf, log: &str) -> String {
    let text = |key: &str| gguf.get(key).and_then(|value| value.as_str());
    let kind = text("general.type").unwrap_or_default();
    let Some(architecture) = text("general.architecture") else {
        return "the file names no architecture (general.architecture), so it is not a language model"
            .to_owned();
    };
    if kind == "adapter" {
        return "this is a LoRA adapter, not a model: load its base model and attach the adapter to it"
            .to_owned();
    }
    if kind == "mmproj" || architecture == "clip" {
        return "this is a multimodal projector (mmproj), not a model: load the language model it belongs to"
            .to_owned();
    }
    if kind == "imatrix" || architecture == "imatrix" {
        return "this is an importance matrix for quantization, not a model".to_owned();
    }
    if log.contains("unknown model architecture") {
        return format!(
            "unknown model architecture: '{architecture}' (llama.cpp {} does not know it; update this crate, or \
             choose another model)",
            llama_sys::build_info::LLAMA_CPP_VERSION
        );
    }
    if gguf.tensors().is_empty() {
        return "the file holds a vocabulary but no weights: get the whole model, or load it with \
                vocab_only(true)"
            .to_owned();
    }
    match tidy(log) {
        log if log.is_empty() => "llama.cpp refused the file without a reason".to_owned(),
        log => log,
    }
}

/// What a file is that does not start like a GGUF file.
fn foreign(start: &[u8], found: &[u8]) -> String {
    let what = if found.starts_with(b"PK") {
        "it is a ZIP archive or PyTorch checkpoint, convert it to GGUF first"
    } else if start.get(8) == Some(&b'{') {
        "it is a safetensors file, convert it to GGUF first"
    } else if [b"lmgg", b"fmgg", b"tjgg", b"algg"].iter().any(|magic| found == *magic) {
        "it is in an old ggml format, get a GGUF version of the model"
    } else if start.starts_with(b"version https://git-lfs") {
        "it is a Git LFS pointer, fetch the file itself with `git lfs pull`"
    } else if start.first() == Some(&b'<') {
        "it is a web page, perhaps a failed download"
    } else if !start.is_empty() && start.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()) {
        "it is a text file"
    } else {
        "its first bytes are not \"GGUF\""
    };
    format!("this is not a GGUF file ({what}); give the path of a .gguf model")
}

/// llama.cpp's log lines without the parts that say nothing.
fn tidy(log: &str) -> String {
    let mut parts = Vec::new();
    for part in log.split("; ") {
        let part = part.trim().trim_start_matches("error loading model: ");
        if !part.is_empty() && part != "failed to load model" && !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join("; ")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_words_are_left_out() {
        assert_eq!(tidy("error loading model: a: b; failed to load model"), "a: b");
        assert_eq!(tidy("failed to load model"), "");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = check_path(Path::new("/no/such/file.gguf")).unwrap_err();
        assert!(error.to_string().contains("no such file"), "{error}");
    }

    #[test]
    fn a_directory_is_named() {
        let error = check_path(&std::env::temp_dir()).unwrap_err();
        assert!(error.to_string().contains("directory"), "{error}");
    }
}
