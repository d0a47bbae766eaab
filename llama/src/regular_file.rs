//! Files that are opened to be read.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;

/// Opens a regular file. A pipe would be waited for until somebody writes to it, and a device may have no end.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    check(&fs::metadata(path)?)?;
    File::open(path)
}

fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = if metadata.is_dir() { "this is a directory" } else { "this is a pipe or a device" };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{what}, not a regular file")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_are_opened() {
        assert!(open(Path::new("Cargo.toml")).is_ok());
        assert!(open(&std::env::temp_dir()).unwrap_err().to_string().contains("directory"));
        assert_eq!(open(Path::new("/no/such")).unwrap_err().kind(), io::ErrorKind::NotFound);
        #[cfg(unix)]
        assert!(open(Path::new("/dev/zero")).unwrap_err().to_string().contains("device"));
    }
}
