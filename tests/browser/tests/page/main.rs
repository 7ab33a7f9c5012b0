//! Tests of the trace page in Chromium.

mod address;
mod compare;
mod details;
mod doors;
mod explore;
mod fields;
mod files;
mod filter;
mod layout;
mod live;
mod logs;
mod narrow;
mod odd;
mod place;
mod questions;
mod reading;
mod search;
mod service;
mod services;
mod states;
mod traces;
mod views;
mod waterfall;
