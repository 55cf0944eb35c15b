//! Headless Chromium, spoken to over its debugging pipe: JSON messages that end with a NUL.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Under which names it is installed.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) struct Browser {
    process: Child,
    requests: ChildStdin,
    messages: Receiver<Value>,
    last_id: u64,
    session: Value,
    complaints: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// Starts one with an empty page; `None`, said loudly, where none is installed.
    pub(crate) fn start() -> Option<Self> {
        let Some(name) = NAMES.into_iter().find(|name| is_installed(name)) else {
            let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!is_ci, "no Chromium is installed: .ci/run does that");
            // Not `eprintln!`, which is shown of failing tests only.
            let _ = io::stderr()
                .write_all(b"\nNO CHROMIUM IS INSTALLED: the page is tested over HTTP alone.\n");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        // The shell moves the pipes to where the browser expects them.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", name])
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-dev-shm-usage", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (requests, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            for message in BufReader::new(answers).split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).unwrap();
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let (session, complaints) = (Value::Null, Vec::new());
        let mut browser = Self {
            process,
            requests,
            messages,
            last_id: 0,
            session,
            complaints,
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let target = json!({ "targetId": target["targetId"], "flatten": true });
        browser.session = browser.call("Target.attachToTarget", target)["sessionId"].take();
        browser.call("Runtime.enable", json!({}));
        browser.call("Log.enable", json!({}));
        Some(browser)
    }

    /// Opens `url` and waits until it is read.
    pub(crate) fn open(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url }));
        self.until("location.href !== 'about:blank' && document.readyState === 'complete'");
    }

    /// Looks from so wide a screen, in a room that is dark or not.
    pub(crate) fn look_from(&mut self, width: u32, is_dark: bool) {
        let screen = json!({
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 800,
        });
        self.call("Emulation.setDeviceMetricsOverride", screen);
        let scheme = if is_dark { "dark" } else { "light" };
        let scheme = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": scheme }));
    }

    /// All of the page as a PNG picture.
    pub(crate) fn screenshot(&mut self) -> Vec<u8> {
        let whole = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.call("Page.captureScreenshot", whole);
        BASE64_STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()
    }

    pub(crate) fn press_tab(&mut self) {
        self.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
        for kind in ["rawKeyDown", "keyUp"] {
            let key = json!({
                "type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9,
            });
            self.call("Input.dispatchKeyEvent", key);
        }
    }

    /// What `selector` shows.
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let shown =
            self.evaluate(&format!("document.querySelector({}).innerText", json!(selector)));
        shown.as_str().unwrap().to_owned()
    }

    pub(crate) fn click(&mut self, selector: &str) {
        self.evaluate(&format!("document.querySelector({}).click()", json!(selector)));
    }

    /// Types at the end of a text field.
    pub(crate) fn type_into(&mut self, selector: &str, text: &str) {
        let field = format!("document.querySelector({})", json!(selector));
        self.evaluate(&format!("{field}.focus(), {field}.setSelectionRange(1e6, 1e6)"));
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Waits until `condition` holds, on this page or the one that it leads to.
    pub(crate) fn until(&mut self, condition: &str) {
        let patience = Instant::now() + PATIENCE;
        let attempt = format!(
            "new Promise(done => requestAnimationFrame(() => setTimeout(() => done({condition}), 10)))"
        );
        while self.try_evaluate(&attempt) != Some(json!(true)) {
            assert!(Instant::now() < patience, "waited in vain until {condition}");
        }
    }

    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        self.try_evaluate(expression).unwrap_or_else(|| panic!("{expression} cannot be evaluated"))
    }

    /// `None` if it throws, or the page goes away meanwhile.
    fn try_evaluate(&mut self, expression: &str) -> Option<Value> {
        let parameters =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.ask("Runtime.evaluate", parameters);
        let failed =
            answer.get("error").is_some() || !answer["result"]["exceptionDetails"].is_null();
        (!failed).then(|| answer["result"]["result"]["value"].take())
    }

    /// What the browser complained about: blocked resources, errors of the page's script.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.complaints.clone()
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        let mut answer = self.ask(method, parameters);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.last_id += 1;
        let mut request = json!({ "id": self.last_id, "method": method, "params": parameters });
        if !self.session.is_null() {
            request["sessionId"] = self.session.clone();
        }
        self.requests.write_all(format!("{request}\0").as_bytes()).unwrap();
        loop {
            let message = self.messages.recv_timeout(PATIENCE).expect("an answer of the browser");
            if message["id"] == self.last_id {
                return message;
            }
            let complains = message["method"] == "Runtime.exceptionThrown"
                || message["method"] == "Log.entryAdded"
                    && message["params"]["entry"]["level"] == "error";
            if complains {
                self.complaints.push(message["params"].to_string());
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn is_installed(name: &str) -> bool {
    let mut asked = Command::new(name);
    asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}
