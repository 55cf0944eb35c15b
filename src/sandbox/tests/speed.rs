//! Size: a thread of ten thousand comments is no burden. Counts, not clocks.

use reqwest::Method;

use super::Stage;

#[tokio::test]
async fn a_long_thread_is_read_page_by_page() {
    let stage = Stage::new().await;
    for n in 0..10_000 {
        stage.sandbox.comment("alexander", "alexander/door", 1, &format!("{n}")).unwrap();
    }
    let (_, page) = stage.ask(Method::GET, "/issues/comments?page=200&limit=50", None).await;
    assert_eq!(page[49]["body"], "9999");
    let (_, whole) = stage.ask(Method::GET, "/issues/1/comments", None).await;
    assert_eq!(whole.as_array().unwrap().len(), 10_000);
}
