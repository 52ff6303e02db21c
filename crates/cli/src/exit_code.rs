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
    use argh::ArgsInfo;

    use super::*;
    use crate::arguments::Arguments;

    #[test]
    fn the_help_and_the_reference_list_every_exit_code() {
        let reference = include_str!("../../../docs/reference.md");
        let named = [OTHER, USAGE, NOT_PERMITTED, NOT_FOUND, SERVICE, ROWS_FAILED, OUTPUT];
        let named = [0].into_iter().chain(named).chain([HUNG_UP, INTERRUPTED, TERMINATED]).map(i32::from);
        let listed = Arguments::get_args_info().error_codes;
        assert_eq!(listed.iter().map(|code| code.code).collect::<Vec<_>>(), named.collect::<Vec<_>>());
        for code in listed {
            let row = format!("| {} | {}", code.code, code.description);
            assert!(reference.contains(&row), "docs/reference.md lacks {row:?}");
        }
    }
}
