//! What a Thrift protocol must be able to write.

/// The types that jaeger.thrift's fields have.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    I32,
    I64,
    Double,
    /// Text or bytes.
    String,
    Struct,
    List,
}

/// A Thrift protocol, write side. Values are appended to the caller's buffer.
pub(super) trait Output {
    /// Starts a struct and returns what [`end`](Self::end) needs.
    fn begin(&mut self) -> i16;
    /// Ends a struct.
    fn end(&mut self, outer: i16);
    fn field(&mut self, id: i16, kind: Kind);
    fn bool_field(&mut self, id: i16, value: bool);
    fn i32(&mut self, value: i32);
    fn i64(&mut self, value: i64);
    fn double(&mut self, value: f64);
    fn bytes(&mut self, value: &[u8]);
    /// The head of a list of structs.
    fn list(&mut self, length: usize);

    fn i32_field(&mut self, id: i16, value: i32) {
        self.field(id, Kind::I32);
        self.i32(value);
    }

    fn i64_field(&mut self, id: i16, value: i64) {
        self.field(id, Kind::I64);
        self.i64(value);
    }

    fn bytes_field(&mut self, id: i16, value: &[u8]) {
        self.field(id, Kind::String);
        self.bytes(value);
    }
}

/// As many of `items`, bytes or elements, as Thrift's lengths can tell: they are signed and have 32
/// bits.
pub(super) fn fitting<T>(items: &[T]) -> (i32, &[T]) {
    match i32::try_from(items.len()) {
        Ok(length) => (length, items),
        Err(_) => (i32::MAX, items.get(..i32::MAX as usize).unwrap_or_default()),
    }
}
