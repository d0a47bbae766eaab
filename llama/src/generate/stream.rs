//! Text as an asynchronous stream, of any runtime.
#![forbid(unsafe_code)]

use super::completion::{Completion, Piece};
use super::generation::GenerationBuilder;
use super::session::Session;
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::token::Token;
use futures_core::Stream;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;

/// Pieces that may wait for the reader; then the computation waits.
const CAPACITY: usize = 16;

/// A text being generated on a thread of its own: a [`Stream`] of its pieces, and the result.
///
/// Made by [`Session::stream`] and [`Chat::stream`](crate::Chat::stream), which it owns while it runs;
/// [`finish`](Self::finish) and [`cancel`](Self::cancel) give them back. Needs no runtime and no executor of a
/// certain kind. At most 16 pieces are computed ahead of the reader. Dropping the stream ends the computation
/// within one ubatch and drops what it owns; it does not wait for that.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut out = String::new();
/// # futures_executor::block_on(async {
/// let mut reply = model.chat("")?.stream("What is the capital of France?")?;
/// while let Some(piece) = reply.next_piece().await {
///     print!("{}", piece?.text);
/// #   out.push('x');
/// }
/// let (mut chat, done) = reply.finish().await;
/// println!("\n{:?}", done?.stop);
/// # assert!(!out.is_empty() && chat.messages().len() == 2);
/// # Ok::<(), llama::Error>(())
/// # })?;
/// # Ok::<(), llama::Error>(())
/// ```
#[must_use = "dropping a stream ends it"]
pub struct TextStream<T> {
    channel: Arc<Channel>,
    halt: CancelToken,
    worker: Option<JoinHandle<(T, Result<Completion>)>>,
}

/// Where the worker leaves its pieces.
#[derive(Default)]
pub(crate) struct Channel {
    queue: Mutex<Queue>,
    room: Condvar,
}

#[derive(Default)]
struct Queue {
    pieces: VecDeque<Result<Piece>>,
    reader: Option<Waker>,
    /// The worker has ended.
    ended: bool,
    /// Nobody will read any more.
    abandoned: bool,
}

impl Channel {
    /// No code of a caller runs under the lock, so what a panic left behind is sound.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room; false when nobody reads any more.
    fn send(&self, piece: Result<Piece>) -> bool {
        let queue = self.lock();
        let mut queue = self
            .room
            .wait_while(queue, |queue| queue.pieces.len() >= CAPACITY && !queue.abandoned)
            .unwrap_or_else(PoisonError::into_inner);
        if queue.abandoned {
            return false;
        }
        queue.pieces.push_back(piece);
        wake(queue);
        true
    }

    /// Sends all pieces as long as somebody reads.
    pub(crate) fn send_all(&self, mut next: impl FnMut() -> Option<Result<Piece>>) {
        while let Some(piece) = next() {
            if !self.send(piece) {
                break;
            }
        }
    }

    /// Sends what came instead of a text.
    pub(crate) fn refuse(&self, error: Error) -> Result<Completion> {
        self.send(Err(error.clone()));
        Err(error)
    }

    fn abandon(&self) {
        let mut queue = self.lock();
        queue.abandoned = true;
        queue.pieces.clear();
        self.room.notify_all();
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<Option<Result<Piece>>> {
        let mut queue = self.lock();
        if let Some(piece) = queue.pieces.pop_front() {
            self.room.notify_all();
            return Poll::Ready(Some(piece));
        }
        if queue.ended {
            return Poll::Ready(None);
        }
        queue.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Wakes the reader once the lock is free: what a waker does is not ours.
fn wake(mut queue: MutexGuard<'_, Queue>) {
    let reader = queue.reader.take();
    drop(queue);
    if let Some(reader) = reader {
        reader.wake();
    }
}

/// Tells the reader that the worker has ended, also when it panicked.
struct Ending(Arc<Channel>);

impl Drop for Ending {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.ended = true;
        wake(queue);
    }
}

impl<T: Send + 'static> TextStream<T> {
    /// Runs `work` on a thread. A switch of its own in the `session` that computes ends it at the next ubatch.
    pub(crate) fn spawn(
        mut owned: T,
        session: fn(&mut T) -> &mut Session,
        work: impl FnOnce(&mut T, &Channel) -> Result<Completion> + Send + 'static,
    ) -> Result<Self> {
        let channel = Arc::new(Channel::default());
        let (ending, halt) = (Ending(Arc::clone(&channel)), session(&mut owned).new_halt());
        let worker = std::thread::Builder::new().name("llama-stream".to_owned()).spawn(move || {
            let done = work(&mut owned, &ending.0);
            // Who cancels a stream that has ended does not mean what comes after it.
            session(&mut owned).new_halt();
            (owned, done)
        });
        let worker = worker
            .map_err(|error| Error::Failed { operation: "starting a thread", detail: error.to_string() })?;
        Ok(Self { channel, halt, worker: Some(worker) })
    }

    /// A switch that ends this text within one ubatch, from any thread; what there is can still be read. It
    /// belongs to this stream alone.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        self.halt.clone()
    }

    /// The next piece of text with its tokens; `None` at the end.
    pub async fn next_piece(&mut self) -> Option<Result<Piece>> {
        poll_fn(|cx| self.channel.poll(cx)).await
    }

    /// Waits for the end, and gives back what the stream owns and the result.
    ///
    /// # Panics
    /// When the computing thread panicked, with the same message.
    pub async fn finish(mut self) -> (T, Result<Completion>) {
        while self.next_piece().await.is_some() {}
        self.join()
    }

    /// Ends the text here, and gives back what the stream owns and the result so far. Blocks until the ubatch
    /// that is being computed is done.
    ///
    /// # Panics
    /// When the computing thread panicked, with the same message.
    pub fn cancel(mut self) -> (T, Result<Completion>) {
        self.halt.cancel();
        self.channel.abandon();
        self.join()
    }

    /// Waits for the worker, which has nothing left to do.
    fn join(&mut self) -> (T, Result<Completion>) {
        let worker = self.worker.take().expect("a stream is joined once: this takes it");
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl<T: Send + 'static> Stream for TextStream<T> {
    type Item = Result<String>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.channel.poll(cx) {
                // The last tokens may have no text.
                Poll::Ready(Some(Ok(piece))) if piece.text.is_empty() => {}
                Poll::Ready(piece) => return Poll::Ready(piece.map(|piece| piece.map(|piece| piece.text))),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<T> Drop for TextStream<T> {
    fn drop(&mut self) {
        if self.worker.is_some() {
            self.halt.cancel();
            self.channel.abandon();
        }
    }
}

impl<T> fmt::Debug for TextStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextStream").finish_non_exhaustive()
    }
}

impl Session {
    /// As [`generate`](Self::generate), on a thread of its own as an asynchronous stream. `setup` chooses
    /// everything else, as on the builder.
    ///
    /// ```
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// # let session = llama::Session::new(model.context_builder().n_ctx(512).build()?)?;
    /// # let prompt = model.vocab().tokenize("Once upon a time", llama::Special::AsText)?;
    /// # futures_executor::block_on(async {
    /// let story = session.stream(&prompt, |story| story.max_tokens(20))?;
    /// let (session, done) = story.finish().await;
    /// println!("{}", done?.text);
    /// # Ok::<(), llama::Error>(())
    /// # })?;
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Failed`] when no thread can be started. What [`start`](GenerationBuilder::start) refuses is the
    /// first item of the stream.
    pub fn stream(
        self,
        prompt: &[Token],
        setup: impl FnOnce(GenerationBuilder<'_>) -> GenerationBuilder<'_> + Send + 'static,
    ) -> Result<TextStream<Self>> {
        let prompt = prompt.to_vec();
        TextStream::spawn(self, Self::itself, move |session, channel| {
            let mut generation = match setup(session.generate(&prompt)).start() {
                Ok(generation) => generation,
                Err(error) => return channel.refuse(error),
            };
            channel.send_all(|| generation.next_piece());
            generation.cancel()
        })
    }

    fn itself(&mut self) -> &mut Self {
        self
    }
}
