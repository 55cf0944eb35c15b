//! Files that are wrong, and what is said about them.

use std::path::Path;

use timmy::config::{Outside, SecretFile, parse};

use super::{LEAST, problems, problems_with};

#[test]
fn an_empty_file_says_what_is_needed() {
    insta::assert_snapshot!(problems(""), @r##"
    timmy.toml: the table [gitea] is missing. Add it, with at least url, token_file, watch.
    timmy.toml: the table [people] is missing. Add it, with at least owner, operators, approvers.
    2 problems: nothing was started.
    "##);
}

#[test]
fn all_problems_come_at_once_in_the_order_of_the_file() {
    insta::assert_snapshot!(problems(r#"
[gitea]
url = "ftp://git.example.org"
token_file = 5
watch = []
[people]
ownr = "alexander"
operators = ["writers", "team:makers", "@anna"]
timezone = "Europe/Berln"
quiet_hours = "22-7"
[poll]
every = "soon"
sweep = "10s"
[dispatsh]
mode = "auto"
"#), @r##"
    timmy.toml:3:7: gitea.url is not an address of HTTP. Let it begin with https:// or http://.
    timmy.toml:4:14: gitea.token_file is a whole number. Write a text in quotes.
    timmy.toml:5:9: gitea.watch is empty. Name at least one.
    timmy.toml:6:1: people.owner is missing. Add a line owner = ... to [people].
    timmy.toml:6:1: people.approvers is missing. Add approvers = [...]; an empty list leaves it to the owner.
    timmy.toml:7:1: people.ownr is not a key I know. Did you mean people.owner?
    timmy.toml:8:25: people.operators is "team:makers", which is no team. Write it like "team:foundation/makers".
    timmy.toml:8:40: people.operators is "@anna", which is no account. Write "anna", without the @.
    timmy.toml:9:12: people.timezone is "Europe/Berln", which is no time zone. Did you mean "Europe/Berlin"?
    timmy.toml:10:15: people.quiet_hours is "22-7", which is no part of a day. Write "off", or two times such as "22:00-07:00".
    timmy.toml:12:9: poll.every is "soon", which is no duration. Write a duration, such as "90s", "10m", "2h" or "1d".
    timmy.toml:13:9: poll.sweep is 10s, which is out of range. Write a duration from 1m to 30d.
    timmy.toml:14:2: dispatsh is not a key I know. Did you mean dispatch?
    13 problems: nothing was started.
    "##);
}

#[test]
fn values_are_checked() {
    insta::assert_snapshot!(problems_with(r#"
[dispatch]
mode = "sugest"
attempts = 0
minimum = -5.0
timeout = { total = "5m" }
[score]
weights = { urgency = 0.5, age = 0.1234567 }
acceptance = "(done"
[budget]
issue = "2"
day = "0usd"
[guards]
protected = ["/ci/**"]
max_lines = "800"
[accept]
remind = "8d"
style = "octopus"
[crew]
ask_plan = "yes"
[report]
repository = "config"
at = 08:00:00
[engine]
address = "temporal"
[web]
listen = "localhost:8788"
"#), @r##"
    timmy.toml:12:8: dispatch.mode is "sugest", which I do not know. Did you mean "suggest"? I know "off", "suggest".
    timmy.toml:13:12: dispatch.attempts is out of range. Write a whole number from 1 to 20.
    timmy.toml:14:11: dispatch.minimum is no such decimal. Write a number from 0 to 100 with at most six decimals, such as 0.35.
    timmy.toml:15:11: dispatch.timeout.silence (10m) is longer than dispatch.timeout.total (5m). Shorten it, or give more time in total.
    timmy.toml:17:34: score.weights.age is no such decimal. Write a number from 0 to 1 with at most six decimals, such as 0.35.
    timmy.toml:18:14: score.acceptance is no regular expression (unclosed group). See https://docs.rs/regex for what may stand there.
    timmy.toml:20:9: budget.issue is "2", which is no amount of money. Write US dollars with at most six decimals, such as "2usd" or "0.5usd".
    timmy.toml:21:7: budget.day allows nothing. To stop all work, set dispatch.mode = "off" or say /timmy pause all.
    timmy.toml:23:14: guards.protected is "/ci/**", which is no pattern of paths. Write paths from the root of the repository, without a slash at either end, such as "ci/**" or "**/*.lock".
    timmy.toml:24:13: guards.max_lines is a text. Write a whole number from 1 to 1000000.
    timmy.toml:25:1: accept.remind is longer than accept.expire. Remind sooner, or let decisions wait longer.
    timmy.toml:27:9: accept.style is "octopus", which I do not know. I know "squash", "merge", "rebase", "rebase-merge", "fast-forward-only".
    timmy.toml:29:12: crew.ask_plan is a text. Write true or false, without quotes.
    timmy.toml:31:14: report.repository is "config", which is no repository. Write it like "foundation/config".
    timmy.toml:32:6: report.at is a date or time. Write a time of the day in quotes, such as "08:00".
    timmy.toml:34:11: engine.address is "temporal", which is no host and port. Write it like "temporal.internal:7233".
    timmy.toml:36:10: web.listen is "localhost:8788", which is no address to listen on. Write an IP address and a port, such as "127.0.0.1:8787"; names are not looked up.
    17 problems: nothing was started.
    "##);
}

#[test]
fn what_guards_run_is_checked() {
    insta::assert_snapshot!(problems_with(r#"
[guards]
checks_within = "2s"
sandbox = "docker"
test = []
prepare = "cargo fetch"
mounts = ["toolchain", "/", "/opt/tools"]
test_timeout = "2d"
[[guards.script]]
name = "fail_to_pass"
kind = "json"
command = ["true"]
[accept]
on_yes = "never"
ask = "merge"
"#), @r##"
    timmy.toml:12:17: guards.checks_within is 2s, which is out of range. Write a duration from 1m to 1d.
    timmy.toml:13:11: guards.sandbox is "docker", which I do not know. I know "bwrap", "none".
    timmy.toml:14:8: guards.test is empty. Name at least one.
    timmy.toml:15:11: guards.prepare is a text. Write a list, such as ["a", "b"].
    timmy.toml:16:11: guards.mounts is "toolchain", which is no path that can be mounted. Write a folder or a file from the root on, such as "/opt/toolchain".
    timmy.toml:16:24: guards.mounts is "/", which is no path that can be mounted. Write a folder or a file from the root on, such as "/opt/toolchain".
    timmy.toml:17:16: guards.test_timeout is 2d, which is out of range. Write a duration from 1s to 1d.
    timmy.toml:19:8: guards.script.name is "fail_to_pass", which is built in. Choose another name.
    timmy.toml:23:10: accept.on_yes is "never", which I do not know. I know "merge", "review", "nothing".
    timmy.toml:24:1: accept.ask is not a key I know. Known here: on_yes, style, remind, expire.
    10 problems: nothing was started.
    "##);
}

#[test]
fn weights_sum_to_one() {
    insta::assert_snapshot!(problems_with("[score]\nweights = { urgency = 0.4 }"), @r##"
    timmy.toml:12:11: score.weights sum to 1.05, not to 1. Now they are urgency 0.4, value 0.2, dependents 0.2, people 0.15, age 0.1: write all five.
    1 problem: nothing was started.
    "##);
}

#[test]
fn weights_are_shares() {
    let problems = problems_with(
        "[score]\nweights = { urgency = -0.1, value = nan, people = \"much\", age = 1.5 }",
    );
    insta::assert_snapshot!(problems, @r##"
    timmy.toml:12:23: score.weights.urgency is no such decimal. Write a number from 0 to 1 with at most six decimals, such as 0.35.
    timmy.toml:12:37: score.weights.value is no such decimal. Write a number from 0 to 1 with at most six decimals, such as 0.35.
    timmy.toml:12:51: score.weights.people is a text. Write a number from 0 to 1 with at most six decimals, such as 0.35.
    timmy.toml:12:65: score.weights.age is out of range. Write a number from 0 to 1 with at most six decimals, such as 0.35.
    4 problems: nothing was started.
    "##);
}

#[test]
fn each_kind_of_agent_has_keys_of_its_own() {
    insta::assert_snapshot!(problems_with(r#"
[[agent]]
name = "ezra"
kind = "hermes"
account = "ezra"
roles = ["coder"]
model = "a-model"
[[agent]]
name = "Groq"
kind = "openai"
account = "groq"
roles = ["codr"]
url = "https://api.example.com/v1"
[[agent]]
name = "janitor"
kind = "command"
account = "janitor"
roles = []
command = []
env = ["TIMMY_GITEA_TOKEN", "A=B"]
[[agent]]
kind = "crew"
anything = 1
"#), @r##"
    timmy.toml:11:1: agent.url is missing. Add a line url = ... to [agent].
    timmy.toml:11:1: agent.key_file is missing. Name a file that holds it and nothing else as key_file, or set TIMMY_AGENT_EZRA_KEY.
    timmy.toml:16:1: agent.model is not a key I know. Known here: name, account, host, kind, token_file, roles, skills, pool, capacity, prior, price, family, repositories, timeout, url, key_file.
    timmy.toml:17:1: agent.key_file is missing. Name a file that holds it and nothing else as key_file, or set TIMMY_AGENT_<NAME>_KEY.
    timmy.toml:17:1: agent.model is missing. Add a line model = ... to [agent].
    timmy.toml:18:8: agent.name is "Groq", which is no name of an agent. Write one word of lower-case letters, digits, - and _, such as "ezra-2".
    timmy.toml:21:10: agent.roles is "codr", which I do not know. Did you mean "coder"? I know "coder", "reviewer", "researcher", "devops".
    timmy.toml:27:9: agent.roles is empty. Name at least one.
    timmy.toml:28:11: agent.command is empty. Name at least one.
    timmy.toml:29:8: agent.env holds a variable of timmy's own. They hold secrets: delete it.
    timmy.toml:29:29: agent.env holds something that names no variable. Write its name alone, such as "PATH"; its value is passed through.
    timmy.toml:30:1: agent.name is missing. Add a line name = ... to [agent].
    timmy.toml:30:1: agent.account is missing. Add a line account = ... to [agent].
    timmy.toml:30:1: agent.roles is missing. Add a line roles = [...] to [agent].
    timmy.toml:31:8: agent.kind is "crew", which I do not know. I know "hermes", "openai", "acp", "command", "forge", "crewai".
    15 problems: nothing was started.
    "##);
}

#[test]
fn what_jobs_need_is_checked() {
    insta::assert_snapshot!(problems_with(r#"
[dispatch]
mode = "auto"
auto = ["foundation//door"]
authors = ["@anna"]
ask = ["over 5 euros"]
ask_scope = 1
repairs = 0
timeout = { total = "30m" }
[[agent]]
name = "ezra"
kind = "forge"
account = "ezra"
roles = ["coder"]
price = { input = 0.5 }
repositories = ["a/b/c"]
timeout = { silence = "2h" }
[[agent]]
name = "claude"
kind = "acp"
account = "claude"
roles = ["coder"]
home_keep = [".claude/key", "../../etc/passwd"]
reach = ["https://api.example.com"]
sandbox = "docker"
permissions = ["all"]
deny = "no"
[[pool]]
name = "quota"
windows = [{ per = "1d" }, { per = "5s", runs = 0 }, { tokens = 5, euros = 1 }]
tokens_per_day = 5
"#), @r##"
    timmy.toml:12:8: dispatch.mode is "auto", which is said for each repository. Write "suggest" here, and name where work may start by itself: auto = ["foundation/door"].
    timmy.toml:13:9: dispatch.auto is "foundation//door", which is no repository or pattern of repositories. Write "foundation/door", "foundation", a pattern such as "foundation/tool-*", "public" or "*".
    timmy.toml:14:12: dispatch.authors is "@anna", which is no account. Write "anna", without the @.
    timmy.toml:15:8: dispatch.ask is "over 5 euros", which is no reason to ask. Write "devops", "protected", or a limit such as "over 5usd".
    timmy.toml:16:13: dispatch.ask_scope is a whole number. Write true or false, without quotes.
    timmy.toml:17:11: dispatch.repairs is out of range. Write a whole number from 1 to 20.
    timmy.toml:24:9: agent.price.output is missing. Add a line output = ... to [agent.price].
    timmy.toml:25:17: agent.repositories is "a/b/c", which is no repository or pattern of repositories. Write "foundation/door", "foundation", a pattern such as "foundation/tool-*", "public" or "*".
    timmy.toml:26:11: agent.timeout.silence (2h) is longer than agent.timeout.total (30m). Shorten it, or give more time in total.
    timmy.toml:27:1: agent.command is missing. Add a line command = [...] to [agent].
    timmy.toml:32:14: agent.home_keep keeps something of a home that is not there. Name the folder as agent.home, or delete this line.
    timmy.toml:32:29: agent.home_keep is "../../etc/passwd", which is no path below the home. Write it from the home on, such as ".config/agent/key.json".
    timmy.toml:33:10: agent.reach is "https://api.example.com", which is no host and port. Write it like "api.example.com:443", without https:// and *.
    timmy.toml:34:11: agent.sandbox is "docker", which I do not know. I know "bwrap", "none".
    timmy.toml:35:16: agent.permissions is "all", which I do not know. I know "read", "edit", "delete", "move", "search", "execute", "think", "fetch", "other".
    timmy.toml:36:8: agent.deny is a text. Write true or false, without quotes.
    timmy.toml:39:12: pool.windows has a window that limits nothing. Give it tokens, runs or usd, such as { per = "1d", tokens = 500000 }.
    timmy.toml:39:36: pool.windows.per is 5s, which is out of range. Write a duration from 1m to 366d.
    timmy.toml:39:49: pool.windows.runs is out of range. Write a whole number from 1 to 1000000.
    timmy.toml:39:54: pool.windows.per is missing. Add a line per = ... to [pool.windows].
    timmy.toml:39:68: pool.windows.euros is not a key I know. Known here: per, tokens, runs, usd.
    timmy.toml:40:1: pool.tokens_per_day is not a key I know. Known here: name, concurrent, windows.
    22 problems: nothing was started.
    "##);
}

#[test]
fn agents_are_unlike_each_other_and_unlike_people() {
    insta::assert_snapshot!(problems_with(r#"
[[agent]]
name = "ezra-2"
kind = "forge"
account = "Alexander"
roles = ["coder"]
[[agent]]
name = "ezra_2"
kind = "forge"
account = "groq"
roles = ["coder"]
pool = "groq-fre"
[[agent]]
name = "ezra-2"
kind = "forge"
account = "GROQ"
roles = ["coder"]
[[pool]]
name = "groq-free"
[[pool]]
name = "groq-free"
[crew]
engine = "crewai"
manager = "esra-2"
"#), @r##"
    timmy.toml:14:11: agent.account "Alexander" is named in people.owner. Agents never command: give the agent an account of its own, or delete the name there.
    timmy.toml:17:8: agent.name "ezra_2" has the same variables in the environment as "ezra-2": TIMMY_AGENT_EZRA_2_KEY. Give each agent a name of its own.
    timmy.toml:21:8: agent.pool is "groq-fre", which is no pool that a [[pool]] describes. Did you mean "groq-free"?
    timmy.toml:23:8: agent.name "ezra-2" stands twice. Give each agent a name of its own.
    timmy.toml:25:11: agent.account "GROQ" stands twice. Give each agent an account of its own: otherwise nobody can tell who did what.
    timmy.toml:30:8: pool.name "groq-free" stands twice. Keep one of the two.
    timmy.toml:32:10: crew.engine is "crewai", but no agent is of that kind. Add an [[agent]] with kind = "crewai" and the command of the sidecar.
    timmy.toml:33:11: crew.manager "esra-2" is no agent. Did you mean "ezra-2"?
    8 problems: nothing was started.
    "##);
}

#[test]
fn webhooks_and_ignored_people_are_checked() {
    insta::assert_snapshot!(problems(r#"
[gitea]
url = "https://git.example.org/gitea"
token_file = "token"
watch = ["foundation"]
[webhook]
listen = "0.0.0.0:8787"
public_url = "https://timmy.example.org/webhook"
secret_files = []
[people]
owner = "alexander"
operators = ["anna"]
approvers = []
ignore = ["Anna"]
"#), @r##"
    timmy.toml:9:16: webhook.secret_files is empty. Name a file that holds it and nothing else as secret_files, or set TIMMY_WEBHOOK_SECRET.
    timmy.toml:14:11: people.ignore and people.operators both name "Anna". Delete one of the two: who is ignored is never answered.
    2 problems: nothing was started.
    "##);
    insta::assert_snapshot!(problems_with("[webhook]\nlisten = \"127.0.0.1:0\""), @r##"
    timmy.toml:11:1: webhook.public_url is missing. Add a line public_url = ... to [webhook].
    timmy.toml:11:1: webhook.secret_files is missing. Name a file that holds it and nothing else as secret_files, or set TIMMY_WEBHOOK_SECRET.
    2 problems: nothing was started.
    "##);
    let same = "[webhook]\nlisten = \"0.0.0.0:8788\"\npublic_url = \"https://a.org/\"\n\
                secret_files = [\"secret\"]";
    insta::assert_snapshot!(problems_with(same), @r##"
    timmy.toml:12:10: webhook.listen (0.0.0.0:8788) and web.listen (127.0.0.1:8788) are the same. Give each a port of its own, or set web.listen = "off".
    1 problem: nothing was started.
    "##);
}

#[test]
fn brackets_are_explained() {
    insta::assert_snapshot!(problems_with("[agent]\nname = \"ezra\"\n[[poll]]"), @r##"
    timmy.toml:11:1: agent is a list of tables. Write [[agent]], with double brackets.
    timmy.toml:13:1: poll is one table, not a list. Write [poll] once, with single brackets.
    2 problems: nothing was started.
    "##);
}

#[test]
fn several_syntax_errors_come_at_once() {
    insta::assert_snapshot!(problems(r#"
[gitea]
url = https://git.example.org
token_file = token
watch = ["foundation"]
[people]
owner = "alexander
approvers = ["anna", "@berta"]
approvers = []
ignor = []
"#), @r##"
    timmy.toml:3:7: this is no TOML: string values must be quoted. If it is meant as a text, write it in quotes: "text".
    timmy.toml:4:14: this is no TOML: invalid boolean. If it is meant as a text, write it in quotes: "text".
    timmy.toml:7:19: this is no TOML: invalid basic string. Begin and end the text with ", on one line.
    timmy.toml:8:22: people.approvers is "@berta", which is no account. Write "berta", without the @.
    timmy.toml:9:1: this is no TOML: duplicate key. Keep one of the places that set it.
    timmy.toml:10:1: people.ignor is not a key I know. Did you mean people.ignore?
    6 problems: nothing was started.
    "##);
}

#[test]
fn an_error_is_reported_without_its_followers() {
    let unclosed = "[gitea]\nwatch = [\"foundation\"\n\n[people]\nowner = \"alexander\"\n";
    insta::assert_snapshot!(problems(unclosed), @r##"
    timmy.toml:4:1: this is no TOML: missing comma between array elements. Put a comma between the items of a list, and a ] behind the last.
    1 problem: nothing was started.
    "##);
    insta::assert_snapshot!(problems("[gitea\nurl = \"https://a.org\"\n[people]\n"), @r##"
    timmy.toml:1:7: this is no TOML: unclosed table. Close the name of the table: [table], or [[table]] if there can be several.
    1 problem: nothing was started.
    "##);
}

#[test]
fn an_unwise_configuration_warns() {
    let secret_file = |_: &Path| Ok(SecretFile { text: "s3cret".to_owned(), exposed: true });
    let world = Outside { env: &|_| None, secret_file: &secret_file };
    let more = "[report]\nrepository = \"alexander/notes\"\n[budget]\nday = \"1usd\"\n\
                [web]\nlisten = \"0.0.0.0:8788\"\n[[pool]]\nname = \"spare\"\n";
    let loaded = parse(&format!("{LEAST}{more}"), Path::new("timmy.toml"), world).unwrap();
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"), @r##"
    timmy.toml:4:14: gitea.token_file names a file that others can read. Run chmod 600 on it.
    timmy.toml:11:14: report.repository alexander/notes is not watched. Add it to gitea.watch: otherwise replies to the report are not heard.
    timmy.toml:12:1: budget.issue (2usd) is more than budget.day (1usd). The smaller one holds.
    timmy.toml:12:1: budget.agent_day (20usd) is more than budget.day (1usd). The smaller one holds.
    timmy.toml:15:10: web.listen can be reached from outside. Its pages ask for no password: listen on 127.0.0.1, behind a proxy that does.
    timmy.toml:17:8: pool.name "spare" is no agent's pool. Name it as the pool of the agents that share it: until then it limits nothing.
    "##);
}

#[test]
fn routines_are_checked_against_all_that_they_need() {
    insta::assert_snapshot!(problems_with(r#"
[[agent]]
name = "ezra"
kind = "forge"
account = "ezra"
roles = ["coder"]
[[agent]]
name = "claude"
kind = "command"
account = "claude"
command = ["true"]
roles = ["reviewer"]
repositories = ["foundation/window"]
[[routine]]
name = "oil"
when = "Monday 06:00"
repository = "rando/toys"
role = "coder"
prompt = "Oil it."
[[routine]]
name = "oil"
when = "6:00"
repository = "foundation/door"
agent = "ezra"
prompt = " "
[[routine]]
name = "Oil the door"
when = "06:00"
repository = "foundation/door"
prompt = "Oil it."
[[routine]]
name = "grease"
when = "06:00"
repository = "foundation/door"
role = "researcher"
agent = "claud"
prompts = "Oil it."
"#), @r#"
    timmy.toml:24:8: routine.name "oil": there is no [report]. Add [report] with its repository: before its pull request is there, a routine has no other place to ask or to say that it failed.
    timmy.toml:25:8: routine.when is "Monday", which is no day of the week. Did you mean "Mon"?
    timmy.toml:26:14: routine.repository rando/toys is not watched. Add it to gitea.watch, or name one that is.
    timmy.toml:27:8: routine.role "coder": no agent there can take it. Give an [[agent]] that role, and the repository. One of kind "forge" takes work by being assigned to an issue, which a routine has none of.
    timmy.toml:30:8: routine.name "oil" stands twice. Give each routine its own.
    timmy.toml:30:8: routine.name "oil": there is no [report]. Add [report] with its repository: before its pull request is there, a routine has no other place to ask or to say that it failed.
    timmy.toml:31:8: routine.when is "6:00", which is no calendar. Write a time of the day, after the days of the week if it is not each day: "06:00", "Mon 06:00", "Mon Thu 06:00" or "Mon-Fri 06:00".
    timmy.toml:33:9: routine.agent "ezra" is of kind "forge". Name another one: that kind takes work by being assigned to an issue, which a routine has none of.
    timmy.toml:34:10: routine.prompt is blank. Say what is to be done.
    timmy.toml:35:1: routine.role is missing. Add role = "coder", or agent = with the name of the one that is to do it.
    timmy.toml:36:8: routine.name is "Oil the door", which is no name of a routine. Write one word of lower-case letters, digits, - and _, such as "dependencies".
    timmy.toml:40:1: routine.prompt is missing. Add a line prompt = ... to [routine].
    timmy.toml:41:8: routine.name "grease": there is no [report]. Add [report] with its repository: before its pull request is there, a routine has no other place to ask or to say that it failed.
    timmy.toml:44:8: routine.role is "researcher", which brings no pull request. Write "coder": what a routine finds stands in its pull request, and nowhere else.
    timmy.toml:45:9: routine.agent "claud" is no agent. Did you mean "claude"?
    timmy.toml:46:1: routine.prompts is not a key I know. Did you mean routine.prompt?
    16 problems: nothing was started.
    "#);
}
