//! A short memory of tokens, to avoid repeated work.

use super::token::Token;

/// Recently noted tokens, each in the place given by its lowest bits; `PLACES` is a power of two.
/// Looking here is faster than repeating most work.
#[derive(Debug)]
pub(super) struct Recent<const PLACES: usize>([Token; PLACES]);

impl<const PLACES: usize> Default for Recent<PLACES> {
    /// Fills each place with a token that belongs to the next one, so that none is found.
    fn default() -> Self {
        const { assert!(PLACES.is_power_of_two() && PLACES > 1) };
        Self(std::array::from_fn(|place| Token(place as u64 + 1)))
    }
}

impl<const PLACES: usize> Recent<PLACES> {
    /// Notes a token; returns false if it was already noted. A noted token may be forgotten.
    #[inline]
    pub(super) fn note(&mut self, token: Token) -> bool {
        let place = usize::try_from(token.0 % PLACES as u64).unwrap_or_default();
        let Some(noted) = self.0.get_mut(place) else {
            return true;
        };
        let is_new = *noted != token;
        *noted = token;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_new_once() {
        let mut recent = Recent::<4>::default();
        for token in (0..8).map(Token) {
            assert!(recent.note(token), "{token:?}");
            assert!(!recent.note(token), "{token:?}");
        }
        assert!(recent.note(Token(0)), "the place was taken by another");
    }
}
