//! The exit codes that scripts rely on. The help and docs/reference.md list the same.

pub(crate) const OTHER: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const NOT_PERMITTED: u8 = 3;
pub(crate) const NOT_FOUND: u8 = 4;
pub(crate) const SERVICE: u8 = 5;
pub(crate) const ROWS_FAILED: u8 = 6;
pub(crate) const OUTPUT: u8 = 7;
pub(crate) const HUNG_UP: u8 = 129;
pub(crate) const INTERRUPTED: u8 = 130;
pub(crate) const TERMINATED: u8 = 143;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::exit_codes;

    #[test]
    fn the_help_and_the_reference_list_every_exit_code() {
        let reference = include_str!("../../../docs/reference.md");
        for code in [
            0,
            OTHER,
            USAGE,
            NOT_PERMITTED,
            NOT_FOUND,
            SERVICE,
            ROWS_FAILED,
            OUTPUT,
            HUNG_UP,
            INTERRUPTED,
            TERMINATED,
        ] {
            let (_, meaning) = exit_codes().find(|(listed, _)| *listed == i32::from(code)).unwrap();
            let row = format!("| {code} | {meaning}");
            assert!(reference.contains(&row), "docs/reference.md lacks {row:?}");
        }
        assert_eq!(exit_codes().count(), 11);
    }
}
