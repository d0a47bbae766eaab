//! A look at a plugin before the system's loader takes it.
//!
//! The loader maps what the file promises: where the file is shorter than that, the process dies of the first access.
//! And it runs code of the file at once, so whether that is a plugin of ours is known before.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

/// Bytes of the head of a file for 64-bit processors, of an entry of its table of segments, and of the head of a note.
const HEAD: usize = 64;
const ENTRY: usize = 56;
const NOTE_HEAD: usize = 12;

/// Kind of file: a shared library.
const SHARED: u16 = 3;

/// Kinds of segments: a piece of the file that becomes memory, and notes.
const LOAD: u32 = 1;
const NOTE: u32 = 4;

/// Whose note it is, see `shim/plugin.cpp`.
const OWNER: &[u8] = b"llama-sys\0";

/// More notes than any linker writes, in bytes.
const MAX_NOTES: u64 = 1 << 16;

#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = 62;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = 183;

/// Reads the stamp of the plugin `file`, which has `len` bytes and must be complete.
///
/// # Errors
/// What is wrong with it.
pub(super) fn stamp(file: &mut (impl Read + Seek), len: u64) -> Result<String, String> {
    if len < HEAD as u64 {
        return Err(format!("it is no shared library: it has {len} bytes"));
    }
    let head = read(file, 0, HEAD)?;
    // The magic number, 64 bits, the lowest byte first.
    if head[..6] != *b"\x7fELF\x02\x01" || u16_at(&head, 16) != SHARED {
        return Err("it is no shared library".to_owned());
    }
    if u16_at(&head, 18) != MACHINE {
        return Err("it is a shared library for another processor".to_owned());
    }
    let (start, size, count) = (u64_at(&head, 32), u16_at(&head, 54), u16_at(&head, 56));
    if usize::from(size) != ENTRY {
        return Err("it is a damaged shared library".to_owned());
    }
    let size = ENTRY * usize::from(count);
    let complete = |end: u64| match end {
        end if end > len => Err(format!("it is cut off: it has {len} bytes of at least {end}")),
        _ => Ok(()),
    };
    complete(start.saturating_add(size as u64))?;
    let table = read(file, start, size)?;
    let segments = |kind: u32| {
        let entries = table.chunks_exact(ENTRY).filter(move |entry| u32_at(entry, 0) == kind);
        entries.map(|entry| u64_at(entry, 8)..u64_at(entry, 8).saturating_add(u64_at(entry, 32)))
    };
    segments(LOAD).chain(segments(NOTE)).try_for_each(|segment| complete(segment.end))?;
    for Range { start, end } in segments(NOTE).filter(|notes| notes.end - notes.start <= MAX_NOTES) {
        let notes = read(file, start, usize::try_from(end - start).unwrap_or(0))?;
        if let Some(stamp) = own_note(&notes) {
            return Ok(stamp);
        }
    }
    Err("it is a shared library, but no plugin of this library".to_owned())
}

/// The text of the note of [`OWNER`], among others.
fn own_note(mut notes: &[u8]) -> Option<String> {
    while notes.len() >= NOTE_HEAD {
        let (head, rest) = notes.split_at(NOTE_HEAD);
        let (owner, text) = (u32_at(head, 0) as usize, u32_at(head, 4) as usize);
        let rest_of_owner = rest.get(owner.next_multiple_of(4)..)?;
        if rest[..owner] == *OWNER {
            let text = rest_of_owner.get(..text)?.strip_suffix(b"\0")?;
            return String::from_utf8(text.to_vec()).ok();
        }
        notes = rest_of_owner.get(text.next_multiple_of(4)..)?;
    }
    None
}

fn read(file: &mut (impl Read + Seek), at: u64, size: usize) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; size];
    let done = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes));
    done.map(|()| bytes).map_err(|e| e.to_string())
}

fn bytes<const N: usize>(from: &[u8], at: usize) -> [u8; N] {
    std::array::from_fn(|i| from[at + i])
}

fn u16_at(from: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes(from, at))
}

fn u32_at(from: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes(from, at))
}

fn u64_at(from: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes(from, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    const NOTES: usize = HEAD + 2 * ENTRY;

    /// A head, an entry that loads the first `size` bytes of the file, one for notes, and a foreign note before ours.
    fn library(size: u64) -> Vec<u8> {
        let mut file = vec![0; NOTES];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        file[16..18].copy_from_slice(&SHARED.to_le_bytes());
        file[18..20].copy_from_slice(&MACHINE.to_le_bytes());
        file[32..40].copy_from_slice(&(HEAD as u64).to_le_bytes());
        file[54..56].copy_from_slice(&56_u16.to_le_bytes());
        file[56..58].copy_from_slice(&2_u16.to_le_bytes());
        for (owner, text) in [(&b"GNU\0"[..], &b"12345"[..]), (OWNER, b"this build\0")] {
            for size in [owner.len(), text.len(), 1] {
                file.extend(u32::try_from(size).expect("small").to_le_bytes());
            }
            for part in [owner, text] {
                file.extend(part);
                file.resize(file.len().next_multiple_of(4), 0);
            }
        }
        let notes = (file.len() - NOTES) as u64;
        for (at, kind, start, size) in [(HEAD, LOAD, 0, size), (HEAD + ENTRY, NOTE, NOTES as u64, notes)] {
            file[at..at + 4].copy_from_slice(&kind.to_le_bytes());
            file[at + 8..at + 16].copy_from_slice(&start.to_le_bytes());
            file[at + 32..at + 40].copy_from_slice(&size.to_le_bytes());
        }
        file
    }

    fn stamp_of(file: Vec<u8>) -> Result<String, String> {
        let len = file.len() as u64;
        stamp(&mut Cursor::new(file), len)
    }

    #[track_caller]
    fn refused(file: Vec<u8>, expected: &str) {
        let why = stamp_of(file).expect_err("refused");
        assert!(why.contains(expected), "{why}");
    }

    #[test]
    fn the_stamp_is_found_behind_other_notes() {
        assert_eq!(stamp_of(library(120)).as_deref(), Ok("this build"));
    }

    #[test]
    fn what_is_wrong_is_explained() {
        let whole = library(120);
        let len = whole.len();
        refused(Vec::new(), "it has 0 bytes");
        refused(vec![b'x'; 4096], "no shared library");
        refused(library(len as u64 + 1), &format!("it has {len} bytes of at least {}", len + 1));
        refused(library(u64::MAX), "at least 18446744073709551615");
        refused(whole[..100].to_vec(), "it has 100 bytes of at least 176");
        refused(whole[..len - 1].to_vec(), "cut off");
        let with = |at: usize, value: u8| {
            let mut file = whole.clone();
            file[at] = value;
            file
        };
        refused(with(18, 3), "another processor");
        refused(with(16, 2), "no shared library");
        refused(with(54, 55), "damaged");
        refused(with(56, 1), "no plugin");
    }

    #[test]
    fn any_byte_may_be_wrong() {
        for at in 0..library(120).len() {
            for value in [0, 1, 5, 0x7f, 0x80, 0xff] {
                let mut file = library(120);
                file[at] = value;
                // Refused or not, it is looked at without a panic.
                let _ = stamp_of(file);
            }
        }
    }
}
