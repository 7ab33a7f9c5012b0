//! Attacks that once broke the program or made it report something untrue.

mod answers;
mod cases;
mod disk;
mod doors;
mod ports;
