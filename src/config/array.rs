//! Changing an array of a config file in place: its layout and its comments stay.

use toml_edit::{Array, Value};

/// An element with the text around it.
struct Element {
    /// Line break, comment lines and indentation before it.
    lead: String,
    value: Value,
    /// The rest of its line, after the comma.
    rest: String,
}

/// Makes `array` contain `wanted`. An element that stays keeps the comments above and beside it;
/// those of one that goes stay where they were.
pub(super) fn change(array: &mut Array, wanted: &Array) {
    if !array.to_string().contains('\n') {
        let values: Vec<Value> = wanted.iter().map(plain).collect();
        array.clear();
        array.set_trailing("");
        array.set_trailing_comma(false);
        values.into_iter().for_each(|value| array.push(value));
        return;
    }
    let (head, old, mut end) = taken_apart(array);
    let indent = old.iter().find_map(|element| indent(&element.lead));
    let indent = indent.unwrap_or_else(|| "\n    ".to_owned());
    let mut new: Vec<Option<Element>> = wanted.iter().map(|_| None).collect();
    let mut orphans = String::new();
    for mut element in old {
        let place = (0..new.len()).find(|at| {
            let is_same = wanted
                .get(*at)
                .is_some_and(|value| same(value, &element.value));
            is_same && new[*at].is_none()
        });
        match place {
            Some(place) => {
                element.lead.insert_str(0, &std::mem::take(&mut orphans));
                new[place] = Some(element);
            }
            None => {
                let around = format!("{}\n{}", element.lead, element.rest);
                let comments = around
                    .lines()
                    .map(str::trim)
                    .filter(|line| !line.is_empty());
                comments.for_each(|comment| orphans.push_str(&format!("{indent}{comment}")));
            }
        }
    }
    end.insert_str(0, &orphans);
    array.clear();
    let mut before = head;
    for (element, wanted) in new.into_iter().zip(wanted) {
        let element = element.unwrap_or_else(|| Element {
            lead: indent.clone(),
            value: plain(wanted),
            rest: String::new(),
        });
        let (mut value, mut lead) = (element.value, element.lead);
        if lead.is_empty() && !array.is_empty() {
            lead.clone_from(&indent);
        }
        value
            .decor_mut()
            .set_prefix(joined(&before, &lead, &indent));
        array.push_formatted(value);
        before = element.rest;
    }
    array.set_trailing(joined(&before, &end, "\n"));
}

/// The rest of the line of the opening bracket, the elements, and what stands before the closing one.
fn taken_apart(array: &Array) -> (String, Vec<Element>, String) {
    let mut head = String::new();
    let mut elements: Vec<Element> = Vec::new();
    for value in array {
        let mut value = value.clone();
        let decor = value.decor_mut();
        let text = |raw: Option<&toml_edit::RawString>| {
            raw.and_then(|raw| raw.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        let (prefix, suffix) = (text(decor.prefix()), text(decor.suffix()));
        // without a comma after the last one, what follows it is its own
        let is_last = elements.len() + 1 == array.len();
        decor.set_suffix(if is_last { "" } else { suffix.as_str() });
        let (line, lead) = first_line(&prefix);
        match elements.last_mut() {
            Some(last) => last.rest.push_str(line),
            None => head.push_str(line),
        }
        let lead = lead.to_owned();
        let rest = if is_last { suffix } else { String::new() };
        elements.push(Element { lead, value, rest });
    }
    let trailing = array.trailing().as_str().unwrap_or_default();
    let Some(last) = elements.last_mut() else {
        return (head, elements, trailing.to_owned());
    };
    let whole = format!("{}{trailing}", last.rest);
    let (rest, end) = first_line(&whole);
    last.rest = rest.to_owned();
    (head, elements, end.to_owned())
}

/// The rest of a line and what follows, beginning with the line break. Text without a line break
/// belongs to what follows.
fn first_line(text: &str) -> (&str, &str) {
    text.split_at(text.find('\n').unwrap_or(0))
}

/// The text between two elements; a comment is ended by a line break.
fn joined(rest: &str, lead: &str, line_break: &str) -> String {
    let line_break = match rest.contains('#') && !lead.starts_with('\n') {
        true => line_break,
        false => "",
    };
    format!("{rest}{line_break}{lead}")
}

/// The last line break of `lead` and the indentation after it.
fn indent(lead: &str) -> Option<String> {
    let last = &lead[lead.rfind('\n')?..];
    last.trim().is_empty().then(|| last.to_owned())
}

/// The value without the text around it.
fn plain(value: &Value) -> Value {
    let mut value = value.clone();
    value.decor_mut().clear();
    value
}

fn same(one: &Value, other: &Value) -> bool {
    match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => one == other,
        _ => plain(one).to_string() == plain(other).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml_edit::DocumentMut;

    const MINE: &str = "columns = [ # left to right\n  # first of all\n  \"name\", # who\n\n  'cpu',   # how much\n  \"memory\" # of it\n  # nothing else\n] # mine\n";

    fn changed(text: &str, wanted: &[&str]) -> String {
        let mut document: DocumentMut = text.parse().unwrap();
        let array = document["columns"].as_array_mut().unwrap();
        change(array, &wanted.iter().copied().collect());
        let after = document.to_string();
        let parsed: DocumentMut = after.parse().unwrap();
        let array = parsed["columns"].as_array().unwrap();
        let words: Vec<&str> = array.iter().filter_map(Value::as_str).collect();
        assert_eq!(words, wanted, "{after}");
        after
    }

    #[test]
    fn what_stays_keeps_its_comments_and_layout() {
        assert_eq!(changed(MINE, &["name", "cpu", "memory"]), MINE);
        assert_eq!(
            changed(MINE, &["name", "pids", "cpu", "memory"]),
            MINE.replace("# who\n", "# who\n  \"pids\",\n"),
            "one more"
        );
        assert_eq!(
            changed(MINE, &["name", "memory", "cpu"]),
            "columns = [ # left to right\n  # first of all\n  \"name\", # who\n  \"memory\", # of it\n\n  'cpu'   # how much\n  # nothing else\n] # mine\n",
            "another order"
        );
        assert_eq!(
            changed(MINE, &["cpu", "name"]),
            "columns = [ # left to right\n\n  'cpu',   # how much\n  # first of all\n  \"name\" # who\n  # of it\n  # nothing else\n] # mine\n",
            "the first one, too"
        );
        assert_eq!(
            changed("columns = ['name', \"cpu\"] # mine\n", &["cpu", "name"]),
            "columns = [\"cpu\", \"name\"] # mine\n"
        );
    }

    #[test]
    fn the_comments_of_what_goes_stay() {
        assert_eq!(
            changed(MINE, &["name", "memory"]),
            "columns = [ # left to right\n  # first of all\n  \"name\", # who\n  # how much\n  \"memory\" # of it\n  # nothing else\n] # mine\n"
        );
        let none = changed(MINE, &[]);
        for comment in [
            "left to right",
            "first of all",
            "who",
            "how much",
            "of it",
            "nothing",
        ] {
            assert!(none.contains(&format!("# {comment}")), "{comment}: {none}");
        }
        let other = changed(MINE, &["pids"]);
        assert!(
            other.contains("# who") && other.contains("# mine"),
            "{other}"
        );
    }
}
