"""An agent that speaks the Agent Client Protocol and does what a line of its prompt says, or else the
file `steps.json` in its home: steps, as JSON.

    ["write", PATH, TEXT]   writes a file
    ["ask", COMMAND]        runs a command, if that is allowed
    ["say", TEXT]           says something
    ["hang", COMMAND]       runs a command in a session of its own, and waits for a cancel
    ["exit", CODE]          ends
"""
import json
import os
import subprocess
import sys

MODE = sys.argv[1] if len(sys.argv) > 1 else ""

if MODE == "logs-in":
    # Each login is good for one use, and gives the next one.
    with open(os.path.expanduser("~/login"), "r+") as file:
        login = int(file.read()) + 1
        file.seek(0)
        file.write(str(login))


def tell(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def hear():
    line = sys.stdin.readline()
    if not line:
        if MODE == "stubborn":
            while True:
                os.read(os.pipe()[0], 1)
        sys.exit(0)
    return json.loads(line)


def update(**update):
    tell({"method": "session/update", "params": {"sessionId": "s", "update": update}})


def steps(prompt):
    for line in prompt.splitlines():
        if line.startswith("["):
            return line
    with open(os.path.expanduser("~/steps.json")) as file:
        return file.read()


def ask(command):
    options = [
        {"optionId": "forever", "kind": "allow_always", "name": "Always"},
        {"optionId": "yes", "kind": "allow_once", "name": "Once"},
        {"optionId": "no", "kind": "reject_once", "name": "No"},
    ]
    call = {"toolCallId": "t1", "kind": "execute", "title": command,
            "rawInput": {"command": command}}
    tell({"id": 7, "method": "session/request_permission",
          "params": {"sessionId": "s", "toolCall": call, "options": options}})
    while True:
        message = hear()
        if message.get("method") == "session/cancel":
            return None
        if message.get("id") == 7 and "result" in message:
            return message["result"]["outcome"].get("optionId") == "yes"


def work(steps):
    for step, *values in steps:
        if step == "write":
            with open(values[0], "w") as file:
                file.write(values[1])
        elif step == "say":
            update(sessionUpdate="agent_message_chunk",
                   content={"type": "text", "text": values[0]})
        elif step == "exit":
            print("the model is on fire", file=sys.stderr, flush=True)
            sys.exit(values[0])
        elif step == "ask":
            allowed = ask(values[0])
            if allowed is None:
                hear()
                return "cancelled"
            if allowed:
                subprocess.run(["sh", "-c", values[0]], check=True)
            update(sessionUpdate="agent_message_chunk",
                   content={"type": "text", "text": "allowed" if allowed else "denied"})
        elif step == "hang":
            subprocess.Popen(["sh", "-c", values[0]], start_new_session=True)
            update(sessionUpdate="tool_call", toolCallId="t2", title="hangs", kind="execute",
                   rawInput={"command": values[0]})
            while MODE == "stubborn" or hear().get("method") != "session/cancel":
                if MODE == "stubborn":
                    os.read(os.pipe()[0], 1)
            return "cancelled"
    return "end_turn"


if MODE == "broken":
    sys.exit("no configuration was found")
while True:
    asked = hear()
    method, answer = asked.get("method"), {"id": asked.get("id")}
    if method == "initialize":
        answer["result"] = {"protocolVersion": 1,
                            "agentInfo": {"name": "scripted", "version": "1.2"}}
    elif method == "session/new" and MODE == "logged-out":
        answer["error"] = {"code": -32000, "message": "Authentication required"}
    elif method == "session/new":
        assert os.path.samefile(asked["params"]["cwd"], os.getcwd())
        answer["result"] = {"sessionId": "s", "modes": {"currentModeId": "auto", "availableModes": [
            {"id": "default", "name": "Ask"}, {"id": "auto", "name": "Auto"}]}}
    elif method == "session/set_mode":
        answer["result"] = {}
    elif method == "session/prompt":
        reason = work(json.loads(steps(asked["params"]["prompt"][0]["text"])))
        answer["result"] = {"stopReason": reason,
                            "usage": {"inputTokens": 100, "outputTokens": 10, "totalTokens": 110}}
    else:
        continue
    tell(answer)
