//! Source files: what a user puts there is private to this user, and read by this user's next import run.

use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::Value;

use super::{Service, json};
use crate::fake::data::Upload;
use crate::fake::http::{Answer, Request};

/// What the service takes at most.
const MAX_CHUNKS: usize = 1000;
const MAX_CHUNK: usize = 50_000_000;

impl Service {
    /// How many chunks will come: what the user uploaded before is gone.
    pub(super) fn announce(&mut self, request: &Request, user: &str, file: &str) -> Result<Answer, Answer> {
        let body: Value = serde_json::from_slice(&request.sent.body).unwrap_or_default();
        let announced = match body["chunkCount"].as_i64() {
            Some(-1) => None,
            Some(count @ 0..) if count as usize <= MAX_CHUNKS => Some(count as usize),
            _ => return Err(Answer::error(400, "Invalid chunkCount")),
        };
        let upload = Upload { announced, ..Upload::default() };
        self.file(file)?.uploads.insert(user.to_owned(), upload);
        self.file_answer(file, user)
    }

    /// One chunk; one that is there already is replaced.
    pub(super) fn put(&mut self, request: &Request, user: &str, file: &str, chunk: &str) -> Result<Answer, Answer> {
        let refused = |why: &str| Answer::error(400, why);
        let body = request.sent.body.as_slice();
        let bytes = match request.header("content-type") {
            Some("application/octet-stream") => body.to_vec(),
            Some("application/x-gzip") => {
                let mut inflated = Vec::new();
                let read = GzDecoder::new(body).take(MAX_CHUNK as u64 + 1).read_to_end(&mut inflated);
                read.map(|_| inflated).map_err(|_| refused("The chunk is no gzip"))?
            }
            _ => return Err(Answer::error(415, "Unsupported Media Type")),
        };
        let number: usize = chunk.parse().map_err(|_| refused("Invalid chunk"))?;
        let upload = self.file(file)?.uploads.get_mut(user);
        let upload = upload.ok_or_else(|| refused("No chunks were announced"))?;
        if number >= upload.announced.unwrap_or(MAX_CHUNKS) || bytes.len() > MAX_CHUNK {
            return Err(refused("The chunk is larger or has a higher number than was agreed"));
        }
        upload.chunks.insert(number, bytes);
        Ok(Answer::empty(204))
    }

    /// The end of an upload whose number of chunks was not known.
    pub(super) fn complete(&mut self, user: &str, file: &str) -> Result<Answer, Answer> {
        let upload = self.file(file)?.uploads.get_mut(user);
        upload.ok_or_else(|| Answer::error(400, "No chunks were announced"))?.complete = true;
        self.file_answer(file, user)
    }

    fn file(&mut self, id: &str) -> Result<&mut crate::fake::SourceFile, Answer> {
        self.files.iter_mut().find(|file| file.id == id).ok_or_else(Answer::not_found)
    }

    fn file_answer(&mut self, id: &str, user: &str) -> Result<Answer, Answer> {
        let file = json::file(self.file(id)?, user);
        Ok(self.one("file", file))
    }
}
