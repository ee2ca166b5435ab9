//! [`LogLimits`]: how large a container's log grows, and how fast.

use serde::{Deserialize, Serialize};

use super::fields::number;
use super::{Preset, SpecError, format_bytes, parse_bytes};

/// The minimum size of one log file, in bytes.
const MIN_SIZE: u64 = 4096;
/// The minimum log rate, in bytes a second.
const MIN_RATE: u64 = 1024;

/// When a log is rotated, and how many files are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLimits {
    /// Rotate when the current file would grow beyond this, in bytes.
    pub size: u64,
    /// Number of files kept: `log`, `log.1`, …
    pub files: u32,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self {
            size: 10 << 20,
            files: 3,
        }
    }
}

impl LogLimits {
    /// The log limits of `request`; `None` when it has neither size nor files.
    pub(super) fn resolve(request: &Preset) -> Result<Option<Self>, SpecError> {
        let size = request
            .log_size
            .as_deref()
            .map(|text| parse_bytes("log-size", text))
            .transpose()?;
        if size.is_some_and(|size| size < MIN_SIZE) {
            return Err(SpecError::new(
                "log-size",
                format!(
                    "a log file of less than {} is mostly rotation; give it more",
                    format_bytes(MIN_SIZE)
                ),
            ));
        }
        let files = number("log-files", &request.log_files, 1..=100)?;
        if size.is_none() && files.is_none() {
            return Ok(None);
        }
        let default = Self::default();
        Ok(Some(Self {
            size: size.unwrap_or(default.size),
            files: files.map_or(default.files, |count| count as u32),
        }))
    }
}

/// The log rate of `request`, in bytes a second.
pub(super) fn log_rate(request: &Preset) -> Result<Option<u64>, SpecError> {
    let Some(text) = request.log_rate.as_deref() else {
        return Ok(None);
    };
    let rate = parse_bytes("log-rate", text.strip_suffix("/s").unwrap_or(text))?;
    if rate < MIN_RATE {
        let least = format_bytes(MIN_RATE);
        return Err(SpecError::new(
            "log-rate",
            format!("a log that may grow by less than {least} a second says nothing; give it more"),
        ));
    }
    Ok(Some(rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(size: Option<&str>, files: Option<&str>) -> Result<Option<LogLimits>, SpecError> {
        LogLimits::resolve(&Preset {
            log_size: size.map(str::to_owned),
            log_files: files.map(str::to_owned),
            ..Preset::default()
        })
    }

    #[test]
    fn a_missing_one_has_its_default() {
        let (size, files) = (10 << 20, 3);
        assert_eq!(asked(None, None), Ok(None));
        assert_eq!(
            asked(Some("1M"), None),
            Ok(Some(LogLimits {
                size: 1 << 20,
                files
            }))
        );
        assert_eq!(
            asked(None, Some("7")),
            Ok(Some(LogLimits { size, files: 7 }))
        );
        assert_eq!(asked(Some("4095b"), None).unwrap_err().field, "log-size");
        assert_eq!(asked(None, Some("0")).unwrap_err().field, "log-files");
    }

    #[test]
    fn a_record_written_as_a_pair_is_read() {
        let read = serde_json::from_str::<LogLimits>("[4096,2]").unwrap();
        assert_eq!((read.size, read.files), (4096, 2));
    }
}
