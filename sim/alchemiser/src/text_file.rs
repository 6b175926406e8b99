//! Files that people name.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The longest file that is read.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Why a file cannot be read; its name is for the caller to add.
#[derive(Debug, thiserror::Error)]
pub enum TextFileError {
    /// The operating system refuses.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is a folder.
    #[error("this is a folder; a file is needed")]
    Folder,
    /// Reading it might never end.
    #[error("this is a device, a pipe or a socket; a regular file is needed")]
    NotRegular,
    /// It is longer than what is read.
    #[error("the file is longer than the {} MiB that are read", BYTES_MAX / (1024 * 1024))]
    TooLong,
    /// A line, counted from 1, holds bytes that are not UTF-8.
    #[error("line {line} is no UTF-8 text")]
    NotUtf8 {
        /// The line.
        line: usize,
    },
}

/// The text of a regular file. What never ends (`/dev/zero`) or never begins (a pipe that nobody
/// writes to) is not read.
///
/// # Errors
/// It is not there, may not be read, is no regular file, is longer than 16 MiB, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, TextFileError> {
    let about = std::fs::metadata(path)?;
    if about.is_dir() {
        return Err(TextFileError::Folder);
    }
    if !about.is_file() {
        return Err(TextFileError::NotRegular);
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(BYTES_MAX + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(TextFileError::TooLong);
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        TextFileError::NotUtf8 { line }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &Path) -> String {
        read_text(path).expect_err("not read").to_string()
    }

    #[test]
    fn only_regular_files_of_a_sensible_length_are_read() {
        let folder =
            std::env::temp_dir().join(format!("alchemiser-text-file-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).expect("a file");
            path
        };
        assert_eq!(read_text(&write("short", b"text")).expect("read"), "text");
        assert_eq!(
            refused(&write("binary", b"a\nb\xff")),
            "line 2 is no UTF-8 text"
        );
        assert_eq!(refused(&folder), "this is a folder; a file is needed");
        assert_eq!(
            refused(Path::new("/dev/zero")),
            "this is a device, a pipe or a socket; a regular file is needed"
        );
        let long = folder.join("long");
        File::create(&long)
            .and_then(|file| file.set_len(BYTES_MAX + 1))
            .expect("a long file");
        assert_eq!(
            refused(&long),
            "the file is longer than the 16 MiB that are read"
        );
        assert!(refused(&folder.join("none")).contains("No such file"));
        std::fs::remove_dir_all(&folder).expect("the folder was ours");
    }
}
