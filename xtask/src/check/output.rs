//! What is worth reading of cargo's output: failures, warnings and the summaries of tests.

use crate::cargo::passed_tests;

/// What cargo says of its own progress; `Doc-tests` is the name of a crate.
const PROGRESS: &str = "Adding Blocking Building Checking Compiling Doc-tests Documenting Downloaded Downloading \
     Finished Generated Locking Running Updating";

/// Looks at one line after the other.
#[derive(Debug, Default)]
pub(super) struct Filter {
    /// Blank lines are worth something between others only.
    after_text: bool,
    /// None where there are no tests.
    passed: Option<usize>,
}

impl Filter {
    pub(super) fn is_worth_reading(&mut self, line: &str) -> bool {
        if line.is_empty() {
            return std::mem::take(&mut self.after_text);
        }
        if let Some(passed) = passed_tests(line) {
            self.passed = Some(self.passed.unwrap_or(0) + passed);
            self.after_text = false;
            return true;
        }
        let first = line.split_whitespace().next().unwrap_or_default();
        let progress = line.starts_with(' ') && PROGRESS.split(' ').any(|word| word == first);
        let test = line.starts_with("test ") && (line.ends_with(" ok") || line.contains(" ... ignored"));
        let count = line.starts_with("running ") && (line.ends_with(" tests") || line.ends_with(" test"));
        self.after_text = !(progress || test || count || line.starts_with("all doctests ran in "));
        self.after_text
    }

    /// How many tests passed, where there were tests.
    pub(super) fn remark(&self) -> String {
        self.passed.map(|count| format!("{count} tests passed")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_and_summaries_are_read_and_nothing_else() {
        let output = "   Compiling xtask v0.1.0\n    Finished `test` profile\n     Running unittests\n\n\
            running 3 tests\ntest a ... ok\ntest b - should panic ... ok\ntest c ... FAILED\n\n\
            failures:\n\n---- c stdout ----\nleft: 1\n\ntest result: FAILED. 2 passed; 1 failed\n\n\
            \x20  Doc-tests core\n\nrunning 1 test\ntest d ... ignored, slow\n\n\
            test result: ok. 10 passed; 0 failed\n\nall doctests ran in 0.34s\nwarning: unused\n";
        let mut filter = Filter::default();
        let read: Vec<_> = output.lines().filter(|line| filter.is_worth_reading(line)).collect();
        let expected = "test c ... FAILED\n\nfailures:\n\n---- c stdout ----\nleft: 1\n\n\
            test result: FAILED. 2 passed; 1 failed\ntest result: ok. 10 passed; 0 failed\nwarning: unused";
        assert_eq!(read.join("\n"), expected);
        assert_eq!(filter.remark(), "12 tests passed");
    }
}
