//! When a fault strikes.

use super::kinds::Fault;
use crate::fake::http::Request;

/// The requests that a fault strikes. Conditions add up.
#[derive(Debug, Clone, Default)]
pub struct When {
    method: Option<String>,
    path: Option<String>,
    occurrence: Option<usize>,
    times: Option<usize>,
}

impl When {
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests whose path ends with these whole segments: `chunks/1` is not `chunks/11`. `*` stands for any one
    /// segment.
    pub fn path(segments: impl Into<String>) -> Self {
        Self { path: Some(segments.into()), ..Self::default() }
    }

    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Only the k-th such request, counted from 1.
    pub fn occurrence(mut self, k: usize) -> Self {
        self.occurrence = Some(k);
        self
    }

    pub fn times(mut self, n: usize) -> Self {
        self.times = Some(n);
        self
    }

    fn matches(&self, request: &Request) -> bool {
        let ends_with = |segments: &String| {
            let wanted: Vec<&str> = segments.trim_matches('/').split('/').collect();
            let start = request.path.len().checked_sub(wanted.len());
            start.is_some_and(|start| wanted.iter().zip(&request.path[start..]).all(|(w, is)| *w == "*" || w == is))
        };
        self.path.as_ref().is_none_or(ends_with)
            && self.method.as_ref().is_none_or(|method| *method == request.sent.method)
    }
}

/// A fault with its condition and its history.
#[derive(Debug)]
pub(crate) struct Armed {
    fault: Fault,
    when: When,
    matched: usize,
    fired: usize,
}

impl Armed {
    pub(crate) fn new(fault: Fault, when: When) -> Self {
        Self { fault, when, matched: 0, fired: 0 }
    }

    /// Counts the request, and says whether it is struck. `taken` when an earlier rule has struck it.
    fn strikes(&mut self, request: &Request, taken: bool) -> bool {
        if !self.when.matches(request) {
            return false;
        }
        self.matched += 1;
        let struck = !taken
            && self.when.occurrence.is_none_or(|k| k == self.matched)
            && self.when.times.is_none_or(|n| self.fired < n);
        if struck {
            self.fired += 1;
        }
        struck
    }
}

/// The fault for this request: the first that strikes it.
pub(crate) fn strike(rules: &mut [Armed], request: &Request) -> Option<Fault> {
    let mut struck = None;
    for rule in rules {
        if rule.strikes(request, struck.is_some()) {
            struck = Some(rule.fault.clone());
        }
    }
    struck
}

#[test]
fn a_fault_strikes_where_and_as_often_as_its_condition_says() {
    let strikes = |rules: Vec<(Fault, When)>, targets: &[&str]| -> Vec<String> {
        let mut all: Vec<Armed> = rules.into_iter().map(|(fault, when)| Armed::new(fault, when)).collect();
        let mut name = |target| strike(&mut all, &Request::new("GET", target)).as_ref().map(Fault::name);
        targets.iter().map(|target| name(target).unwrap_or_default()).collect()
    };
    let targets = ["/a/chunks/1", "/a/chunks/1?x=2", "/a/chunks/11", "/a/chunks", "/a/chunks/1/b", "/1"];
    let html = |when| vec![(Fault::page(200), when)];
    let exact = strikes(html(When::path("chunks/1")), &targets);
    assert_eq!(exact, ["Answer", "Answer", "", "", "", ""], "whole segments at the end");
    assert_eq!(strikes(html(When::path("chunks/*")), &targets[2..4]), ["Answer", ""]);
    let second = (Fault::page(200), When::path("b").occurrence(2));
    let twice = (Fault::GzipBadCrc, When::any().times(2));
    let counted = strikes(vec![second, twice], &["/a/b"; 4]);
    assert_eq!(counted, ["GzipBadCrc", "Answer", "GzipBadCrc", ""]);
}
