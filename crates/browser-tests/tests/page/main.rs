//! The trace page, looked at in Chromium.

mod waterfall;
