//! How urgent it is and how much work.

use insta::assert_snapshot;

use crate::conversations::talk::talk;
use crate::support::forge::DOOR;

#[tokio::test]
async fn a_priority_becomes_a_label() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy priority p2").await, @"Now **p2**.");
        assert_eq!(t.labels(), ["priority/p2"]);
        assert_snapshot!(t.ask("walt", "/timmy p P0").await, @"Now **p0**, was p2.");
        assert_eq!(t.labels(), ["priority/p0"]);
        assert_snapshot!(t.ask("walt", "/timmy priority p0").await, @"Already **p0**.");
        assert_snapshot!(t.ask("walt", "/timmy priority none").await, @"Now **without priority**, was p0.");
        assert!(t.labels().is_empty());
        assert_snapshot!(t.ask("walt", "/timmy priority none").await, @"Already **without priority**.");
    })
    .await;
}

#[tokio::test]
async fn a_size_becomes_a_label() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy size xs").await, @"Now size **xs**.");
        assert_snapshot!(t.ask("walt", "/timmy estimate XL").await, @"Now size **xl**, was xs.");
        assert_snapshot!(t.ask("walt", "/timmy size xl").await, @"Already size **xl**.");
        assert_eq!(t.labels(), ["size/xl"]);
    })
    .await;
}

#[tokio::test]
async fn other_labels_stay() {
    talk(async |t| {
        for label in ["bug", "priority/critical", "size"] {
            t.sandbox.add_label(DOOR, label, false).unwrap();
        }
        t.sandbox.label("walt", DOOR, 1, &["bug", "priority/critical", "size"]).unwrap();
        t.ask("walt", "/timmy priority p1\n/timmy size s").await;
        assert_eq!(t.labels(), ["bug", "priority/critical", "priority/p1", "size", "size/s"]);
    })
    .await;
}

#[tokio::test]
async fn labels_made_by_hand_are_used_even_if_they_exclude_nothing() {
    talk(async |t| {
        for label in ["priority/p1", "priority/p2", "priority/p3"] {
            t.sandbox.add_label(DOOR, label, false).unwrap();
        }
        t.sandbox.label("walt", DOOR, 1, &["priority/p2", "priority/p3"]).unwrap();
        assert_snapshot!(t.ask("walt", "/timmy priority p1").await, @"Now **p1**, was p2.");
        assert_eq!(t.labels(), ["priority/p1"]);
    })
    .await;
}

#[tokio::test]
async fn a_second_priority_put_there_by_hand_goes() {
    talk(async |t| {
        for label in ["priority/p2", "priority/p3"] {
            t.sandbox.add_label(DOOR, label, false).unwrap();
        }
        t.sandbox.label("walt", DOOR, 1, &["priority/p2", "priority/p3"]).unwrap();
        assert_snapshot!(t.ask("walt", "/timmy priority p2").await, @"Already **p2**.");
        assert_eq!(t.labels(), ["priority/p2"]);
    })
    .await;
}

#[tokio::test]
async fn labels_of_the_organisation_and_in_capitals_are_the_same_labels() {
    talk(async |t| {
        t.sandbox.add_label("foundation", "Priority/P1", true).unwrap();
        t.sandbox.add_label("foundation", "SIZE/S", true).unwrap();
        t.ask("walt", "/timmy priority p1\n/timmy size s").await;
        assert_eq!(t.labels(), ["Priority/P1", "SIZE/S"]);
        assert_snapshot!(t.ask("walt", "/timmy priority p1").await, @"Already **p1**.");
    })
    .await;
}

#[tokio::test]
async fn a_label_is_made_once_for_two_threads() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Oil the hinges", "").await;
        t.ask("walt", "/timmy size m").await;
        let made = || {
            t.sandbox
                .requests()
                .iter()
                .filter(|r| r.path.ends_with("door/labels") && r.method == "POST")
                .count()
        };
        assert_eq!(made(), 1);
        t.ask_in(DOOR, 2, "walt", "/timmy size m").await;
        assert_eq!(made(), 1);
    })
    .await;
}
