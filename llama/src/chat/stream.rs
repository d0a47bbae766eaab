//! Replies as asynchronous streams.

use super::Chat;
use crate::error::Result;
use crate::generate::{Session, TextStream};
use crate::message::Message;

impl Chat {
    /// As [`send`](Self::send), on a thread of its own as an asynchronous stream, see [`TextStream`].
    ///
    /// # Errors
    /// [`Error::Failed`](crate::Error::Failed) when no thread can be started. What [`send`](Self::send) refuses
    /// is the first item of the stream.
    pub fn stream(self, message: impl Into<Message>) -> Result<TextStream<Self>> {
        self.stream_message(message.into())
    }

    /// As [`stream`](Self::stream), for a message of any role.
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn stream_message(self, message: Message) -> Result<TextStream<Self>> {
        // Now, not on the other thread: who cancels from here on means this reply.
        self.switch_on();
        TextStream::spawn(self, Self::session_mut, move |chat, channel| {
            let mut reply = match chat.reply_to(Some(message), None) {
                Ok(reply) => reply,
                Err(error) => return channel.refuse(error),
            };
            channel.send_all(|| reply.next_piece());
            reply.cancel()
        })
    }

    fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}
