//! What takes more than it may, or never ends.

use timmy::agents::command_agent;
use timmy::confinement::Bounds;

use super::stage::{MENDED, Stage, end, reason, result, start};
use crate::confinement::stage::{lives, long, staged};

#[tokio::test(flavor = "multi_thread")]
async fn filling_the_disk() {
    drop(staged!());
    let stage = Stage::new().await;
    let mut options =
        stage.options("fallocate -l 300M big || head -c 300M /dev/zero > big; sleep 100000");
    options.bounds = Bounds { disk: 100 << 20, ..options.bounds };
    let agent = command_agent(options);
    let handle = start(&agent, &stage.task()).await;
    let reason = reason(end(&agent, &handle).await);
    assert!(reason.contains("filled more of the disk"), "{reason}");
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn forking_ten_thousand_children() {
    drop(staged!());
    let stage = Stage::new().await;
    let long = long();
    let script = format!(
        "for n in $(seq 10000); do sleep {long} & done 2>/dev/null; echo oil > oil.md; {MENDED}"
    );
    let agent = stage.agent(&script);
    let handle = start(&agent, &stage.task()).await;
    // Whether it can go on with so many, or not: it ends, and they do.
    end(&agent, &handle).await;
    assert!(!lives(&long));
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn printing_without_end() {
    drop(staged!());
    let stage = Stage::new().await;
    let reason = reason(stage.end_of("yes '{\"say\":\"y\"}'").await);
    assert_eq!(reason, "it printed more than anybody reads");
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn printing_garbage_and_lines_without_end() {
    drop(staged!());
    let stage = Stage::new().await;
    let script = format!(
        "head -c 5M /dev/zero; echo; head -c 100K /dev/urandom; echo; echo '{{\"doing\":[]}}'; \
         echo oil > oil.md; {MENDED}"
    );
    result(&stage.end_of(&script).await);
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_a_child_that_holds_its_output_open() {
    drop(staged!());
    let stage = Stage::new().await;
    let long = long();
    let script = format!("echo oil > oil.md; {MENDED}; setsid -f sleep {long}");
    result(&stage.end_of(&script).await);
    assert!(!lives(&long));
    stage.assert_empty();
}
