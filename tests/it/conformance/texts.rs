//! What becomes of the text of a comment: nothing.

use reqwest::Method;

use super::forge::Forge;

async fn is_kept(forge: &Forge, name: &str, text: &str) {
    let (repo, number) = forge.thread(name).await;
    let timmy = forge.timmy().gitea();
    let written = timmy.post_comment(&repo, number, text).await.unwrap();
    assert!(written.body == text, "the answer has another text");
    let read = timmy.comment(&repo, written.id).await.unwrap().unwrap();
    assert!(read.body == text, "another text is stored");
}

pub async fn line_ends_stay_as_they_were_sent(forge: &Forge) {
    is_kept(forge, "line-ends", "a\r\n/timmy status\r\n\nb\n").await;
}

pub async fn control_and_direction_characters_are_kept(forge: &Forge) {
    is_kept(forge, "characters", "a\0b \u{202e}evorppa\u{202c} \u{1f44d} :+1: \u{e9}").await;
}

pub async fn a_megabyte_is_kept(forge: &Forge) {
    is_kept(forge, "megabyte", &"y".repeat(1 << 20)).await;
}

pub async fn a_hidden_marker_survives(forge: &Forge) {
    is_kept(forge, "marker", "Done.\n\n<!-- timmy:k=0123456789abcdef -->").await;
}

pub async fn what_is_no_json_is_refused(forge: &Forge) {
    let (repo, number) = forge.thread("no-json").await;
    let path = format!("/repos/{repo}/issues/{number}/comments");
    forge.timmy().send(Method::POST, &path, "{\"body\": ").await.expect(422);
}
