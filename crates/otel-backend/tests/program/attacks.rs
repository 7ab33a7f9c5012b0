//! What was found to break the program, or to make it say something untrue, and no longer does.

mod answers;
mod cases;
mod disk;
mod doors;
mod ports;
