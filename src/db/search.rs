//! What a search finds: the text itself, ignoring case, and its Chinese by sound, so that `jahy` and `jianganhuayuan` find 江岸花園.

use pinyin::ToPinyin;

/// The searchable form of a text: in lower case, then the initials of its Chinese characters and their whole pinyin, each run on.
pub fn searchable(text: &str) -> String {
    let plain = text.to_lowercase();
    let sounds: Vec<&str> = plain.chars().filter_map(|c| c.to_pinyin()).map(|sound| sound.plain()).collect();
    if sounds.is_empty() {
        return plain;
    }
    let initials: String = sounds.iter().filter_map(|sound| sound.chars().next()).collect();
    format!("{plain} {initials} {}", sounds.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_found_by_its_characters_and_by_its_sound() {
        let text = searchable("江岸花園 T3");
        for wanted in ["江", "花園", "t3", "jahy", "jianganhuayuan"] {
            assert!(text.contains(wanted), "{wanted} in {text}");
        }
        assert_eq!(searchable("Riverside"), "riverside");
    }
}
