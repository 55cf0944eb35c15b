//! What timmy relies on, held against every Gitea at hand: the sandbox as each version that it
//! can be, and a real server.
//!
//! An expectation is written once, as a function of a furnished [`Forge`], with timmy's own client
//! wherever that has the call. Where versions are known to differ, [`versions`] says how. Each
//! expectation is a test of its own against each sandbox.
//!
//! The real server is `TIMMY_TEST_GITEA`, a `gitea` binary of 1.20 to 1.27. One that was built
//! without its templates also needs `TIMMY_TEST_GITEA_STATIC`, a folder with `templates`,
//! `options` and `public`: Gitea's source tree. `git` must be on the path.

mod accounts;
mod assignees;
mod blocks;
mod branches;
mod comments;
mod deliveries;
mod dependencies;
mod files;
mod forge;
mod hooks;
mod labels;
mod lists;
mod merges;
mod person;
mod pulls;
mod pushes;
mod reactions;
mod real;
mod refusals;
mod renames;
mod reviews;
mod rights;
mod sandbox;
mod search;
mod server;
mod statuses;
mod texts;
mod updated_threads;
mod verdicts;
mod versions;

use std::io::Write;
use std::pin::Pin;

use forge::Forge;

/// Holds if it does not panic.
type Expectation = for<'a> fn(&'a Forge) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

macro_rules! expectations {
    ($($family:ident: $($name:ident)*;)*) => {
        /// Every expectation, by its name.
        const ALL: &[(&str, Expectation)] = &[$($((
            concat!(stringify!($family), "::", stringify!($name)),
            |forge| Box::pin($family::$name(forge)),
        ),)*)*];
        expectations!(@ sandbox_1_22_6 V1_22 $($family: $($name)*;)*);
        expectations!(@ sandbox_1_25_4 V1_25 $($family: $($name)*;)*);
        expectations!(@ sandbox_1_27_0 V1_27 $($family: $($name)*;)*);
    };
    (@ $module:ident $version:ident $($family:ident: $($name:ident)*;)*) => {
        mod $module {
            $(mod $family {
                $(#[tokio::test]
                async fn $name() {
                    let forge = crate::conformance::Forge::sandbox(timmy::sandbox::Version::$version).await;
                    crate::conformance::$family::$name(&forge).await;
                })*
            })*
        }
    };
}

expectations! {
    server:
        it_shows_its_version_and_the_time_to_any_token
        it_says_whose_a_token_is
        a_token_tells_what_it_is_good_for
        an_account_that_is_not_there_is_none
        it_has_everything_that_timmy_uses;
    lists:
        an_organisation_and_a_user_own_repositories
        what_an_account_has_a_part_in_is_listed
        the_search_by_owner_finds_what_the_account_may_see
        names_ignore_case
        issues_and_pull_requests_that_are_switched_off_are_not_shown;
    comments:
        one_that_is_written_is_listed
        an_edit_changes_the_text_and_its_time
        an_edit_that_changes_nothing_is_answered
        a_deleted_one_is_gone
        writers_may_edit_those_of_others_and_strangers_may_not
        the_list_of_a_thread_is_not_paged
        the_list_of_a_repository_is_paged_oldest_first
        whether_the_limit_counts_without_a_page_is_known
        since_includes_its_second
        since_sees_edits
        a_plus_in_since_must_be_escaped
        an_empty_one_is_refused
        one_on_a_missing_issue_fails;
    texts:
        line_ends_stay_as_they_were_sent
        control_and_direction_characters_are_kept
        a_megabyte_is_kept
        a_hidden_marker_survives
        what_is_no_json_is_refused;
    accounts:
        one_is_found_by_its_number
        one_that_is_not_there_is_none;
    reactions:
        the_first_on_a_comment_is_new_and_the_second_is_not
        the_first_on_an_issue_is_new_and_the_second_is_not
        reviews_and_inline_comments_take_them
        each_account_has_its_own
        they_name_whoever_gave_them
        other_contents_are_refused
        a_deleted_comment_takes_none
        the_server_tells_which_it_allows;
    blocks:
        in_their_thread_nothing_can_be_said_or_reacted_to
        elsewhere_only_their_comments_take_no_reaction
        they_cannot_be_assigned;
    labels:
        one_is_put_on_by_its_number
        an_exclusive_one_takes_the_place_of_its_like
        names_work_and_unknown_ones_are_dropped
        two_may_have_one_name
        one_is_taken_off
        an_unknown_one_cannot_be_taken_off
        a_person_has_none_and_an_organisation_may;
    assignees:
        they_are_replaced_and_cleared
        an_unknown_one_fails_and_changes_nothing
        one_who_may_not_see_the_issue_is_never_assigned
        writers_can_be_assigned
        they_are_added_and_taken_off_one_by_one
        who_can_be_assigned_is_known
        who_changed_them_or_the_labels_is_told
        the_request_of_a_stranger_is_ignored;
    search:
        threads_are_found_by_their_owner
        since_includes_its_second
        pull_requests_are_among_them
        pages_have_links_and_a_total
        private_threads_are_found_by_members_only
        an_unknown_owner_is_refused;
    updated_threads:
        these_move_a_thread
        these_do_not_move_it
        whether_a_deleted_comment_moves_it_is_known
        a_dependency_moves_both_of_its_threads
        a_review_moves_its_pull_request;
    dependencies:
        one_is_added_listed_and_removed
        to_add_one_twice_or_in_a_circle_is_an_error
        a_missing_target_is_not_found
        they_lead_into_other_repositories
        what_the_account_may_not_see_is_listed_without_a_number
        an_issue_with_an_open_blocker_cannot_be_closed;
    reviews:
        a_review_is_a_comment_of_its_own_kind
        inline_comments_are_comments_too
        what_is_said_there_is_read_back_in_its_thread_alone
        a_comment_on_a_line_is_answered_in_its_place
        nobody_approves_their_own
        one_of_an_unknown_commit_fails;
    refusals:
        what_is_private_is_not_found_by_strangers
        a_bad_token_is_told_from_none
        the_scope_that_is_missing_is_named
        in_a_locked_thread_only_writers_comment
        an_archived_repository_takes_no_comment
        a_stranger_may_not_put_labels_on;
    renames:
        a_write_under_the_former_name_is_refused
        so_is_every_kind_of_write
        a_read_is_led_on
        a_repository_keeps_its_number;
    hooks:
        one_is_made_and_listed_without_its_secret
        an_edit_without_events_leaves_push_alone
        a_mended_one_keeps_its_address
        an_edit_without_the_authorization_header_takes_it_away
        writers_do_not_see_them
        one_can_be_deleted_twice
        a_test_is_delivered;
    deliveries:
        a_new_comment_is_delivered_with_the_rights_of_its_sender
        an_edit_holds_the_text_before
        a_deleted_comment_is_delivered
        an_opened_issue_is_delivered
        other_changes_of_an_issue_are_ignored
        a_form_is_signed_by_what_is_in_it
        labels_and_assignees_have_types_of_their_own
        an_opened_pull_request_and_a_comment_there_are_delivered
        a_review_is_delivered_without_its_number
        every_delivery_is_signed_and_has_an_id
        two_webhooks_to_one_address_deliver_twice;
    rights:
        teams_show_a_writer_what_their_members_may
        the_members_of_a_team_are_shown_to_members_and_owners
        permissions_are_shown_to_administrators
        an_account_may_or_may_not_ask_about_itself
        members_of_the_organisation_are_shown_to_members
        collaborators_are_shown
        each_account_sees_its_own_rights;
    branches:
        one_shows_what_the_asker_may
        one_is_made_and_deleted
        the_default_one_gets_another_name;
    files:
        several_are_changed_in_one_commit
        what_is_not_as_it_was_seen_is_refused
        they_are_read_at_a_commit
        a_tree_is_listed_page_by_page
        commits_are_listed_and_compared
        a_commit_that_names_a_thread_shows_in_its_timeline
        templates_are_files_of_the_default_branch;
    pushes:
        git_pushes_with_a_token
        who_may_not_write_may_not_push
        a_protected_branch_declines_a_push
        a_push_is_delivered
        who_pushed_is_told_by_the_activity
        a_force_push_is_told_with_both_heads;
    pulls:
        one_shows_its_branches_and_its_size
        one_needs_two_branches_that_differ
        one_follows_its_branch
        one_that_is_behind_can_be_updated
        one_that_conflicts_says_so
        one_from_a_fork_can_be_open_to_maintainers;
    statuses:
        all_are_listed_and_the_last_ones_combined
        many_come_in_pages
        only_writers_say_something;
    verdicts:
        a_newer_one_takes_the_place_of_the_older
        approvals_are_dismissed_by_a_push_where_the_rule_says_so
        an_update_from_the_base_takes_none_away
        who_gave_one_counts_as_asked
        one_can_be_dismissed
        its_author_alone_deletes_one
        people_are_asked_for_one;
    merges:
        what_the_rule_demands_is_asked_for_in_order
        who_may_not_and_what_moved_are_refused
        a_squashed_one_is_one_commit
        a_merged_one_has_two_parents_and_a_rebased_one_moves_the_base
        one_that_is_scheduled_waits_until_nothing_is_missing;
}

#[test]
fn every_version_of_the_sandbox_is_tried() {
    use timmy::sandbox::Version::{self, V1_22, V1_25, V1_27};
    assert_eq!(Version::ALL, [V1_22, V1_25, V1_27]);
}

#[test]
fn a_real_gitea() {
    let binary = std::env::var_os("TIMMY_TEST_GITEA").filter(|path| !path.is_empty());
    let Some(binary) = binary else {
        // Not by `eprintln!`, which a test that passes keeps to itself.
        let notice = b"\nNOT TRIED: a real Gitea. Name a binary of it in TIMMY_TEST_GITEA.\n\n";
        return std::io::stderr().write_all(notice).unwrap();
    };
    real::hold(binary.as_ref(), ALL);
}
