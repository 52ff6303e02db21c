//! When a fault strikes.

use super::kinds::Fault;
use crate::fake::http::Request;
use crate::fake::random::Random;

/// The requests that a fault strikes. Conditions add up.
#[derive(Debug, Clone, Default)]
pub struct When {
    method: Option<String>,
    path: Option<String>,
    containing: Option<String>,
    occurrence: Option<usize>,
    times: Option<usize>,
    chance: Option<(f64, u64)>,
}

impl When {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests whose path ends with these whole segments: `chunks/1` is not `chunks/11`. `*` stands for any one
    /// segment.
    pub fn path(segments: impl Into<String>) -> Self {
        Self { path: Some(segments.into()), ..Self::default() }
    }

    /// Requests with this text anywhere in path or query.
    pub fn containing(text: impl Into<String>) -> Self {
        Self { containing: Some(text.into()), ..Self::default() }
    }

    /// Only requests with this method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Only the k-th such request, counted from 1.
    #[must_use]
    pub fn occurrence(mut self, k: usize) -> Self {
        self.occurrence = Some(k);
        self
    }

    /// At most `n` times.
    #[must_use]
    pub fn times(mut self, n: usize) -> Self {
        self.times = Some(n);
        self
    }

    /// With this probability, from a seed.
    #[must_use]
    pub fn chance(mut self, probability: f64, seed: u64) -> Self {
        self.chance = Some((probability, seed));
        self
    }

    fn matches(&self, request: &Request) -> bool {
        let ends_with = |segments: &String| {
            let wanted: Vec<&str> = segments.trim_matches('/').split('/').collect();
            let start = request.path.len().checked_sub(wanted.len());
            start.is_some_and(|start| {
                wanted.iter().zip(&request.path[start..]).all(|(w, is)| *w == "*" || w == is)
            })
        };
        self.path.as_ref().is_none_or(ends_with)
            && self.containing.as_ref().is_none_or(|text| request.sent.target.contains(text))
            && self.method.as_ref().is_none_or(|method| *method == request.sent.method)
    }
}

/// A fault with its condition and its history.
#[derive(Debug)]
struct Rule {
    fault: Fault,
    when: When,
    random: Random,
    matched: usize,
    fired: usize,
}

impl Rule {
    /// Counts the request, and says whether it is struck. `taken` when an earlier rule has decided the answer.
    fn strikes(&mut self, request: &Request, taken: bool) -> bool {
        if !self.when.matches(request) {
            return false;
        }
        self.matched += 1;
        // Drawn for every match, so that other rules do not shift the sequence.
        let drawn = self.when.chance.is_none_or(|(chance, _)| self.random.chance(chance));
        let struck = drawn
            && (!taken || self.fault.leaves_the_answer())
            && self.when.occurrence.is_none_or(|k| k == self.matched)
            && self.when.times.is_none_or(|n| self.fired < n);
        if struck {
            self.fired += 1;
        }
        struck
    }
}

/// All rules, in order of addition.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
}

impl Rules {
    pub(crate) fn add(&mut self, fault: Fault, when: When) {
        let seed = when.chance.map_or(0, |(_, seed)| seed);
        self.rules.push(Rule { fault, when, random: Random::new(seed), matched: 0, fired: 0 });
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The faults for this request: the first that decides the answer, and all that only change data or pace.
    pub(crate) fn strike(&mut self, request: &Request) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut taken = false;
        for rule in &mut self.rules {
            if rule.strikes(request, taken) {
                taken |= !rule.fault.leaves_the_answer();
                faults.push(rule.fault.clone());
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn struck(rules: &mut Rules, target: &str) -> Vec<String> {
        rules.strike(&Request::new("GET", target)).iter().map(Fault::name).collect()
    }

    #[test]
    fn a_path_matches_whole_trailing_segments() {
        let mut rules = Rules::default();
        rules.add(Fault::HtmlOk, When::path("chunks/1"));
        assert_eq!(struck(&mut rules, "/a/chunks/1"), ["HtmlOk"]);
        assert_eq!(struck(&mut rules, "/a/chunks/1?x=2"), ["HtmlOk"]);
        for other in ["/a/chunks/11", "/a/chunks", "/a/chunks/1/b", "/a/xchunks/1", "/1"] {
            assert!(struck(&mut rules, other).is_empty(), "{other}");
        }
        rules.clear();
        rules.add(Fault::HtmlOk, When::path("chunks/*"));
        assert_eq!(struck(&mut rules, "/a/chunks/11"), ["HtmlOk"]);
        assert!(struck(&mut rules, "/a/chunks").is_empty());
    }

    #[test]
    fn occurrences_and_limits_are_counted() {
        let mut rules = Rules::default();
        rules.add(Fault::HtmlOk, When::path("b").occurrence(2));
        rules.add(Fault::GzipBadCrc, When::any().times(2));
        let all: Vec<_> = (0..5).map(|_| struck(&mut rules, "/a/b")).collect();
        assert_eq!(all, [vec!["GzipBadCrc"], vec!["HtmlOk"], vec!["GzipBadCrc"], vec![], vec![]]);
    }

    #[test]
    fn data_and_pace_faults_join_the_one_that_decides_the_answer() {
        let mut rules = Rules::default();
        rules.add(Fault::Latency(Duration::ZERO), When::any());
        rules.add(Fault::HtmlOk, When::any());
        rules.add(Fault::GzipBadCrc, When::any());
        rules.add(Fault::EraseDump, When::any());
        assert_eq!(struck(&mut rules, "/"), ["Latency", "HtmlOk", "EraseDump"]);
    }

    #[test]
    fn chance_follows_its_seed() {
        let draw = |seed| {
            let mut rules = Rules::default();
            rules.add(Fault::HtmlOk, When::any().chance(0.5, seed));
            (0..64).map(|_| struck(&mut rules, "/").len()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
