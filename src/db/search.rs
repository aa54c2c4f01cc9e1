//! What a search finds: the text itself, ignoring case, and its Chinese by sound, so that `jahy` and `jianganhuayuan` find 江岸花園.

use pinyin::{PinyinMulti, ToPinyinMulti};

/// The most ways of reading a text that are kept beside the usual one.
const READINGS: usize = 16;

/// The searchable form of a text: in lower case, then the initials of its Chinese characters and their whole pinyin, each run on. Where a character has
/// several sounds (重慶: `cq` and `zq`) the text stands there once more for each of them, the others as usual; second sounds go before third ones, and
/// what is beyond [`READINGS`] is left out. ü is written v, as on a keyboard.
pub fn searchable(text: &str) -> String {
    let plain = text.to_lowercase();
    let sounds: Vec<Vec<String>> = plain.chars().filter_map(|c| c.to_pinyin_multi()).map(readings).collect();
    if sounds.is_empty() {
        return plain;
    }
    let usual: Vec<&str> = sounds.iter().filter_map(|of_one| of_one.first()).map(String::as_str).collect();
    let most = sounds.iter().map(Vec::len).max().unwrap_or_default();
    let others =
        (1..most).flat_map(|rank| sounds.iter().enumerate().map(move |(place, of_one)| (place, of_one.get(rank))));
    let others = others.filter_map(|(place, other)| {
        let other = other?;
        let read = usual.iter().enumerate().map(|(i, sound)| if i == place { other.as_str() } else { sound });
        Some(said(read.collect()))
    });
    let said: Vec<String> = std::iter::once(said(usual.clone())).chain(others.take(READINGS)).collect();
    format!("{plain} {}", said.join(" "))
}

/// The sounds of one character, the usual one first.
fn readings(of_one: PinyinMulti) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for sound in of_one.into_iter().map(|sound| sound.plain().replace('ü', "v")) {
        if !found.contains(&sound) {
            found.push(sound);
        }
    }
    found
}

fn said(sounds: Vec<&str>) -> String {
    let initials: String = sounds.iter().filter_map(|sound| sound.chars().next()).collect();
    format!("{initials} {}", sounds.concat())
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

    #[test]
    fn a_character_is_found_by_each_of_its_sounds() {
        for (text, wanted) in
            [("重慶", "cq"), ("重慶", "zhongqing"), ("綠地", "lvdi"), ("長江", "cj"), ("長江", "zhangjiang")]
        {
            assert!(searchable(text).contains(wanted), "{wanted} in {}", searchable(text));
        }
        assert!(searchable("上海浦東新區大華大廈區長樂重慶路").contains("cq"));
        assert!(searchable(&"重".repeat(200)).len() < 40_000);
    }
}
