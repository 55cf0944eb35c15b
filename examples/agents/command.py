#!/usr/bin/env python3
"""An agent of kind `command`, to begin with: it does what a program of yours says.

timmy starts it once for each attempt, in a clone of the repository with the job's branch checked
out, in a sandbox. It reads one JSON object from its input and prints JSON lines. What it leaves in
the clone, committed or not, timmy commits, pushes and opens a pull request for, once it has ended.

    [[agent]]
    name = "janitor"
    kind = "command"
    account = "janitor"
    token_file = "/etc/timmy/janitor.gitea-token"
    command = ["/usr/local/bin/command.py", "npx", "--yes", "some-coding-agent"]
    env = ["PATH", "LANG", "SOME_API_KEY"]
    roles = ["coder"]

Whatever stands behind it in `command` is run with the prompt on its input. Adapt what follows.
"""

import json
import subprocess
import sys


def say(**line):
    """One line for timmy: doing="...", say="...", usage={...} or result={...}."""
    print(json.dumps(line), flush=True)


def main():
    # {"version": 1, "key", "purpose", "repository", "base": {"branch", "commit"}, "branch", "pull",
    #  "prompt", "limits": {"seconds"}}
    task = json.load(sys.stdin)
    program = sys.argv[1:]
    say(doing="works on " + task["branch"])
    run = subprocess.run(program, input=task["prompt"], stdout=subprocess.PIPE, text=True)
    said = run.stdout.strip()
    say(say=said)
    # Optional, all of it so far: {"input_tokens": 1200, "output_tokens": 80, "usd": 0.02}
    # say(usage={...})
    if run.returncode != 0:
        # Without a result the attempt has failed, with the last line of the errors.
        sys.exit(run.returncode)
    changed = subprocess.run(["git", "status", "--porcelain"], stdout=subprocess.PIPE, text=True)
    ahead = subprocess.run(
        ["git", "rev-list", "--count", task["base"]["commit"] + "..HEAD"],
        stdout=subprocess.PIPE,
        text=True,
    )
    summary = said.splitlines()[-1] if said else "It said nothing."
    if task["purpose"] in ("code", "repair") and (changed.stdout or ahead.stdout.strip() != "0"):
        # Or {"outcome": "blocked", "summary": "what a person has to decide"}.
        say(result={"outcome": "pull_request", "summary": summary})
    elif task["purpose"] in ("code", "repair"):
        # Whoever knows that nothing has to change says what shows it:
        # {"outcome": "no_change", "files": ["src/door.py"], "summary": "why"}; or "commit", or "pull".
        say(result={"outcome": "blocked", "summary": "It changed nothing. " + summary})
    else:
        say(result={"outcome": "comment", "summary": said})


if __name__ == "__main__":
    main()
