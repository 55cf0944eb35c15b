//! A worker that is cut off from timmy and from the Temporal server, while both ends take their lines
//! for whole.

use super::line::Line;
use super::server::TemporalServer;
use super::workers::WorkerStage;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_cut_off_goes_on() {
    let Some(server) = TemporalServer::start().await else { return };
    let set = WorkerStage::set(&server, 2).await;
    let lines = [Line::to(&server.address()).await, Line::to(&set.desk).await];
    set.lead_worker(&lines[0].address(), &lines[1].address());
    let worker = set.worker();
    let mut bot = set.stage.bot().await;
    bot.first_poll().await;
    let mut asked = vec![set.assign(1, "ezra")];
    set.stage.until("an attempt", async || !set.fleet.runs().is_empty()).await;

    for line in &lines {
        line.cut();
    }
    // It was under way, or it comes meanwhile: what is asked is lost.
    asked.push(set.assign(2, "bezalel"));
    set.stage.until("something lost", async || lines[1].lost() > 0).await;
    assert!(!set.has_ended(2).await, "{}", set.dump());

    for line in &lines {
        line.mend();
    }
    set.stage.until("all jobs ended", async || set.has_ended(2).await).await;
    set.stage.idle().await;
    assert_eq!(worker.stop().await, Some(0), "{}", set.dump());
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", set.dump());
    set.look(&asked).await;
}
