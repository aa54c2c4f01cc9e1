//! What a search finds: the text itself, ignoring case, and its Chinese by sound, so that `jahy` and `jianganhuayuan` find 江岸花園.

use pinyin::{PinyinMulti, ToPinyinMulti};

/// The most ways of reading a text that are kept: of its initials, which are short, and of its whole sounds.
const READINGS: (usize, usize) = (32, 16);

/// The searchable form of a text: in lower case, then the initials of its Chinese characters and their whole pinyin, each run on. Where characters have
/// several sounds (重慶長城: `zqzc`, `cqzc`, `zqcc` and `cqcc`) the text stands there once more for each way of reading it: first those in which one
/// character is not read as usual, second sounds before third ones, then those in which two are not; what is beyond [`READINGS`] is left out. ü is written
/// v, as on a keyboard.
pub fn searchable(text: &str) -> String {
    let plain = text.to_lowercase();
    let sounds: Vec<Vec<String>> = plain.chars().filter_map(|c| c.to_pinyin_multi()).map(readings).collect();
    if sounds.is_empty() {
        return plain;
    }
    let initials: Vec<Vec<String>> =
        sounds.iter().map(|of_one| distinct(of_one.iter().map(|s| s.chars().take(1).collect()))).collect();
    let said = [ways(&initials, READINGS.0), ways(&sounds, READINGS.1)].concat();
    format!("{plain} {}", said.join(" "))
}

/// Ways of reading a text whose characters each have these sounds, the usual one first; so many at most.
fn ways(sounds: &[Vec<String>], most: usize) -> Vec<String> {
    let usual: Vec<&str> = sounds.iter().filter_map(|of_one| of_one.first()).map(String::as_str).collect();
    let ranks = sounds.iter().map(Vec::len).max().unwrap_or_default();
    let mut found = vec![usual.concat()];
    // Each with the place from which on other characters may differ too, so that none comes twice.
    let mut last = vec![(usual, 0)];
    while !last.is_empty() {
        let mut next = Vec::new();
        for (read, from) in &last {
            for rank in 1..ranks {
                for (place, of_one) in sounds.iter().enumerate().skip(*from) {
                    let Some(other) = of_one.get(rank) else { continue };
                    if found.len() >= most {
                        return found;
                    }
                    let mut read = read.clone();
                    if let Some(sound) = read.get_mut(place) {
                        *sound = other;
                    }
                    found.push(read.concat());
                    next.push((read, place + 1));
                }
            }
        }
        last = next;
    }
    found
}

/// The sounds of one character, the usual one first.
fn readings(of_one: PinyinMulti) -> Vec<String> {
    distinct(of_one.into_iter().map(|sound| sound.plain().replace('ü', "v")))
}

fn distinct(sounds: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for sound in sounds {
        if !found.contains(&sound) {
            found.push(sound);
        }
    }
    found
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
        for (text, wanted) in [
            ("重慶", "cq"),
            ("重慶", "zhongqing"),
            ("綠地", "lvdi"),
            ("長江", "cj"),
            ("長江", "zhangjiang"),
            ("重庆长城酒店", "cqcc"),
            ("重慶長江會展", "cqcj"),
            ("重庆银行", "cqyh"),
            ("长沙银行", "csyh"),
            ("重慶長城", "chongqingchangcheng"),
        ] {
            assert!(searchable(text).contains(wanted), "{wanted} in {}", searchable(text));
        }
        assert!(searchable("上海浦東新區大華大廈區長樂重慶路").contains("cq"));
        assert!(searchable(&"重".repeat(200)).len() < 40_000);
    }
}
