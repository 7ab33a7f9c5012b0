//! A separate Chromium for each test.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use test_kit::{Output, Process};

use crate::commands::{Cdp, ConsoleLog};
use crate::memory;

/// The longest to wait for something to appear, which only failing tests do.
const PATIENCE: Duration = Duration::from_mins(1);

/// The number of attempts to start chromedriver.
const ATTEMPTS: u32 = 5;

/// The window of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// 1440 by 900, light.
    Wide,
    /// 1440 by 900, dark.
    Dark,
    /// 390 by 844, light.
    Phone,
}

/// A browser with one page. Its chromedriver is stopped when this is dropped.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    driver: Process,
}

impl Browser {
    /// Starts Chromium.
    ///
    /// # Panics
    /// If chromedriver or Chromium is missing: `apt-get install chromium chromium-driver`.
    pub async fn open(view: View) -> Self {
        let (driver, port) = start_driver();
        let arguments = json!([
            "--headless=new",
            "--window-size=1440,900",
            "--hide-scrollbars",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            // Tests run as root in containers, where Chromium's sandbox does not work.
            "--no-sandbox",
            // Other sites are on this machine too, like a name that was pointed at it.
            "--host-resolver-rules=MAP *.example 127.0.0.1",
        ]);
        let capabilities = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("it is written as an object");
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await;
        let client = client.unwrap_or_else(|error| {
            panic!("Chromium does not start (`apt-get install chromium chromium-driver`): {error}")
        });
        let browser = Self { client, driver };
        browser.emulate(view).await;
        browser
    }

    async fn emulate(&self, view: View) {
        let (width, height) = if view == View::Phone {
            (390, 844)
        } else {
            (1440, 900)
        };
        let theme = if view == View::Dark { "dark" } else { "light" };
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": view == View::Phone }),
        )
        .await;
        let features = json!([{ "name": "prefers-color-scheme", "value": theme }]);
        self.cdp(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
    }

    /// Resizes the window, as a user does, or a phone that is turned.
    pub async fn resize(&self, width: u32, height: u32) {
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        )
        .await;
        self.until(&format!("return innerWidth === {width}")).await;
    }

    /// Moves the pointer to the middle of the first matching element.
    pub async fn point(&self, selector: &str) {
        self.wait(selector).await;
        let script = "const { left, top, width, height } = document.querySelector(arguments[0]).getBoundingClientRect();
            return [left + width / 2, top + height / 2]";
        let place = self.script(script, json!([selector])).await;
        self.cdp(
            "Input.dispatchMouseEvent",
            json!({ "type": "mouseMoved", "x": place[0], "y": place[1] }),
        )
        .await;
    }

    /// Sends a command of Chromium's own protocol.
    pub async fn cdp(&self, command: &'static str, parameters: Value) -> Value {
        let answer = self
            .client
            .issue_cmd(Cdp {
                command,
                parameters,
            })
            .await;
        answer.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Opens an address.
    pub async fn go(&self, url: &str) {
        let gone = self.client.goto(url).await;
        gone.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// The address of the page.
    pub async fn url(&self) -> String {
        let url = self.client.current_url().await;
        url.unwrap_or_else(|error| panic!("the page has no address: {error}"))
            .into()
    }

    /// Waits for a matching element; returns its text.
    pub async fn text(&self, selector: &str) -> String {
        self.wait(selector).await;
        let script = "return document.querySelector(arguments[0]).textContent";
        self.script(script, json!([selector]))
            .await
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The texts of all elements that match at the moment.
    pub async fn texts(&self, selector: &str) -> Vec<String> {
        let script =
            "return [...document.querySelectorAll(arguments[0])].map((node) => node.textContent)";
        let texts = self.script(script, json!([selector])).await;
        serde_json::from_value(texts).unwrap_or_default()
    }

    /// An attribute of the first matching element.
    pub async fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        self.wait(selector).await;
        let script = "return document.querySelector(arguments[0]).getAttribute(arguments[1])";
        self.script(script, json!([selector, name]))
            .await
            .as_str()
            .map(str::to_owned)
    }

    /// The number of elements that match at the moment.
    pub async fn count(&self, selector: &str) -> usize {
        self.texts(selector).await.len()
    }

    /// Waits for a matching element.
    pub async fn wait(&self, selector: &str) {
        let found = self
            .client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(selector))
            .await;
        if let Err(error) = found {
            panic!(
                "nothing matches {selector}: {error}\n{}",
                self.visible_text().await
            );
        }
    }

    /// Waits until the script returns true.
    pub async fn until(&self, script: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.script(script, json!([])).await != true {
            assert!(
                Instant::now() < deadline,
                "never true: {script}\n{}",
                self.visible_text().await
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn visible_text(&self) -> Value {
        self.script("return document.body.innerText.slice(0, 2000)", json!([]))
            .await
    }

    /// Clicks the first matching element, as a person does: one that is replaced just then, once it is
    /// there again.
    pub async fn click(&self, selector: &str) {
        loop {
            self.wait(selector).await;
            let element = self.client.find(Locator::Css(selector)).await;
            let clicked = match element {
                Ok(element) => element.click().await,
                Err(error) => Err(error),
            };
            match clicked {
                Ok(()) => return,
                Err(error) if error.is_stale_element_reference() => {}
                Err(error) => panic!("{selector} cannot be clicked: {error}"),
            }
        }
    }

    /// Types into the first matching field.
    pub async fn type_into(&self, selector: &str, text: &str) {
        self.wait(selector).await;
        let element = self.client.find(Locator::Css(selector)).await;
        let typed = match element {
            Ok(element) => element.send_keys(text).await,
            Err(error) => Err(error),
        };
        typed.unwrap_or_else(|error| panic!("{selector} takes no text: {error}"));
    }

    /// Inserts text at the focus in place of the selection, like a paste.
    pub async fn insert(&self, text: &str) {
        self.cdp("Input.insertText", json!({ "text": text })).await;
    }

    /// Presses a key at the focus.
    pub async fn press(&self, key: Key) {
        self.press_all(&char::from(key).to_string()).await;
    }

    /// Presses these keys one after the other at the focus.
    pub async fn press_all(&self, keys: &str) {
        let element = self.client.active_element().await;
        let pressed = match element {
            Ok(element) => element.send_keys(keys).await,
            Err(error) => Err(error),
        };
        pressed.unwrap_or_else(|error| panic!("{keys:?} cannot be pressed: {error}"));
    }

    /// Drags the pointer across the first matching element, between two fractions of its width.
    pub async fn drag(&self, selector: &str, from: f64, to: f64) {
        self.wait(selector).await;
        let script = "const { left, top, width, height } = document.querySelector(arguments[0]).getBoundingClientRect();
            return [left, top, width, height]";
        let place = self.script(script, json!([selector])).await;
        let place: Vec<f64> = serde_json::from_value(place).unwrap_or_default();
        let [left, top, width, height] = place[..] else {
            panic!("{selector} has no place");
        };
        let y = top + height / 2.0;
        for (kind, share, buttons) in [
            ("mousePressed", from, 1),
            ("mouseMoved", f64::midpoint(from, to), 1),
            ("mouseMoved", to, 1),
            ("mouseReleased", to, 0),
        ] {
            self.cdp(
                "Input.dispatchMouseEvent",
                json!({ "type": kind, "x": left + share * width, "y": y, "button": "left", "buttons": buttons, "clickCount": 1 }),
            )
            .await;
        }
    }

    /// Drops a file onto the page.
    pub async fn drop_file(&self, name: &str, contents: &str) {
        let script = "const data = new DataTransfer();
            data.items.add(new File([arguments[1]], arguments[0], { type: 'application/json' }));
            document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))";
        self.script(script, json!([name, contents])).await;
    }

    /// The text in the clipboard.
    pub async fn clipboard(&self) -> String {
        self.cdp(
            "Browser.grantPermissions",
            json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] }),
        )
        .await;
        let read = "navigator.clipboard.readText().then(arguments[0], (error) => arguments[0](String(error)))";
        let text = self.script_async(read, Vec::new()).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Runs the body of a function in the page; returns its result.
    pub async fn script(&self, body: &str, arguments: Value) -> Value {
        let Value::Array(arguments) = arguments else {
            panic!("the arguments of a script are a list");
        };
        let result = self.client.execute(body, arguments).await;
        result.unwrap_or_else(|error| panic!("{body}: {error}"))
    }

    /// Runs the body of an asynchronous function, whose last argument receives the result.
    pub async fn script_async(&self, body: &str, arguments: Vec<Value>) -> Value {
        let result = self.client.execute_async(body, arguments).await;
        result.unwrap_or_else(|error| panic!("{body}: {error}"))
    }

    /// The messages of the page and the browser in the console since the last call.
    pub async fn console(&self) -> Vec<String> {
        let log = self.client.issue_cmd(ConsoleLog).await;
        let log = log.unwrap_or_else(|error| panic!("the console cannot be read: {error}"));
        let messages = log.as_array().into_iter().flatten();
        messages
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// The private memory of the process that renders the page, in megabytes.
    pub fn renderer_memory(&self) -> f64 {
        memory::of_renderer(self.driver.id())
    }

    /// Saves a picture of the page as `artifacts/{name}.png`.
    pub async fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../artifacts");
        let picture = self.client.screenshot().await;
        let picture = picture.unwrap_or_else(|error| panic!("no picture of {name}: {error}"));
        let kept = fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join(format!("{name}.png")), picture));
        kept.unwrap_or_else(|error| panic!("artifacts/{name}.png: {error}"));
    }

    /// Ends the browser, whatever the console holds.
    pub async fn quit(self) {
        let Self { client, driver } = self;
        // If this fails, the driver ends the browser when it ends itself.
        let _closed = client.close().await;
        drop(driver);
    }
}

/// Starts chromedriver on a port that it chooses itself. It chooses one that is free in IPv4, and
/// ends if another program has the same port in IPv6, so it may have to be started again.
fn start_driver() -> (Process, u16) {
    (0..ATTEMPTS)
        .find_map(|_| attempt().ok())
        .unwrap_or_else(|| panic!("chromedriver ended {ATTEMPTS} times before it listened"))
}

fn attempt() -> Result<(Process, u16), String> {
    let mut command = Command::new("chromedriver");
    command.arg("--port=0").stderr(Stdio::null());
    let mut port = 0;
    let driver = Process::start(&mut command, Output::Stdout, |line| {
        let listens = line
            .strip_suffix('.')
            .and_then(|line| line.rsplit_once("on port "));
        port = listens.and_then(|(_, port)| port.parse().ok()).unwrap_or(0);
        port != 0
    })?;
    Ok((driver, port))
}
