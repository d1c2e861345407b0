// SPDX-License-Identifier: MIT
//! The subcommands, each a list of operations.
use serde_json::{Map, Value};
use torq_quinn_peers::arguments::Arguments;

use crate::operations::{Ask, Operation};

pub enum Plan {
    Operations(Vec<Operation>),
    Script,
}

impl Plan {
    pub fn parse(mut arguments: Arguments) -> Result<Self, String> {
        let between = arguments.text("--between")?;
        let repeat = arguments.value("--repeat")?.unwrap_or(1);
        let save = arguments.value("--save")?;
        let chunk = arguments.value("--chunk")?;
        let finish = !arguments.flag("--no-finish");
        let members = members(&mut arguments)?;
        let data = arguments.text("--data")?;
        let hex = arguments.text("--hex")?;
        let command = arguments.word().ok_or("a command is missing")?;

        let ask = match command.as_str() {
            "script" => return arguments.finish().map(|()| Self::Script),
            "announce" => Ask { data: Some(Value::Object(members).to_string()), save, ..Ask::default() },
            "file" => file(arguments.word().ok_or("file needs a name")?, members, save),
            "raw" => Ask { data, hex, chunk, finish, save, ..Ask::default() },
            "many" => {
                let count = arguments.word().and_then(|count| count.parse().ok()).ok_or("many needs a number")?;
                let data = data.ok_or("many needs --data")?;
                let requests = (0..count).map(|n: usize| data.replace("{n}", &n.to_string())).collect();
                return arguments.finish().map(|()| Self::Operations(vec![Operation::Many { requests, drain: false, save: None }]));
            }
            other => return Err(format!("unknown command: {other}")),
        };
        arguments.finish()?;
        repeated(ask, repeat, between.as_deref()).map(Self::Operations)
    }
}

/// The members of a request, each from the option of its name; numbers are sent as numbers.
fn members(arguments: &mut Arguments) -> Result<Map<String, Value>, String> {
    const TEXTS: [&str; 7] = ["info_hash", "peer_id", "event", "ip", "key", "tracker_id", "encoding"];
    const NUMBERS: [&str; 7] = ["port", "uploaded", "downloaded", "left", "numwant", "offset", "length"];
    let option = |name: &str| format!("--{}", name.replace('_', "-"));
    let mut members = Map::new();
    for name in TEXTS {
        if let Some(text) = arguments.text(&option(name))? {
            members.insert(name.into(), text.into());
        }
    }
    for name in NUMBERS {
        if let Some(number) = arguments.value::<serde_json::Number>(&option(name))? {
            members.insert(name.into(), number.into());
        }
    }
    Ok(members)
}

fn file(name: String, mut members: Map<String, Value>, save: Option<std::path::PathBuf>) -> Ask {
    let list = !members.contains_key("encoding");
    members.insert("file".into(), name.into());
    Ask { data: Some(Value::Object(members).to_string()), list, save, ..Ask::default() }
}

fn repeated(ask: Ask, repeat: usize, between: Option<&str>) -> Result<Vec<Operation>, String> {
    let event = match between.map(|event| event.split_once(':').unwrap_or((event, ""))) {
        None => None,
        Some(("key-update", "")) => Some(Operation::KeyUpdate),
        Some(("rebind", "")) => Some(Operation::Rebind { address: None }),
        Some(("rebind", address)) => Some(Operation::Rebind { address: Some(address.parse().map_err(|_| "rebind:ADDR")?) }),
        Some((other, _)) => return Err(format!("unknown event: {other}")),
    };
    let mut operations = Vec::new();
    for turn in 0..repeat {
        if turn > 0 {
            operations.extend(event.clone());
        }
        operations.push(Operation::Ask(ask.clone()));
    }
    Ok(operations)
}
