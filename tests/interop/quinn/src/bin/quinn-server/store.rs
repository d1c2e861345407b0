// SPDX-License-Identifier: MIT
//! Who is in which swarm: in memory, in shards, peers keyed by their address.
use std::hash::BuildHasher;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hashbrown::hash_map::Entry;
use hashbrown::{DefaultHashBuilder, HashMap};

use crate::serve::Service;

pub type InfoHash = [u8; 20];

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Seeder,
    Leecher,
    Leaving,
}

#[derive(Clone, Copy)]
pub struct Asker {
    pub address: SocketAddr,
    pub role: Role,
    pub numwant: usize,
}

/// What an announce is answered with. The asker is counted and never among the peers.
pub struct Answer {
    pub peers: Vec<SocketAddr>,
    pub complete: usize,
    pub incomplete: usize,
}

const SHARDS: usize = 64;

pub struct Store {
    shards: Vec<Mutex<HashMap<InfoHash, Swarm>>>,
    // Keyed, so that nobody outside can aim at one shard.
    choice: DefaultHashBuilder,
    started: Instant,
    lifetime: Seconds,
}

type Seconds = u32;

impl Store {
    pub fn new(interval: Seconds) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            choice: DefaultHashBuilder::default(),
            started: Instant::now(),
            lifetime: 2 * interval + 30,
        }
    }

    pub fn announce(&self, hash: InfoHash, asker: Asker) -> Answer {
        let now = self.now();
        let shard = self.choice.hash_one(hash) as usize % SHARDS;
        let mut swarms = self.shards[shard].lock().expect("no panic while held");
        match swarms.entry(hash) {
            Entry::Occupied(mut found) => {
                let answer = found.get_mut().announce(asker, now);
                if found.get().is_empty() {
                    found.remove();
                }
                answer
            }
            Entry::Vacant(_) if asker.role == Role::Leaving => Answer { peers: Vec::new(), complete: 0, incomplete: 0 },
            Entry::Vacant(place) => place.insert(Swarm::default()).announce(asker, now),
        }
    }

    fn now(&self) -> Seconds {
        self.started.elapsed().as_secs() as Seconds
    }

    fn forget(&self) {
        let Some(oldest) = self.now().checked_sub(self.lifetime) else { return };
        for shard in &self.shards {
            shard.lock().expect("no panic while held").retain(|_, swarm| {
                swarm.seeders.forget_before(oldest);
                swarm.leechers.forget_before(oldest);
                !swarm.is_empty()
            });
        }
    }
}

pub async fn forget_the_silent(service: Arc<Service>) {
    let mut tick = tokio::time::interval(Duration::from_secs(10));
    loop {
        tick.tick().await;
        service.store.forget();
    }
}

#[derive(Default)]
struct Swarm {
    seeders: Side,
    leechers: Side,
}

impl Swarm {
    fn is_empty(&self) -> bool {
        self.seeders.peers.is_empty() && self.leechers.peers.is_empty()
    }

    fn announce(&mut self, asker: Asker, now: Seconds) -> Answer {
        match asker.role {
            Role::Seeder => {
                self.leechers.remove(asker.address);
                self.seeders.put(asker.address, now);
            }
            Role::Leecher => {
                self.seeders.remove(asker.address);
                self.leechers.put(asker.address, now);
            }
            Role::Leaving => {
                self.leechers.remove(asker.address);
                self.seeders.remove(asker.address);
            }
        }
        Answer { peers: self.peers_for(asker), complete: self.seeders.peers.len(), incomplete: self.leechers.peers.len() }
    }

    /// Half the places for seeders, half for leechers, spare places filled from the other side; a seeder needs no seeder.
    fn peers_for(&self, asker: Asker) -> Vec<SocketAddr> {
        let wanted = asker.numwant;
        let seeders = match asker.role {
            Role::Leaving => return Vec::new(),
            Role::Seeder => 0,
            Role::Leecher => self.seeders.peers.len(),
        };
        let leechers = self.leechers.peers.len() - usize::from(asker.role == Role::Leecher);
        let from_seeders = seeders.min(wanted - leechers.min(wanted / 2));
        let from_leechers = leechers.min(wanted - from_seeders);
        let mut chosen = Vec::with_capacity(from_seeders + from_leechers);
        self.seeders.sample(from_seeders, asker.address, &mut chosen);
        self.leechers.sample(from_leechers, asker.address, &mut chosen);
        chosen
    }
}

#[derive(Clone, Copy)]
struct Peer {
    address: SocketAddr,
    seen: Seconds,
}

/// A set of peers that can be sampled. Of more than a few, `places` says where in `peers` each address stands.
#[derive(Default)]
struct Side {
    peers: Vec<Peer>,
    places: Option<Box<HashMap<SocketAddr, u32>>>,
}

const FEW: usize = 32;

impl Side {
    fn place(&self, address: SocketAddr) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(&address).map(|place| *place as usize),
            None => self.peers.iter().position(|peer| peer.address == address),
        }
    }

    fn put(&mut self, address: SocketAddr, seen: Seconds) {
        if let Some(place) = self.place(address) {
            self.peers[place].seen = seen;
            return;
        }
        if self.peers.is_empty() {
            self.peers.reserve_exact(1); // most swarms stay that small
        }
        self.peers.push(Peer { address, seen });
        match &mut self.places {
            Some(places) => {
                places.insert(address, self.peers.len() as u32 - 1);
            }
            None if self.peers.len() > FEW => {
                let places = self.peers.iter().enumerate().map(|(place, peer)| (peer.address, place as u32));
                self.places = Some(Box::new(places.collect()));
            }
            None => {}
        }
    }

    fn remove(&mut self, address: SocketAddr) {
        let Some(place) = self.place(address) else { return };
        self.peers.swap_remove(place);
        if let Some(places) = &mut self.places {
            places.remove(&address);
            if let Some(moved) = self.peers.get(place) {
                places.insert(moved.address, place as u32);
            }
        }
    }

    fn forget_before(&mut self, oldest: Seconds) {
        let silent: Vec<_> = self.peers.iter().filter(|peer| peer.seen < oldest).map(|peer| peer.address).collect();
        for address in silent {
            self.remove(address);
        }
    }

    /// `count` peers that are not `except`, uniformly (Floyd's sampling over the places).
    fn sample(&self, count: usize, except: SocketAddr, chosen: &mut Vec<SocketAddr>) {
        if count == 0 {
            return;
        }
        let skipped = self.place(except).unwrap_or(self.peers.len());
        let available = self.peers.len() - usize::from(skipped < self.peers.len());
        let mut taken: Vec<usize> = Vec::with_capacity(count);
        for last in available - count..available {
            let drawn = fastrand::usize(..=last);
            let place = if taken.contains(&drawn) { last } else { drawn };
            taken.push(place);
            // Places at and behind the skipped one move up by one.
            chosen.push(self.peers[place + usize::from(place >= skipped)].address);
        }
    }
}
