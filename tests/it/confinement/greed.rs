//! What tries to take more than it may, or not to end.

use timmy::confinement::{Bound, Bounds, Confinement, RunEnd};

use super::stage::{MOMENTS, a_moment, enough, lives, long, staged};

#[tokio::test(flavor = "multi_thread")]
async fn forking_without_end() {
    let stage = staged!();
    let name = long();
    let script = format!(
        "for i in $(seq 300); do (touch child-$i; exec sleep {name}) & done 2>/dev/null; \
         ls | wc -l"
    );
    let bounds = Bounds { processes: 40, ..Bounds::within(std::time::Duration::from_secs(10)) };
    let run = stage.shell(&script, bounds).await;
    let count =
        run.output.text().lines().filter_map(|line| line.trim().parse::<u32>().ok()).next_back();
    // bash tries for a while before it gives up: it may be ended before it can count.
    assert!(count.is_some_and(|count| count <= 40) || run.end == RunEnd::OverTime, "{run:?}");
    assert!(!lives(&name));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_file_that_grows() {
    let stage = staged!();
    let bounds = Bounds { file: 8 << 20, ..enough() };
    let script = "head -c 100000000 /dev/zero >large; stat -c %s large";
    let run = stage.shell(script, bounds).await;
    assert_eq!(run.output.text().lines().last(), Some("8388608"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_without_end_that_fill_the_disk() {
    let stage = staged!();
    let script = "for i in $(seq 300); do head -c 4000000 /dev/zero >$1file-$i; done; sleep 1000";
    for place in ["", "/tmp/", "~/"] {
        let bounds = Bounds { file: 4 << 20, disk: 32 << 20, ..enough() };
        let run = stage.shell(&script.replace("$1", place), bounds).await;
        assert_eq!(run.end, RunEnd::Over(Bound::Disk), "{place}: {run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_nested_deeper_than_a_path_can_name() {
    let stage = staged!();
    let script = "python3 -c 'import os, time\nfor i in range(3000): os.mkdir(\"d\"); \
                  os.chdir(\"d\")\ntime.sleep(1000)'";
    let run = stage.shell(script, enough()).await;
    assert_eq!(run.end, RunEnd::Over(Bound::Disk), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_that_are_shut() {
    let stage = staged!();
    let script = "mkdir -p a/b && touch a/b/c && chmod 000 a/b a && chmod 000 . ~ /tmp";
    // It is thrown away all the same.
    stage.shell(script, enough()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_that_takes_all_memory() {
    let stage = staged!();
    let bounds = Bounds { memory: 64 << 20, ..enough() };
    // `tail` keeps a line until it ends.
    let run = stage
        .shell("head -c 300000000 /dev/zero | tail -n 1 | wc -c; exit ${PIPESTATUS[1]}", bounds);
    let run = run.await;
    assert!(!matches!(run.end, RunEnd::Exited(0)), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_that_take_all_memory_together() {
    let stage = staged!();
    let bounds = Bounds { memory: 128 << 20, ..enough() };
    let script = "for i in $(seq 12); do (x=$(head -c 20000000 /dev/zero | tr '\\0' a); \
                  sleep 1000) & done; wait";
    let run = stage.shell(script, bounds).await;
    assert_eq!(run.end, RunEnd::Over(Bound::Memory), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gigabyte_of_output() {
    let stage = staged!();
    let run = stage.shell("yes | head -c 1000000000; echo the end", enough()).await;
    assert_eq!(run.end, RunEnd::Exited(0), "{:?}", run.end);
    assert_eq!(run.output.bytes().len(), enough().output);
    assert_eq!(run.output.bytes().len() as u64 + run.output.dropped, 1_000_000_008);
    assert!(run.output.text().ends_with("the end\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging() {
    let stage = staged!();
    let name = long();
    let script = format!("echo begun; sleep {name}");
    let mut said = String::new();
    for moment in MOMENTS {
        let run = stage.shell(&script, Bounds::within(moment)).await;
        assert_eq!(run.end, RunEnd::OverTime);
        assert!(!lives(&name));
        said = run.output.text();
        if !said.is_empty() {
            break;
        }
    }
    assert_eq!(said, "begun\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn ignoring_every_signal() {
    let stage = staged!();
    let name = long();
    let script = format!(
        "for signal in $(seq 64); do trap '' $signal; done 2>/dev/null; \
         while :; do sleep {name}; done"
    );
    let run = stage.shell(&script, a_moment()).await;
    assert_eq!(run.end, RunEnd::OverTime);
    assert!(!lives(&name));
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_a_child_that_holds_the_output_open() {
    let stage = staged!();
    let (name, other) = (long(), long());
    let script = format!("sleep {name} & setsid sleep {other} & echo over");
    let run = stage.shell(&script, enough()).await;
    assert_eq!((run.end, run.output.text().as_str()), (RunEnd::Exited(0), "over\n"));
    assert!(!lives(&name) && !lives(&other));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_confinement_time_is_bounded_all_the_same() {
    let place = super::stage::open_folder();
    let workspace = timmy::confinement::Workspace::with_nothing(place.path()).await.unwrap();
    let checkout = std::fs::canonicalize(workspace.checkout()).unwrap();
    let name = long();
    let words = ["sh", "-c", &format!("sleep {name} & pwd; sleep {name}")].map(str::to_owned);
    let mut said = String::new();
    for moment in MOMENTS {
        let request = timmy::confinement::RunRequest {
            words: &words,
            input: None,
            network: timmy::confinement::Network::Own,
            output: timmy::confinement::OutputForm::Together,
            bounds: Bounds::within(moment),
        };
        let run = Confinement::none().run(&workspace, &request).await.unwrap();
        assert_eq!(run.end, RunEnd::OverTime);
        crate::support::process::until("its group is gone", async || !lives(&name)).await;
        said = run.output.text();
        if !said.is_empty() {
            break;
        }
    }
    assert_eq!(said.trim(), checkout.to_string_lossy());
    workspace.discard().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_that_no_process_shows_for_its_own() {
    let stage = staged!();
    let bounds = || Bounds { memory: 128 << 20, ..enough() };
    let files = "python3 -c 'import os, time\nf = os.memfd_create(\"a\")\n\
                 for i in range(200): os.write(f, b\"x\" * (1 << 20))\ntime.sleep(1000)'";
    let run = stage.shell(files, bounds()).await;
    assert_eq!(run.end, RunEnd::Over(Bound::Memory), "{run:?}");
    let mapped = "python3 -c 'import mmap, os, time\nfor i in range(4): os.fork() or \
                  [m := mmap.mmap(-1, 48 << 20), m.write(b\"x\" * (48 << 20)), time.sleep(1000)]\n\
                  time.sleep(1000)'";
    let run = stage.shell(mapped, bounds()).await;
    assert_eq!(run.end, RunEnd::Over(Bound::Memory), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_that_many_processes_share_counts_once() {
    let stage = staged!();
    let bounds = Bounds { memory: 256 << 20, ..enough() };
    let shared = "python3 -c 'import mmap, os\nm = mmap.mmap(-1, 64 << 20)\n\
                  m.write(b\"x\" * (64 << 20))\nfor i in range(8):\n \
                  if os.fork() == 0: sum(m[::4096]); os._exit(0)\n\
                  for i in range(8): os.wait()'";
    let run = stage.shell(shared, bounds).await;
    assert_eq!(run.end, RunEnd::Exited(0), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_on_the_disk_that_lies_in_no_folder() {
    let stage = staged!();
    let bounds = Bounds { disk: 32 << 20, ..enough() };
    let script = "exec 3>gone; rm gone; head -c 100000000 /dev/zero >&3; sync; sleep 1000";
    let run = stage.shell(script, bounds).await;
    assert_eq!(run.end, RunEnd::Over(Bound::Disk), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_cannot_say_in_the_name_of_bwrap_that_it_did_not_run() {
    let stage = staged!();
    for said in ["No permissions to create new namespace", "execvp prlimit: no", "x"] {
        let script = format!("echo \"bwrap: {said}\"; ls / /timmy; exit 1");
        let run = stage.shell(&script, enough()).await;
        assert_eq!(run.end, RunEnd::Exited(1), "{run:?}");
        assert!(!run.output.text().contains("status"), "{run:?}");
    }
}
