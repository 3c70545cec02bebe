//! The same messages, answered with the same bytes for as long as their answer lasts.
//!
//! A driver that asks a prepared question again sends Bind, Describe and Execute byte by byte as before, and one that prepares nothing the same
//! Query, or the same Parse before them. Where the answer came from the cache and still stands, nothing is decoded, bound or written anew. Whatever the answer depends on is
//! looked at each time: the prepared statement, its generations of settings, configuration and catalog, the transaction; and by the answer
//! itself its age and the cache.

use std::sync::Arc;
use std::time::Instant;

use bytes::{Buf, BytesMut};

use super::connection::Connection;
use super::message;
use crate::query::lasting::Lasting;
use crate::session::Statement;
use crate::types::literal::Literal;

/// The most bytes of messages that are remembered together.
const MESSAGES: usize = 1024;
/// The longest answer that is kept.
const ANSWER: usize = 16 * 1024;
/// Answers that one connection keeps.
const KEPT: usize = 8;

/// How a statement is asked for.
#[derive(Clone)]
enum Asked {
    /// By the name under which it was prepared.
    Prepared(String),
    /// By its text, in a Parse without a name.
    Parsed,
    /// By its text, in a Query.
    Text,
}

/// An answer, kept beside the messages that ask for it.
struct Repeat {
    messages: Vec<u8>,
    asked: Asked,
    statement: Arc<Statement>,
    lasting: Arc<dyn Lasting>,
    answer: Vec<u8>,
    /// Where in the answer a notice stands.
    notice_at: usize,
    rows: u64,
}

/// Messages that are just being answered.
struct Recording {
    messages: Vec<u8>,
    asked: Asked,
    /// Bind was among them.
    bound: bool,
    /// Where the answer begins in what is written, and how much had been sent before.
    from: usize,
    sent: u64,
    question: Option<(Arc<Statement>, Arc<dyn Lasting>)>,
    /// The notices before the end, from and to.
    notices: (usize, usize),
}

/// What a connection remembers.
#[derive(Default)]
pub(super) struct Repeats {
    kept: Vec<Repeat>,
    recording: Option<Recording>,
    /// Flushes so far: what was sent cannot be kept.
    pub(super) sent: u64,
}

impl Repeats {
    /// Sees each frame that is about to be worked on, with what is written so far.
    pub(super) fn see(&mut self, frame: &[u8], written: usize) {
        let body = &frame[5..];
        let begin = |asked| Recording {
            messages: frame.to_vec(),
            asked,
            bound: frame[0] == b'B',
            from: written,
            sent: self.sent,
            question: None,
            notices: (written, written),
        };
        match (frame[0], &mut self.recording) {
            (b'Q', recording) => *recording = (frame.len() <= MESSAGES).then(|| begin(Asked::Text)),
            (b'P', recording) => *recording = (frame.len() <= MESSAGES && body.starts_with(b"\0")).then(|| begin(Asked::Parsed)),
            // Both without a name, the portal and the statement.
            (b'B', Some(recording)) if !recording.bound && frame.len() <= MESSAGES && body.starts_with(b"\0\0") => {
                recording.messages.extend_from_slice(frame);
                recording.bound = true;
            }
            // Bind to the unnamed portal.
            (b'B', recording) => {
                *recording = None;
                let Some((0, rest)) = body.split_first().filter(|_| frame.len() <= MESSAGES) else { return };
                let name = rest.split(|byte| *byte == 0).next().and_then(|name| std::str::from_utf8(name).ok());
                *recording = name.map(|name| begin(Asked::Prepared(name.to_owned())));
            }
            (b'D', Some(recording)) if recording.bound && body == b"P\0" => recording.messages.extend_from_slice(frame),
            (b'E', Some(recording)) if recording.bound && body == b"\0\0\0\0\0" => recording.messages.extend_from_slice(frame),
            (_, recording) => *recording = None,
        }
    }

    /// What is answered now is not kept.
    pub(super) fn stop(&mut self) {
        self.recording = None;
    }

    /// Notes the notices at the end of the rows; any others are no part of an answer that can be given again.
    pub(super) fn notices(&mut self, from: usize, to: usize, at_end: bool) {
        match &mut self.recording {
            Some(recording) if at_end => recording.notices = (from, to),
            recording if from < to => *recording = None,
            _ => {}
        }
    }

    /// Keeps the answer that is written now.
    pub(super) fn keep(&mut self, out: &[u8], rows: u64) {
        let Some(Recording { messages, asked, from, sent, question: Some((statement, lasting)), notices, .. }) = self.recording.take()
        else {
            return;
        };
        if sent != self.sent || out.len() - from > ANSWER || !(from..=out.len()).contains(&notices.0) {
            return;
        }
        let answer = [&out[from..notices.0], &out[notices.1..]].concat();
        self.kept.retain(|other| other.messages != messages);
        if self.kept.len() >= KEPT {
            self.kept.remove(0);
        }
        self.kept.push(Repeat { messages, asked, statement, lasting, answer, notice_at: notices.0 - from, rows });
    }

    /// Finds the messages at the beginning of the input. Behind a Bind's must come what leaves the portal no life: Sync, or another Bind to it.
    fn find(&self, input: &[u8]) -> Option<usize> {
        self.kept.iter().position(|repeat| {
            input.starts_with(&repeat.messages)
                && match &input[repeat.messages.len()..] {
                    _ if matches!(repeat.asked, Asked::Text) => true,
                    [b'S', ..] => true,
                    [b'B', _, _, _, _, portal, ..] => *portal == 0,
                    _ => false,
                }
        })
    }
}

impl Connection<'_> {
    /// Notes what is asked: only an answer that may be given again is recorded any further.
    pub(super) fn note_question(&mut self, statement: &Arc<Statement>, parameters: &[Literal]) {
        if let Some(recording) = &mut self.repeats.recording {
            recording.question = self.session.lasting(statement, parameters).map(|lasting| (Arc::clone(statement), lasting));
            if recording.question.is_none() {
                self.repeats.stop();
            }
        }
    }

    /// Answers the messages at the beginning of the input as they were answered before. Tells whether it did.
    pub(super) fn repeat(&mut self, input: &mut BytesMut) -> bool {
        // A query that was begun before its turn takes its turn.
        if self.session.room_ahead().1 > 0 {
            return false;
        }
        let Some(i) = self.repeats.find(input) else { return false };
        let repeat = &self.repeats.kept[i];
        let asked = Instant::now();
        let is_current = match &repeat.asked {
            Asked::Prepared(name) => self.session.is_prepared(name, &repeat.statement) && self.session.is_current(&repeat.statement),
            Asked::Parsed | Asked::Text => self.session.is_current(&repeat.statement),
        };
        let again = if is_current { repeat.lasting.again(asked, repeat.rows) } else { None };
        let Some(again) = again else {
            self.repeats.kept.remove(i);
            return false;
        };
        self.out.extend_from_slice(&repeat.answer[..repeat.notice_at]);
        if let Some(notice) = again.notice.as_ref().filter(|notice| self.session.hears(notice.severity)) {
            message::notice(&mut self.out, notice);
        }
        self.out.extend_from_slice(&repeat.answer[repeat.notice_at..]);
        input.advance(repeat.messages.len());
        self.session.repeated(&repeat.statement, &repeat.lasting, again);
        let (asked, statement) = (repeat.asked.clone(), Arc::clone(&repeat.statement));
        // It would be another one now, and ends before anyone can ask for it.
        self.portals.remove("");
        match asked {
            Asked::Prepared(_) => {}
            Asked::Parsed => self.session.replace_unnamed(statement),
            Asked::Text => {
                self.session.forget("");
                self.ready();
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind], length.as_slice(), body].concat()
    }

    #[test]
    fn only_whole_answers_of_the_unnamed_portal_are_recorded() {
        let bind = frame(b'B', b"\0s\0\0\0\0\0\0\0");
        let records = |frames: &[Vec<u8>]| {
            let mut repeats = Repeats::default();
            frames.iter().for_each(|frame| repeats.see(frame, 0));
            repeats.recording.is_some()
        };
        let (describe, execute) = (frame(b'D', b"P\0"), frame(b'E', b"\0\0\0\0\0"));
        let execute_all = execute.clone();
        assert!(records(&[bind.clone(), describe.clone(), execute.clone()]));
        assert!(records(&[bind.clone(), execute.clone()]));
        assert!(!records(&[bind.clone(), frame(b'E', b"\0\0\0\0\x05")]), "a row limit");
        assert!(!records(&[frame(b'B', b"p\0s\0\0\0\0\0\0\0"), execute.clone()]), "a named portal");
        assert!(!records(&[bind.clone(), frame(b'D', b"Ss\0"), execute]), "another Describe");
        assert!(!records(&[bind, frame(b'H', b"")]), "a Flush");
        assert!(!records(&[frame(b'B', &[0; MESSAGES])]), "long parameters");
        assert!(records(&[frame(b'Q', b"SELECT 1\0")]));
        let (parse, unnamed) = (frame(b'P', b"\0SELECT 1\0\0\0"), frame(b'B', b"\0\0\0\0\0\0\0\0"));
        assert!(records(&[parse.clone(), unnamed, describe, execute_all.clone()]));
        assert!(!records(&[parse, execute_all]), "another portal");
        assert!(!records(&[frame(b'P', b"s\0SELECT 1\0\0\0")]), "a named statement");
        assert!(!records(&[frame(b'Q', &[b' '; MESSAGES])]), "a long text");
    }
}
