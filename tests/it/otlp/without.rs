//! A build without the feature.

use timmy::app::{App, Clocks};
use timmy::otlp::probe;

use crate::support::config::Config;

#[tokio::test]
async fn it_says_how_to_build_one_that_can() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::of("http://127.0.0.1:1").with("otlp.endpoint", "http://127.0.0.1:2");
    let config = config.load(folder.path(), "token");
    let started = App::new(&config, Clocks::system()).await.map(drop);
    let refused = started.expect_err("nobody is told less than was asked for").to_string();
    assert!(refused.contains("--features otlp"), "{refused}");
    let probed = probe(config.otlp.as_ref().unwrap()).await.unwrap_err().to_string();
    assert_eq!(probed, refused);
}
