// SPDX-License-Identifier: MIT
//! A client on quinn: says what it is told to say, and prints what came back, one JSON object per line.
//!
//! usage: quinn-client --to ADDR:PORT [connection options] COMMAND [options]
//!
//! connection   --alpn LIST (default h3; `none` leaves the extension out)  --cert-pin sha256:HEX (default: any certificate; the pin is printed)
//!              --name HOST (default: the address, so no SNI)  --from ADDR  --post-quantum (a ClientHello of two datagrams)
//!              --between rebind|rebind:ADDR|key-update (before every request but the first)  --repeat N
//! commands     announce --info-hash H --peer-id P --port N [--uploaded N --downloaded N --left N --event E --ip A --numwant N --key K --tracker-id T]
//!              file NAME [--offset N --length N --encoding E] [--save FILE]
//!              raw (--data TEXT | --hex HEX) [--chunk BYTES] [--no-finish] [--save FILE]
//!              many N --data TEXT   (N streams at once on the one connection; `{n}` in TEXT is the number of the request)
//!              script   (operations as JSON lines on standard input, see operations.rs)
//! Exit code: 0 when everything asked was answered (with an error object, too), 1 otherwise, 2 for wrong arguments.
mod commands;
mod connect;
mod operations;

use std::process::ExitCode;

use tokio::io::{AsyncBufReadExt, BufReader};
use torq_quinn_peers::arguments::Arguments;

use commands::Plan;
use connect::Target;
use operations::{Operation, Session};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = Arguments::from_environment();
    let parsed = Target::parse(&mut arguments).and_then(|target| Ok((target, Plan::parse(arguments)?)));
    let (target, plan) = match parsed {
        Ok(parsed) => parsed,
        Err(text) => {
            eprintln!("quinn-client: {text}");
            return ExitCode::from(2);
        }
    };
    if run(target, plan).await {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn run(target: Target, plan: Plan) -> bool {
    let Some(mut session) = Session::open(target).await else { return false };
    let well = match plan {
        Plan::Operations(operations) => perform_all(&mut session, operations).await,
        Plan::Script => perform_script(&mut session).await,
    };
    session.close().await;
    well
}

async fn perform_all(session: &mut Session, operations: Vec<Operation>) -> bool {
    let mut well = true;
    for operation in operations {
        well &= session.perform(operation).await;
    }
    well
}

async fn perform_script(session: &mut Session) -> bool {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut well = true;
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str(&line) {
            Ok(operation) => well &= session.perform(operation).await,
            Err(error) => {
                eprintln!("quinn-client: {line}: {error}");
                return false;
            }
        }
    }
    well
}
