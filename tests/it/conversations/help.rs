//! What can be said, and by whom.

use insta::assert_snapshot;

use crate::conversations::talk::talk;

#[tokio::test]
async fn help_shows_a_reader_what_a_reader_may() {
    talk(async |t| {
        assert_snapshot!(t.ask("rita", "/timmy help").await, @"
        I look after issues. Write a command on a line of its own; several lines are fine.

        | you want | write |
        |---|---|
        | to know how it goes | `/timmy status` |
        | to know its place, or what stands in the way | `/timmy why` |
        | it sooner, later, never | `/timmy priority p0`, `/timmy snooze 3d`, `/timmy hold` |
        | it to wait for another | `/timmy block #12`, `/timmy unblock #12` |
        | to say how much work it is | `/timmy size m` |
        | an agent to do it, or to stop | `/timmy assign auto`, `/timmy assign ezra`, `/timmy cancel` |
        | to say something to the agent, or try again | `/timmy tell use the other one`, `/timmy retry` |
        | somebody to look after it, or nobody | `/timmy assign @anna`, `/timmy unassign` |
        | to know what is next, and why | `/timmy queue`, `/timmy plan` |
        | to know who works, and what happened | `/timmy agents`, `/timmy report` |

        <details><summary>All commands, and what you may use here</summary>

        | | command | what it does | who |
        |---|---|---|---|
        | ✅ | `/timmy help [verb]` | Explain the commands, or one of them. | reader |
        | ✅ | `/timmy ping` | See whether I am there. | reader |
        | ✅ | `/timmy status [target]` | Show how an issue, a job or an agent is doing. | reader |
        | ✅ | `/timmy why [target]` | Explain why something was, or was not, chosen. | reader |
        | ✅ | `/timmy queue [n] [repo=o/r]` | List what comes next. | reader |
        | ✅ | `/timmy agents` | List the agents and what they are doing. | reader |
        | ✅ | `/timmy plan [agent]` | Show who would be given what now, and give nothing. | reader |
        | ✅ | `/timmy report [since=date]` | Report what happened. | reader |
        | ❌ | `/timmy assign who [on=#n or o/r#n] [role=] [budget=]` | Give the issue to an agent, to the best one (`auto`), or to an account. | operator |
        | ❌ | `/timmy unassign [@user]` | Take the issue from one assignee, or from all. | operator |
        | ❌ | `/timmy priority p0..p3 or none [until=date]` | Set how urgent the issue is, for good or until a date. | operator |
        | ❌ | `/timmy size xs s m l xl` | Set how much work the issue is. | operator |
        | ❌ | `/timmy block #n or o/r#n` | Let the issue wait for another. | operator |
        | ❌ | `/timmy unblock #n or o/r#n` | Let the issue wait for another no longer. | operator |
        | ❌ | `/timmy hold [reason]` | Keep the issue from being given out. | operator |
        | ❌ | `/timmy unhold` | Let the issue be given out again. | operator |
        | ❌ | `/timmy snooze duration or date` | Keep the issue from being given out for a while. | operator |
        | ❌ | `/timmy cancel [job]` | Stop a job. | operator |
        | ❌ | `/timmy tell [job] text` | Pass a remark on to the agent that works on a job. | operator |
        | ❌ | `/timmy split` | Propose smaller issues that make up this one. | operator |
        | ❌ | `/timmy retry [job] [agent=]` | Try a job again. | operator |
        | ❌ | `/timmy dead` | List the jobs and messages that failed for good. | operator |
        | ❌ | `/timmy verify [job]` | Check the result of a job again. | operator |
        | ❌ | `/timmy crew [roles...]` | Let several roles work on the issue together. | operator |
        | ❌ | `/timmy approve [decision] [note]` | Say yes to a question of mine. | approver |
        | ❌ | `/timmy reject [decision] [wrong, unwanted or superseded] [note]` | Say no to a question of mine. | approver |
        | ❌ | `/timmy revise [decision] note` | Send the work back, saying what should change. | approver |
        | ❌ | `/timmy answer [decision] note` | Answer a question of mine in words. | approver |
        | ❌ | `/timmy delegate @user [until=date]` | Let somebody approve in your place, for seven days or until a date. | owner |
        | ❌ | `/timmy undelegate @user` | Take that right back. | owner |
        | ❌ | `/timmy pause agent, o/r or all` | Start no new work for an agent, in a repository, or at all. | owner |
        | ❌ | `/timmy resume agent, o/r or all` | Start new work again. | owner |
        | ❌ | `/timmy budget [amount] [scope=]` | Show what was spent, or let more be: on this issue, or today. | owner |
        | ❌ | `/timmy override guard reason` | Overrule a guard, with a reason that is kept. | owner |

        </details>
        ");
    })
    .await;
}

#[tokio::test]
async fn an_operator_may_more() {
    talk(async |t| {
        let (reader, operator) =
            (t.ask("rita", "/timmy help").await, t.ask("walt", "/timmy help").await);
        assert_eq!(reader.matches('❌').count(), 26);
        assert_eq!(operator.matches('❌').count(), 10);
    })
    .await;
}

#[tokio::test]
async fn help_for_one_verb() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy help status").await, @r"
        `/timmy status [target]`: Show how an issue, a job or an agent is doing.

        The same: `info`. You may use it here.
        ");
        assert_snapshot!(t.ask("walt", "/timmy help assign").await, @r"
        `/timmy assign who [on=#n or o/r#n] [role=] [budget=]`: Give the issue to an agent, to the best one (`auto`), or to an account.

        The same: `dispatch`, `run`. You may use it here.
        ");
        assert_snapshot!(t.ask("rita", "/timmy help p").await, @r"
        `/timmy priority p0..p3 or none [until=date]`: Set how urgent the issue is, for good or until a date.

        The same: `p`. It takes the right of operator, which you do not have here.
        ");
        assert_snapshot!(t.ask("alexander", "/timmy help verify").await, @"
        `/timmy verify [job]`: Check the result of a job again.

        The same: `recheck`. You may use it here.
        ");
        assert_snapshot!(t.ask("alexander", "/timmy help crew").await, @"
        `/timmy crew [roles...]`: Let several roles work on the issue together.

        You may use it here.
        ");
    })
    .await;
}

#[tokio::test]
async fn help_for_what_is_no_verb() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy help asign").await, @"**Not done.** `asign` is not one of my commands. Did you mean `/timmy help assign`?");
        assert_snapshot!(t.ask("walt", "/timmy help me").await, @"**Not done.** `me` is not one of my commands.");
    })
    .await;
}
