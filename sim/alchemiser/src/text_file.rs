//! Files that people name.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The longest file that is read.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The text of a regular file. What never ends (`/dev/zero`) or never begins (a pipe that nobody
/// writes to) is not read.
///
/// # Errors
/// Why it cannot be read, without its name.
pub fn read_text(path: &Path) -> Result<String, String> {
    let about = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if about.is_dir() {
        return Err("this is a folder; a file is needed".to_owned());
    }
    if !about.is_file() {
        return Err("this is a device, a pipe or a socket; a regular file is needed".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(format!(
            "the file is longer than the {} MiB that are read",
            BYTES_MAX / (1024 * 1024)
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line} is no UTF-8 text")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &Path) -> String {
        read_text(path).expect_err("not read")
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
        assert_eq!(read_text(&write("short", b"text")).as_deref(), Ok("text"));
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
