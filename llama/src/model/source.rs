//! Where a model comes from: a file, several files, bytes in memory, an open file.

use super::{Model, ModelBuilder, diagnose};
use crate::error::{Error, Result};
use crate::ffi::model::LoadSource;
use crate::ffi::stream::CStream;
use crate::ffi::text::c_string;
use crate::gguf::{Array, DEFAULT_ALIGNMENT, Gguf, GgufError, Value};
use crate::regular_file;
use std::ffi::CString;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// What a [`ModelBuilder`] loads from.
#[derive(Debug)]
pub(super) enum Source<'a> {
    /// A file, or the first of several named by llama.cpp's pattern.
    Path(PathBuf),
    /// All files of a split model, in order.
    Splits(Vec<PathBuf>),
    /// The content of a file.
    Bytes(&'a [u8]),
    /// An open file, and the position from which on it is read.
    File(&'a File, io::Result<u64>),
}

/// A source that C can read.
#[derive(Debug)]
pub(super) struct Opened<'a> {
    pub(super) load: LoadSource<'a>,
    /// The metadata without its vocabulary, and the tensors of all parts.
    pub(super) header: Gguf,
    /// Must stay until the model is loaded.
    _temporary: Option<Temporary>,
}

impl<'a> Opened<'a> {
    fn new(load: LoadSource<'a>, header: Gguf) -> Self {
        Self { load, header, _temporary: None }
    }
}

/// A file from an offset on, as if it were all.
struct Tail<'a> {
    file: &'a File,
    start: u64,
}

impl Read for Tail<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.file.read(buf)
    }
}

impl Seek for Tail<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(offset) => SeekFrom::Start(self.start.saturating_add(offset)),
            other => other,
        };
        let position = self.file.seek(to)?;
        position.checked_sub(self.start).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}

/// A file that is deleted when it has served.
#[derive(Debug)]
pub(super) struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // A file that cannot be deleted is only litter.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Source<'_> {
    /// The path in error messages.
    pub(super) fn label(&self) -> &Path {
        match self {
            Self::Path(path) => path,
            Self::Splits(paths) => paths.first().map_or(Path::new("(no files)"), PathBuf::as_path),
            Self::Bytes(_) => Path::new("(bytes in memory)"),
            Self::File(..) => Path::new("(open file)"),
        }
    }

    /// Checks the source and gets it ready for C.
    pub(super) fn open(&self, raw: &mut llama_sys::llama_model_params) -> Result<Opened<'_>> {
        match self {
            Self::Path(path) => {
                diagnose::check_path(path)?;
                let header = read_header(path).map_err(|_| self.explain(""))?;
                for part in other_parts(path, &header).iter().filter(|part| part.exists()) {
                    diagnose::check_path(part)?;
                }
                mapping_mode(raw, header.alignment()).map_err(|detail| self.refuse(detail))?;
                direct_mode(raw, std::iter::once(path).chain(&other_parts(path, &header)));
                Ok(Opened::new(LoadSource::Path(path_string(path)?), header))
            }
            Self::Splits(paths) => {
                let header = check_splits(paths)?;
                mapping_mode(raw, header.alignment()).map_err(|detail| self.refuse(detail))?;
                direct_mode(raw, paths);
                let paths = paths.iter().map(|path| path_string(path)).collect::<Result<_>>()?;
                Ok(Opened::new(LoadSource::Splits(paths), header))
            }
            Self::Bytes(bytes) => {
                if bytes.is_empty() {
                    return Err(self.refuse("there are no bytes"));
                }
                read_only_mode(raw)?;
                let header = Gguf::read_brief(&mut Cursor::new(bytes)).map_err(|_| self.explain(""))?;
                open_bytes(bytes, header).map_err(|error| self.refuse(&error.to_string()))
            }
            Self::File(file, start) => {
                let mut file: &File = file;
                let start = *start.as_ref().map_err(|error| self.refuse(&error.to_string()))?;
                file.seek(SeekFrom::Start(start)).map_err(|error| self.refuse(&error.to_string()))?;
                if start != 0 {
                    inner_mode(raw);
                }
                let header = Gguf::read_brief(&mut BufReader::new(Tail { file, start }))
                    .map_err(|error| self.refuse(&error.to_string()))?;
                mapping_mode(raw, header.alignment()).map_err(|detail| self.refuse(detail))?;
                file.seek(SeekFrom::Start(start)).map_err(|error| self.refuse(&error.to_string()))?;
                let stream = CStream::of_file(file).map_err(|error| self.refuse(&error.to_string()))?;
                Ok(Opened::new(LoadSource::Stream(stream), header))
            }
        }
    }

    /// The texts of the tokens; the source is left as it was opened.
    pub(super) fn tokens(&self) -> Result<Vec<String>> {
        let read = match self {
            Self::Path(path) => Gguf::open(path),
            Self::Splits(paths) => Gguf::open(paths.first().map_or(Path::new(""), PathBuf::as_path)),
            Self::Bytes(bytes) => Gguf::read(&mut Cursor::new(bytes)),
            Self::File(file, start) => {
                let mut file: &File = file;
                let start = *start.as_ref().map_err(|error| self.refuse(&error.to_string()))?;
                let read = Gguf::read(&mut BufReader::new(Tail { file, start }));
                file.seek(SeekFrom::Start(start)).map_err(|error| self.refuse(&error.to_string()))?;
                read
            }
        };
        match read.map_err(|error| self.refuse(&error.to_string()))?.get("tokenizer.ggml.tokens") {
            Some(Value::Array(Array::String(list))) => Ok(list.clone()),
            _ => Ok(Vec::new()),
        }
    }

    pub(super) fn refuse(&self, detail: &str) -> Error {
        Error::LoadModel { path: self.label().to_owned(), detail: detail.to_owned() }
    }

    /// The error for a source that llama.cpp refused; `log` holds its words.
    #[cold]
    pub(super) fn explain(&self, log: &str) -> Error {
        match self {
            Self::Path(path) => diagnose::explain(path, log),
            Self::Splits(paths) if paths.len() == 1 => diagnose::explain(&paths[0], log),
            Self::Bytes(bytes) => diagnose::explain_bytes(self.label(), bytes, log),
            Self::Splits(_) | Self::File(..) => diagnose::explain_log(self.label(), log),
        }
    }
}

/// A model inside another file is rarely aligned as mapping wants it. llama.cpp checks that for the modes that map
/// all of a file, but maps lazy tensors in every mode.
fn inner_mode(raw: &mut llama_sys::llama_model_params) {
    if raw.load_mode == llama_sys::LLAMA_LOAD_MODE_AUTO {
        raw.load_mode = llama_sys::LLAMA_LOAD_MODE_NONE;
    }
    if !matches!(raw.load_mode, llama_sys::LLAMA_LOAD_MODE_MMAP | llama_sys::LLAMA_LOAD_MODE_MMAP_MLOCK) {
        raw.lazy_mode = llama_sys::LLAMA_LAZY_MODE_OFF;
    }
}

/// Mapped tensors lie where the file has them: without alignment they are read instead.
fn mapping_mode(raw: &mut llama_sys::llama_model_params, alignment: u32) -> Result<(), &'static str> {
    if alignment >= DEFAULT_ALIGNMENT {
        return Ok(());
    }
    inner_mode(raw);
    match raw.load_mode {
        llama_sys::LLAMA_LOAD_MODE_MMAP | llama_sys::LLAMA_LOAD_MODE_MMAP_MLOCK => {
            Err("its tensors are not aligned to 32 bytes (general.alignment), so it cannot be mapped")
        }
        _ => Ok(()),
    }
}

/// Reads the header of a model file, and those of its other parts where it is the first of several.
pub(super) fn read_header(path: &Path) -> Result<Gguf, GgufError> {
    let open = |path: &Path| Gguf::read_brief(&mut BufReader::new(regular_file::open(path)?));
    let mut header = open(path)?;
    for part in other_parts(path, &header) {
        // A part that is missing is llama.cpp's to name.
        if let Ok(part) = open(&part) {
            header.add_part(part);
        }
    }
    Ok(header)
}

/// The other files of a model, where this is the first of several.
fn other_parts(path: &Path, header: &Gguf) -> Vec<PathBuf> {
    let count = header.get("split.count").and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok());
    let count = count.unwrap_or(1);
    let Some(prefix) = split_prefix(path, 0, count).ok().flatten() else { return Vec::new() };
    (1..count).filter_map(|index| split_path(&prefix, index, count).ok()).collect()
}

/// What is read past the page cache is read in blocks of its file system. llama.cpp has room for those of a page, and
/// computes with powers of two: other files are read as usual.
fn direct_mode<'p>(raw: &mut llama_sys::llama_model_params, files: impl IntoIterator<Item = &'p PathBuf>) {
    if raw.load_mode == llama_sys::LLAMA_LOAD_MODE_DIRECT_IO
        && files.into_iter().any(|file| !block_size(file).is_some_and(is_direct_block))
    {
        raw.load_mode = llama_sys::LLAMA_LOAD_MODE_NONE;
    }
}

fn is_direct_block(bytes: u64) -> bool {
    bytes.is_power_of_two() && bytes <= 4096
}

#[cfg(unix)]
fn block_size(file: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(file).ok().map(|metadata| metadata.blksize())
}

/// Elsewhere llama.cpp does not read in blocks.
#[cfg(not(unix))]
fn block_size(_file: &Path) -> Option<u64> {
    Some(1)
}

/// Bytes in memory can only be read: mapping and direct access need a file.
fn read_only_mode(raw: &mut llama_sys::llama_model_params) -> Result<()> {
    match raw.load_mode {
        llama_sys::LLAMA_LOAD_MODE_AUTO => raw.load_mode = llama_sys::LLAMA_LOAD_MODE_NONE,
        llama_sys::LLAMA_LOAD_MODE_NONE | llama_sys::LLAMA_LOAD_MODE_MLOCK => {}
        _ => return Err(Error::invalid("load_mode", "bytes in memory can only be read, not mapped")),
    }
    raw.lazy_mode = llama_sys::LLAMA_LAZY_MODE_OFF;
    Ok(())
}

#[cfg(unix)]
fn open_bytes(bytes: &[u8], header: Gguf) -> io::Result<Opened<'_>> {
    Ok(Opened::new(LoadSource::Stream(CStream::of_bytes(bytes)?), header))
}

/// C streams over memory do not exist everywhere; a file does.
#[cfg(not(unix))]
fn open_bytes(bytes: &[u8], header: Gguf) -> io::Result<Opened<'_>> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let unique = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("llama-{}-{unique}.gguf", std::process::id()));
    let temporary = Temporary(path);
    std::fs::write(&temporary.0, bytes)?;
    let path = path_string(&temporary.0).map_err(io::Error::other)?;
    Ok(Opened { load: LoadSource::Path(path), header, _temporary: Some(temporary) })
}

/// Checks what the files say about themselves where llama.cpp would assert or guess; returns the header of all.
fn check_splits(paths: &[PathBuf]) -> Result<Gguf> {
    let mut header: Option<Gguf> = None;
    for (index, path) in paths.iter().enumerate() {
        diagnose::check_path(path)?;
        let refuse = |detail: String| Error::LoadModel { path: path.clone(), detail };
        let read = regular_file::open(path)
            .map_err(GgufError::from)
            .and_then(|file| Gguf::read_brief(&mut BufReader::new(file)));
        let gguf = read.map_err(|error| match error {
            GgufError::NotGguf { .. } => diagnose::explain(path, ""),
            error => refuse(error.to_string()),
        })?;
        let number = |key: &str| match gguf.get(key) {
            Some(Value::U16(value)) => Ok(Some(usize::from(*value))),
            None => Ok(None),
            Some(_) => Err(refuse(format!("its {key} is not a 16-bit number"))),
        };
        let count = number("split.count")?;
        if index == 0 && count.unwrap_or(1) != paths.len() {
            let count = count.unwrap_or(1);
            return Err(refuse(format!("the model consists of {count} files, {} were given", paths.len())));
        }
        if paths.len() > 1 && number("split.no")? != Some(index) {
            return Err(refuse(format!(
                "this is not part {} of a split model; give the files in order",
                index + 1
            )));
        }
        match &mut header {
            Some(header) => header.add_part(gguf),
            None => header = Some(gguf),
        }
    }
    header.ok_or_else(|| Error::invalid("splits", "the list of files is empty"))
}

pub(crate) fn path_string(path: &Path) -> Result<CString> {
    let text = path.to_str().ok_or(Error::InvalidUtf8 { what: "path" })?;
    c_string("path", text)
}

/// The name of part `index` (from 0) of a model that is split into `count` files: `model-00001-of-00003.gguf`.
///
/// ```
/// assert_eq!(llama::split_path("dir/model", 0, 3)?.to_str(), Some("dir/model-00001-of-00003.gguf"));
/// # Ok::<(), llama::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidParameter`] unless `index < count`; [`Error::InvalidUtf8`] for such a path.
#[doc(alias = "llama_split_path")]
pub fn split_path(prefix: impl AsRef<Path>, index: u16, count: u16) -> Result<PathBuf> {
    if index >= count {
        return Err(Error::invalid("index", format!("{index} is not below the count {count}")));
    }
    let prefix = path_string(prefix.as_ref())?;
    let path = crate::ffi::model::split_path(&prefix, i32::from(index), i32::from(count))?;
    Ok(PathBuf::from(path))
}

/// What all files of a split model have in common, or `None` when `path` is not named as part `index` (from 0)
/// of `count`.
///
/// ```
/// let prefix = llama::split_prefix("dir/model-00001-of-00003.gguf", 0, 3)?;
/// assert_eq!(prefix.as_deref(), Some(std::path::Path::new("dir/model")));
/// # Ok::<(), llama::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidParameter`] unless `index < count`; [`Error::InvalidUtf8`] for such a path.
#[doc(alias = "llama_split_prefix")]
pub fn split_prefix(path: impl AsRef<Path>, index: u16, count: u16) -> Result<Option<PathBuf>> {
    if index >= count {
        return Err(Error::invalid("index", format!("{index} is not below the count {count}")));
    }
    let path = path_string(path.as_ref())?;
    let prefix = crate::ffi::model::split_prefix(&path, i32::from(index), i32::from(count))?;
    Ok(prefix.map(PathBuf::from))
}

impl Model {
    /// Starts loading a model that is split into several files with names of your own, given in order.
    ///
    /// Files that follow llama.cpp's pattern ([`split_path`]) need no list: [`Model::builder`] with the first
    /// one finds the others.
    #[doc(alias = "llama_model_load_from_splits")]
    pub fn builder_from_splits<'a, P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> ModelBuilder<'a> {
        ModelBuilder::new(Source::Splits(paths.into_iter().map(|path| path.as_ref().to_owned()).collect()))
    }

    /// Loads a model from the bytes of a GGUF file, for example from `include_bytes!` or an archive.
    ///
    /// The weights are copied, so the bytes are not needed afterwards. On Unix they are read where they are;
    /// elsewhere through a temporary file.
    ///
    /// # Errors
    /// As [`ModelBuilder::load`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::builder_from_bytes(bytes).load()
    }

    /// Starts loading a model from the bytes of a GGUF file; see [`Model::from_bytes`]. Load modes that map a
    /// file are refused.
    pub fn builder_from_bytes(bytes: &[u8]) -> ModelBuilder<'_> {
        ModelBuilder::new(Source::Bytes(bytes))
    }

    /// Loads a model from an open file; see [`Model::builder_from_file`].
    ///
    /// # Errors
    /// As [`ModelBuilder::load`].
    #[doc(alias = "llama_model_load_from_file_ptr")]
    pub fn from_file(file: &File) -> Result<Self> {
        Self::builder_from_file(file).load()
    }

    /// Starts loading a model from an open file, from its current position on: a model may lie inside another
    /// file. The file stays open and its position changes.
    ///
    /// A model inside another file is read into memory unless a load mode is chosen; mapping works when its
    /// data is aligned to 32 bytes there. Unless it is mapped, it has no
    /// [lazy tensors](ModelBuilder::lazy_tensors). Split models need their paths.
    #[doc(alias = "llama_model_load_from_file_ptr")]
    pub fn builder_from_file(mut file: &File) -> ModelBuilder<'_> {
        // Planning opens it several times.
        let start = file.stream_position();
        ModelBuilder::new(Source::File(file, start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_are_read_past_the_page_cache() {
        assert!([1, 512, 4096].into_iter().all(is_direct_block));
        assert!(![0, 1536, 8192, 131_072, 1 << 20].into_iter().any(is_direct_block));
        let mode = |file: &str| {
            let mut raw = crate::ffi::model::default_params().unwrap();
            raw.load_mode = llama_sys::LLAMA_LOAD_MODE_DIRECT_IO;
            direct_mode(&mut raw, [&PathBuf::from(file)]);
            raw.load_mode
        };
        let block = block_size(Path::new("Cargo.toml")).unwrap();
        let expected = if is_direct_block(block) {
            llama_sys::LLAMA_LOAD_MODE_DIRECT_IO
        } else {
            llama_sys::LLAMA_LOAD_MODE_NONE
        };
        assert_eq!(mode("Cargo.toml"), expected);
        assert_eq!(mode("no such file"), if cfg!(unix) { llama_sys::LLAMA_LOAD_MODE_NONE } else { expected });
    }
}
