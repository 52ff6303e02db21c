//! Numbers for people.

/// `12,345,678`
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        let examples = [(0, "0"), (999, "999"), (1000, "1,000"), (23_456_789, "23,456,789")];
        for (number, text) in examples {
            assert_eq!(grouped(number), text);
        }
    }
}
