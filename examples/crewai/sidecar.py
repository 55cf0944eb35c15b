#!/usr/bin/env python3
"""A CrewAI agent as timmy runs it: kind `crewai`, one process and one fresh crew for each attempt.

timmy starts it in a clone of the repository, in a sandbox, and writes the task as one line of JSON to
its input. It prints JSON lines: what it does, what its model used, what it said last. What it leaves
in the clone timmy commits and pushes once it has ended. README.md beside this says how to set it up.

What decides is not in here. Who may approve, what a yes covers and whether the work is done is
timmy's: a crew that needs a person ends with the outcome `blocked` and its question, this process
exits, and the answer comes in the task of a later one, with the changes as they were.
"""

import argparse
import ctypes
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

# Before CrewAI is imported: it prints to the output, and would call home.
LINES = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
os.environ.update(
    CREWAI_DISABLE_TELEMETRY="true",
    CREWAI_DISABLE_TRACKING="true",
    CREWAI_DISABLE_VERSION_CHECK="true",
    CREWAI_TRACING_ENABLED="false",
    OTEL_SDK_DISABLED="true",
    # Its replay database; relative paths mean something else to it.
    CREWAI_STORAGE_DIR=str(Path(os.environ.get("HOME", "/tmp"), ".crewai").absolute()),
)

# Of linux/prctl.h: nobody else reads this process's environment or memory from then on.
PR_SET_DUMPABLE = 4

# The most of one result of a tool, in characters, and of one file that is read, in bytes.
LONGEST_RESULT = 24_000
LARGEST_FILE = 1 << 20
# The most lines that a search finds, and files that a list names.
MOST_FOUND = 100
MOST_LISTED = 500
# How long one command may take, in seconds.
COMMAND_TIME = 600

# What an agent is to CrewAI, by what its job is for: role, goal, backstory.
ROLES = {
    "code": ("Coder", "Make the change that is asked for, as small as it can be, with its test.",
             "You read before you write, and run the tests before you end."),
    "repair": ("Coder", "Mend what was found wrong with the change, and nothing else.",
               "You read before you write, and run the tests before you end."),
    "review": ("Reviewer", "Find what is wrong with the change before people have to.",
               "You name file and line, and what would be right. Taste is no finding."),
    "research": ("Researcher", "Find out what is asked, with the lines that show it.",
                 "You tell what you saw apart from what you conclude."),
    "ops": ("DevOps engineer", "Do exactly what is asked, and say what was done.",
            "You ask a person before anything that cannot be taken back."),
    "plan": ("Manager", "Cut the work into as few tasks as it takes.",
             "Each task has one role and says when it is done."),
    "split": ("Manager", "Cut the epic into as few issues as it takes.",
              "Each can be done and reviewed for itself, and says when it is done."),
}
WRITING = {"code", "repair"}

# What CrewAI fills in wherever it stands, also in what people wrote.
FILLED_IN = ("{input}", "{tools}", "{tool_names}")

# Nobody sees it.
WORD_JOINER = "\u2060"


SAYING = threading.Lock()


def say(**line):
    """One line for timmy: doing="...", say="...", usage={...} or failed="..."."""
    with SAYING:
        LINES.write(json.dumps(line) + "\n")
        LINES.flush()


def shortened(text):
    if len(text) <= LONGEST_RESULT:
        return text
    half = LONGEST_RESULT // 2
    return text[:half] + "\n[... left out ...]\n" + text[-half:]


class Clone:
    """What the tools see: the files of the clone, and nothing of git's own."""

    def __init__(self, folder):
        self.folder = Path(folder).resolve()

    def path(self, name):
        path = (self.folder / name).resolve()
        inside = path == self.folder or self.folder in path.parents
        if not inside or ".git" in path.relative_to(self.folder).parts:
            raise ValueError(f"{name} lies outside of the repository")
        return path

    def files(self, below=""):
        """The files that git knows or would add, below a folder."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=self.folder, stdout=subprocess.PIPE, check=True,
        ).stdout.decode(errors="replace")
        below = "" if below == "." else below.removeprefix("./").strip("/")
        names = sorted(set(filter(None, listed.split("\0"))))
        return [n for n in names if not below or n == below or n.startswith(below + "/")]

    def text(self, name):
        path = self.path(name)
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError(f"{name} is larger than {LARGEST_FILE} bytes")
        return path.read_text(errors="replace")

    def list(self, folder=""):
        names = self.files(folder)
        more = len(names) - MOST_LISTED
        return "\n".join(names[:MOST_LISTED]) + (f"\n[{more} more]" if more > 0 else "")

    def search(self, text, folder=""):
        found = []
        for name in self.files(folder):
            try:
                lines = self.text(name).splitlines()
            except (OSError, ValueError):
                continue
            found += [f"{name}:{nth}: {line[:300]}"
                      for nth, line in enumerate(lines, 1) if text in line]
            if len(found) >= MOST_FOUND:
                return "\n".join(found[:MOST_FOUND]) + "\n[there is more]"
        return "\n".join(found) or "Nothing holds that."

    def read(self, path, first=1, lines=400):
        all_lines = self.text(path).splitlines()
        part = all_lines[first - 1:first - 1 + lines]
        return f"{path}, lines {first} to {first - 1 + len(part)} of {len(all_lines)}:\n" + "\n".join(part)

    def write(self, path, content, replaces=""):
        file = self.path(path)
        if replaces:
            before = self.text(path)
            if before.count(replaces) != 1:
                return f"`replaces` stands {before.count(replaces)} times in {path}: it must be once."
            content = before.replace(replaces, content)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        return f"{path} has {len(content.splitlines())} lines now."

    def delete(self, path):
        self.path(path).unlink()
        return f"{path} is gone."

    def run(self, command):
        try:
            ran = subprocess.run(["sh", "-c", command], cwd=self.folder, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 timeout=COMMAND_TIME)
        except subprocess.TimeoutExpired:
            return f"It did not end within {COMMAND_TIME} seconds."
        return f"It ended with {ran.returncode}.\n{ran.stdout.decode(errors='replace')}"


def as_written(prompt):
    """The prompt as CrewAI leaves it alone: a word joiner within such a place."""
    for place in FILLED_IN:
        prompt = prompt.replace(place, place[:-1] + WORD_JOINER + "}")
    return prompt


def as_meant(value):
    """What a model copied out of its prompt, without what `as_written` put there; all else as it is."""
    if isinstance(value, str):
        for place in FILLED_IN:
            value = value.replace(place[:-1] + WORD_JOINER, place[:-1])
    return value


def tools(clone, purpose):
    """The tools of a purpose. What goes wrong in one is told to the model, and ends nothing."""
    from crewai.tools import BaseTool
    from pydantic import BaseModel, Field, create_model

    path = (str, Field(description="Path of the file, from the root of the repository"))
    folder = (str, Field(default="", description="Only below this folder"))
    known = {
        "list_files": (clone.list, "The files of the repository.", {"folder": folder}),
        "search": (clone.search, "The lines that hold a text.",
                   {"text": (str, Field(description="The text, on one line")), "folder": folder}),
        "read_file": (clone.read, "Lines of a file.",
                      {"path": path, "first": (int, Field(default=1, ge=1)),
                       "lines": (int, Field(default=400, ge=1, le=2000))}),
        "run": (clone.run, "Runs a shell command in the repository, in a sandbox: tests, git log.",
                {"command": (str, Field(description="For sh -c"))}),
        "write_file": (clone.write, "Writes a file, or the one place in it that holds `replaces`.",
                       {"path": path, "content": (str, Field(description="The new text")),
                        "replaces": (str, Field(default="", description="What it takes the place of; empty for the whole file"))}),
        "delete_file": (clone.delete, "Deletes a file.", {"path": path}),
    }
    writes = {"write_file", "delete_file"}

    def tool(title, does, about, fields):
        class Tool(BaseTool):
            name: str = title
            description: str = about
            args_schema: type[BaseModel] = create_model(title, **fields)

            def _run(self, **arguments):
                arguments = {key: as_meant(value) for key, value in arguments.items()}
                shown = " ".join(str(v) for v in list(arguments.values())[:1])[:80]
                say(doing=f"{title} {shown}".strip())
                try:
                    return shortened(does(**arguments))
                except (OSError, ValueError, subprocess.SubprocessError) as error:
                    return f"That failed: {error}"

        return Tool()

    return [tool(title, *of) for title, of in known.items()
            if purpose in WRITING or title not in writes]


class Usage:
    """The sum of the calls to the model. As soon as one does not tell, all is unknown."""

    def __init__(self):
        self.lock = threading.Lock()
        self.calls, self.input, self.output, self.known = 0, 0, 0, True

    def listen(self):
        from crewai.events import LLMCallCompletedEvent, crewai_event_bus

        @crewai_event_bus.on(LLMCallCompletedEvent)
        def count(_source, event):
            told = event.usage or {}
            read, written = told.get("prompt_tokens") or 0, told.get("completion_tokens") or 0
            with self.lock:
                self.calls += 1
                self.input, self.output = self.input + read, self.output + written
                self.known = self.known and read + written > 0
                self.tell()

    def tell(self):
        if self.known and self.calls:
            say(usage={"input_tokens": self.input, "output_tokens": self.output})

    def compare(self, total):
        """What the crew counts must be the sum of its parts; where it is more, that counts."""
        with self.lock:
            read, written = total.prompt_tokens, total.completion_tokens
            if self.known and (read, written) != (self.input, self.output):
                say(say=f"The crew counts {read} + {written} tokens, its {self.calls} calls "
                        f"{self.input} + {self.output}: the larger one counts.")
                self.input, self.output = max(read, self.input), max(written, self.output)
            self.tell()


def work(task, options):
    say(doing="starts CrewAI")
    from crewai import LLM, Agent, Crew, Process, Task
    from crewai.events import crewai_event_bus

    usage = Usage()
    usage.listen()
    purpose = task["purpose"]
    role, goal, backstory = ROLES.get(purpose, ROLES["research"])
    agent = Agent(
        role=role, goal=goal, backstory=backstory,
        llm=LLM(model=f"openai/{options.model}", base_url=options.base_url,
                api_key=options.key or "none", timeout=300),
        tools=tools(Clone(os.getcwd()), purpose),
        allow_delegation=False, max_iter=options.turns, max_retry_limit=0, verbose=False,
        max_execution_time=max(60, task["limits"]["seconds"] - 60),
    )


    asked = Task(description=as_written(task["prompt"]), agent=agent,
                 expected_output="What the task above asks for, ended by its result line.")
    crew = Crew(agents=[agent], tasks=[asked], process=Process.sequential,
                memory=False, planning=False, tracing=False, verbose=False)
    say(doing=f"works as {role}")
    result = crew.kickoff()
    crewai_event_bus.flush(timeout=30)
    usage.compare(crew.usage_metrics)
    say(say=as_meant(result.raw))


def main():
    read = argparse.ArgumentParser(description="A CrewAI agent for timmy.")
    read.add_argument("--model", required=True, help="as its server calls it")
    read.add_argument("--base-url", required=True, help="of an OpenAI-compatible server")
    read.add_argument("--key-variable", default="CREW_API_KEY",
                      help="the variable of the environment that holds its key")
    read.add_argument("--turns", type=int, default=40, help="the most calls of one attempt")
    options = read.parse_args()
    # What its tools run gets no key.
    options.key = os.environ.pop(options.key_variable, None)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    task = json.loads(sys.stdin.readline())
    try:
        work(task, options)
    # What its server answers arrives as errors of many libraries; timmy tells them apart.
    except Exception as error:
        status = getattr(error, "status_code", None)
        say(failed=f"HTTP {status}: {error}" if status else f"{type(error).__name__}: {error}")
        sys.exit(1)


if __name__ == "__main__":
    main()
