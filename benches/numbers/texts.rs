//! Comments as people write them, made by dice that always fall the same.

/// How many comments make up a corpus: enough that no processor learns them by heart.
const COMMENTS: usize = 2_000;

/// Comments of 650 bytes or so in which nobody calls timmy, but much looks like it: mentions in
/// mid-sentence, other bots' commands, paths, addresses.
pub fn without_trigger() -> Vec<String> {
    let mut dice = Dice(1);
    (0..COMMENTS).map(|_| comment(&mut dice, 650, &[])).collect()
}

/// Comments of 340 bytes or so, each with one to three commands, among prose, quotes, code and
/// lists.
pub fn with_commands() -> Vec<String> {
    let mut dice = Dice(2);
    (0..COMMENTS)
        .map(|_| {
            let count = *dice.pick(&[1, 1, 1, 2, 2, 3]);
            let commands: Vec<_> = (0..count).map(|_| *dice.pick(&COMMANDS)).collect();
            comment(&mut dice, 340, &commands)
        })
        .collect()
}

/// A comment of about `length` bytes that holds `commands`, each in a paragraph of its own, at
/// the end of one, or, rarely, in a list.
fn comment(dice: &mut Dice, length: usize, commands: &[&str]) -> String {
    let told: usize = commands.iter().map(|command| command.len() + 2).sum();
    let mut blocks = Vec::new();
    let mut written = told;
    while written + 20 < length {
        let mut block = block(dice);
        if written + block.len() > length + 40 {
            block = (*dice.pick(&SENTENCES)).to_owned();
        }
        written += block.len() + 2;
        blocks.push(block);
    }
    for command in commands {
        let at = dice.below(blocks.len() + 1);
        match dice.below(10) {
            0 => blocks.insert(at, format!("- {command}")),
            1..4 if at > 0 && is_prose(&blocks[at - 1]) => {
                blocks[at - 1].push('\n');
                blocks[at - 1].push_str(command);
            }
            _ => blocks.insert(at, (*command).to_owned()),
        }
    }
    blocks.join("\n\n")
}

fn is_prose(block: &str) -> bool {
    block.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
}

fn block(dice: &mut Dice) -> String {
    match dice.below(20) {
        0 | 1 => format!("> {}", dice.pick(&SENTENCES)),
        2 => format!("```\n{}\n```", dice.pick(&LOGS)),
        3 => format!("- {}\n- {}", dice.pick(&SENTENCES), dice.pick(&SENTENCES)),
        4 => (*dice.pick(&MARKED)).to_owned(),
        5..9 => format!("{}\n{}", dice.pick(&SENTENCES), dice.pick(&SENTENCES)),
        _ => format!("{} {}", dice.pick(&SENTENCES), dice.pick(&SENTENCES)),
    }
}

/// The additive generator SplitMix64 (Steele, Lea, Flood 2014).
pub struct Dice(u64);

impl Dice {
    /// Dice that fall differently for each `seed`.
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to below `sides`.
    pub fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const SENTENCES: [&str; 16] = [
    "Thanks for looking into this so quickly.",
    "I can reproduce it on the main branch with a fresh checkout.",
    "The door squeaks only when it is cold outside, which made this hard to find.",
    "@anna, could you have a look at the second commit before we merge?",
    "Please don't @timmy approve yet, I want to run the tests on a Mac first.",
    "See https://example.org/docs/hinges/oil?page=2 for what the vendor says about it.",
    "It fails in src/engine/lanes.rs and and/or in tests/lanes.rs, I am not sure which.",
    "Ganz ehrlich: die Tür klemmt weiterhin, für mich ist das nicht gelöst.",
    "We talked about this yesterday and agreed to keep the old behaviour until March.",
    "That is a good point; I had not thought of users behind a proxy.",
    "After the upgrade to 1.25.4 it went away for a week, then it came back.",
    "Same here.",
    "I would rather split this into two issues, since only the first part is urgent.",
    "The cache is warm, so the second run should take less than ten seconds.",
    "Could somebody with access check the logs of last night?",
    "This blocks the release, so let us find somebody who has time today.",
];

const MARKED: [&str; 6] = [
    "I think **this is the cause**: `lane.next()` is called twice.",
    "`cargo test --all` passes here, `cargo test --test lanes` does not.",
    "The *old* behaviour was better, see [the manual](https://example.org/manual).",
    "Set `max_body` to 1 MB & restart; then the error is gone.",
    "It prints `a < b` where I expect `b < a`.",
    "### What I tried\nOil, grease, and a new hinge.",
];

const LOGS: [&str; 3] = [
    "$ cargo test\nerror: could not find `hinge` in /home/anna/door/src/lib.rs:12",
    "/timmy assign ezra\n# this is only an example",
    "2026-11-23T12:00:00Z WARN put off: HTTP 502 from https://forge.example.org/api/v1/user",
];

const COMMANDS: [&str; 16] = [
    "/timmy assign ezra",
    "/timmy assign auto role=coder budget=5usd",
    "@timmy status",
    "/timmy status foundation/door#12",
    "/timmy priority p1 until=2026-12-01",
    "@timmy, priority p0",
    "/timmy hold waiting for the vendor's answer",
    "/timmy approve d7 looks good to me",
    "/timmy reject the tests are missing",
    "/timmy snooze 3d",
    "/timmy size m",
    "@timmy: why",
    "/timmy block #41",
    "/timmy ping",
    "/timmy asign ezra",
    "@timmy thanks!",
];
