//! Dumps of all shapes, from file to report.
