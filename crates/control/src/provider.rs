//! What providers do.
