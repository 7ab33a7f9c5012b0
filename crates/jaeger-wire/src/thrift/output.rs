//! The interface for writing a Thrift protocol.

/// The types of jaeger.thrift's fields.
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

/// A Thrift protocol, writing side. Values are appended to the caller's buffer.
pub(super) trait Output {
    /// Starts a struct and returns the argument for [`end`](Self::end).
    fn begin(&mut self) -> i16;
    /// Ends a struct.
    fn end(&mut self, outer: i16);
    fn field(&mut self, id: i16, kind: Kind);
    fn bool_field(&mut self, id: i16, value: bool);
    fn i32(&mut self, value: i32);
    fn i64(&mut self, value: i64);
    fn double(&mut self, value: f64);
    fn bytes(&mut self, value: &[u8]);
    /// Writes the header of a list of structs.
    fn list(&mut self, length: usize);
    /// Starts a field that is a list of structs; its length is known only at its end.
    fn begin_list(&mut self, id: i16) -> ListStart;
    /// Ends the list that was started at `start`.
    fn end_list(&mut self, start: ListStart, length: i32);
    /// Removes the field that was started at `start`.
    fn take_back(&mut self, start: ListStart);

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

    /// Writes a `Tag` of type `v_type` whose value is text or bytes in the field `id`.
    fn tag_bytes(&mut self, key: &str, v_type: u8, id: u8, value: &[u8]) {
        let outer = self.begin_tag(key, v_type);
        self.bytes_field(id.into(), value);
        self.end(outer);
    }

    /// The same with a float.
    fn tag_double(&mut self, key: &str, v_type: u8, id: u8, value: f64) {
        let outer = self.begin_tag(key, v_type);
        self.field(id.into(), Kind::Double);
        self.double(value);
        self.end(outer);
    }

    /// The same with a boolean.
    fn tag_bool(&mut self, key: &str, v_type: u8, id: u8, value: bool) {
        let outer = self.begin_tag(key, v_type);
        self.bool_field(id.into(), value);
        self.end(outer);
    }

    /// The same with an integer.
    fn tag_long(&mut self, key: &str, v_type: u8, id: u8, value: i64) {
        let outer = self.begin_tag(key, v_type);
        self.i64_field(id.into(), value);
        self.end(outer);
    }

    fn begin_tag(&mut self, key: &str, v_type: u8) -> i16 {
        let outer = self.begin();
        self.bytes_field(1, key.as_bytes());
        self.i32_field(2, v_type.into());
        outer
    }
}

/// The place in the buffer where a list field starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListStart {
    pub(super) field: usize,
    /// The place of its first item.
    pub(super) items: usize,
    /// The id of the previous field, in the compact protocol.
    pub(super) previous: i16,
}

/// As many of the bytes as fit Thrift's lengths, which are signed and have 32 bits.
pub(super) fn fitting(bytes: &[u8]) -> (i32, &[u8]) {
    match i32::try_from(bytes.len()) {
        Ok(length) => (length, bytes),
        Err(_) => (i32::MAX, bytes.get(..i32::MAX as usize).unwrap_or_default()),
    }
}
