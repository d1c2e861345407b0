// SPDX-License-Identifier: MIT
//! The command line: `--name value` pairs and bare words, in any order.
use std::fmt::Display;
use std::str::FromStr;

pub struct Arguments {
    rest: Vec<String>,
}

impl Arguments {
    pub fn from_environment() -> Self {
        Self { rest: std::env::args().skip(1).collect() }
    }

    /// The value after `name`; both leave the list.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        let Some(at) = self.rest.iter().position(|word| word == name) else { return Ok(None) };
        if at + 1 == self.rest.len() {
            return Err(format!("{name} needs a value"));
        }
        self.rest.remove(at);
        Ok(Some(self.rest.remove(at)))
    }

    pub fn value<T>(&mut self, name: &str) -> Result<Option<T>, String>
    where
        T: FromStr,
        T::Err: Display,
    {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|error| format!("{name} {text}: {error}"))
    }

    pub fn flag(&mut self, name: &str) -> bool {
        let Some(at) = self.rest.iter().position(|word| word == name) else { return false };
        self.rest.remove(at);
        true
    }

    /// The next bare word. Ask only after every option was taken.
    pub fn word(&mut self) -> Option<String> {
        if self.rest.is_empty() {
            None
        } else {
            Some(self.rest.remove(0))
        }
    }

    /// What nobody took is a mistake of the caller.
    pub fn finish(&self) -> Result<(), String> {
        match self.rest.first() {
            None => Ok(()),
            Some(word) => Err(format!("unknown argument: {word}")),
        }
    }
}
